#!/usr/bin/env bash
# Writes the bill of materials of each platform that releases are built for, in CycloneDX, into a folder. What only
# compiles is listed with scope `excluded`. The same Cargo.lock and SOURCE_DATE_EPOCH give the same bytes.
set -euo pipefail

usage='usage: sbom.sh CARGO-CYCLONEDX FOLDER'
cyclonedx=$(realpath "${1:?$usage}")
mkdir -p "${2:?$usage}"
out=$(realpath "$2")
cd "$(dirname "$0")/../.."

# Without it each file would have a time and a random number of its own.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

while read -r platform target; do
  name=appstream-exporter-$version-$platform.cdx
  # It writes beside each Cargo.toml of the workspace and nowhere else. The simulator is not released.
  trap 'rm -f "$name.json" "simulator/$name.json"' EXIT
  "$cyclonedx" cyclonedx --quiet --format json --spec-version 1.5 --target "$target" --override-filename "$name"
  # Where this was built is nobody's concern, and nothing can be downloaded from there.
  sed -e "s|path+file://$PWD[^\"#]*#||" -e 's|?download_url=file://[^"#]*||' "$name.json" >"$out/$name.json"
  rm -f "$name.json" "simulator/$name.json"
  echo "$out/$name.json"
done <<'PLATFORMS'
linux-amd64 x86_64-unknown-linux-gnu
linux-arm64 aarch64-unknown-linux-gnu
darwin-arm64 aarch64-apple-darwin
PLATFORMS
