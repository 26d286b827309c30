#!/usr/bin/env bash
# Checks the chart and packs it into a folder; prints the name of the archive. REPOSITORY is where the image of a release
# is: the chart in this repository finds only images that are on the node already. The tag is the chart's `appVersion`.
#
# The same files and SOURCE_DATE_EPOCH give the same bytes, with any version of Helm. Needs Python and GNU's sed and tar.
set -euo pipefail

out=$(realpath "${1:?usage: chart.sh FOLDER [REPOSITORY]}")
repository=${2:-}
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/packed" "$work/deploy"
cp -r deploy/helm deploy/prometheus "$work/deploy"
cp -r grafana config.schema.json "$work"
chart=$work/deploy/helm/appstream-exporter

if [ -n "$repository" ]; then
  # No digest: whoever sets a repository or a tag of their own would still get that of this one.
  sed -i "/^image:\$/,/^  repository: / {
    /^  #/d
    s|^  repository: .*|  # Where the image of this release is.\n  repository: $repository|
  }" "$chart/values.yaml"
  # The table in the chart's README.md and the schema say the default too.
  python3 "$work/deploy/helm/generate.py" >&2
  # A key that has moved would leave the chart with an image that nobody has.
  from_chart() { sed -nE "s/^$1: [\">=]*([0-9.]+).*\$/\1/p" "$chart/Chart.yaml"; }
  found=$(helm template check "$chart" --kube-version "$(from_chart kubeVersion)" |
    sed -nE 's/^ *(- )?image: "?([^"]*)"?$/\2/p' | sort -u)
  wanted=$repository:$(from_chart appVersion)
  if [ "$found" != "$wanted" ]; then
    echo "the chart's image is '$found', not '$wanted'" >&2
    exit 1
  fi
fi

helm lint --strict "$chart" >&2
helm package --destination "$work/packed" "$chart" >&2
packed=("$work"/packed/*.tgz)
archive=$out/$(basename "${packed[0]}")
# Helm says which files belong into it. It gives each the time of now, so they are packed once more.
tar --list --gzip --file "${packed[0]}" | LC_ALL=C sort |
  tar --create --directory "${chart%/*}" --no-recursion --mtime="@${SOURCE_DATE_EPOCH:-0}" --mode=0644 \
    --owner=0 --group=0 --numeric-owner --format=ustar --files-from=- | gzip --no-name --best >"$archive"
echo "$archive"
