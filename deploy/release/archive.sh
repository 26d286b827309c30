#!/usr/bin/env bash
# Packs a binary with what belongs beside it into NAME-VERSION-PLATFORM.tar.gz. The same files give the same bytes: no
# owners, no order of the disk, and SOURCE_DATE_EPOCH as the time of everything. Needs GNU tar.
set -euo pipefail

usage='usage: archive.sh VERSION PLATFORM BINARY FOLDER'
version=${1:?$usage} platform=${2:?$usage}
binary=$(realpath "${3:?$usage}")
out=$(realpath "${4:?$usage}")
cd "$(dirname "$0")/../.."

name=appstream-exporter-$version-$platform
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"
install -m 755 "$binary" "$work/$name/appstream-exporter"
install -m 644 LICENSE README.md CHANGELOG.md METRICS.md config.example.yaml config.schema.json "$work/$name/"
tar --create --directory "$work" --sort=name --mtime="@${SOURCE_DATE_EPOCH:?}" --owner=0 --group=0 --numeric-owner \
  --format=ustar "$name" | gzip --no-name --best >"$out/$name.tar.gz"
echo "$out/$name.tar.gz"
