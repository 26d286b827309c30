#!/usr/bin/env bash
# Prints the version that a tag names, such as 1.2.3 for v1.2.3, if the crate, the chart, the changelog, the manifests and
# the documents have it too.
# A release whose parts say different versions cannot be taken back once somebody has it.
set -euo pipefail
cd "$(dirname "$0")/../.."

tag=${1:?usage: version.sh TAG}
if ! [[ $tag =~ ^v([0-9]+\.[0-9]+\.[0-9]+)$ ]]; then
  echo "$tag: not a tag of a release, which is v and three numbers" >&2
  exit 1
fi
version=${BASH_REMATCH[1]}

wrong=
compare() { # WHERE FOUND
  if [ "$2" != "$version" ]; then
    echo "$1: '$2', but the tag says '$version'" >&2
    wrong=yes
  fi
}
# The first version in Cargo.toml is the package's, for [package] comes first.
compare 'version in Cargo.toml' "$(sed -n 's/^version = "\(.*\)"$/\1/p;T;q' Cargo.toml)"
name=$(sed -n 's/^name = "\(.*\)"$/\1/p;T;q' Cargo.toml)
compare 'version in Cargo.lock' "$(grep -xF -A 1 "name = \"$name\"" Cargo.lock | sed -n 's/^version = "\(.*\)"$/\1/p')"
for key in version appVersion; do
  # A registry takes a second chart of the same version for the first one, so the chart is counted with the program.
  compare "$key in Chart.yaml" \
    "$(sed -nE "s/^$key:[ ]*[\"']?([^\"' ]*)[\"']?[ ]*$/\1/p" deploy/helm/appstream-exporter/Chart.yaml)"
done
heading=$(sed -n 's/^## //p;T;q' CHANGELOG.md)
compare 'newest entry in CHANGELOG.md' "${heading%% / *}"
if ! [[ ${heading#* / } =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]]; then
  echo "newest entry in CHANGELOG.md: '$heading', but a release has a date: '$version / YYYY-MM-DD'" >&2
  wrong=yes
fi
# Tags of images, names of packages and archives, references of modules: wherever one of this project has a version.
while IFS=: read -r file line found; do
  compare "$file, line $line" "$(grep -oE '[0-9]+\.[0-9]+\.[0-9]+$' <<<"$found")"
done < <(grep -rnoE "(${name}[:_-]|\<newTag: |\?ref=v|image\.version=\")[0-9]+\.[0-9]+\.[0-9]+" README.md docs deploy |
  sort -u -t : -k 1,1 -k 2,2n)
[ -z "$wrong" ]
echo "$version"
