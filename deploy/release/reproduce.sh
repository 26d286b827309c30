#!/usr/bin/env bash
# Builds the release twice, from copies of the last commit in two folders with target folders of their own, and compares
# the bytes. Takes twice as long as a release build from nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

APPSTREAM_EXPORTER_REVISION=$(git rev-parse --short=12 HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export APPSTREAM_EXPORTER_REVISION SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for folder in "$work/one" "$work/another/and/longer"; do
  mkdir -p "$folder"
  git archive HEAD | tar -x -C "$folder"
  env -u CARGO_TARGET_DIR "$folder/deploy/release/build.sh"
  mv "$folder/target/release/appstream-exporter" "$folder/appstream-exporter"
  # The second build would not fit on a small disk beside the first.
  rm -rf "$folder/target"
done

cd "$work"
sha256sum one/appstream-exporter another/and/longer/appstream-exporter
if grep -aqF "$work" one/appstream-exporter; then
  echo 'the binary says where it was built' >&2
  exit 1
fi
cmp one/appstream-exporter another/and/longer/appstream-exporter
