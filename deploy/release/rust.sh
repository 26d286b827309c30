#!/usr/bin/env bash
# Prints a version of Rust: `oldest`, which Cargo.toml allows, or `release`, with which the container and so the binaries
# for Linux are built; `image` is that one's image. Each stands in one place only, and CI and releases ask here.
set -euo pipefail
cd "$(dirname "$0")/../.."

case ${1:-} in
oldest) found=$(sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' Cargo.toml) ;;
release) found=$(sed -nE 's/^FROM (.* )?rust:([0-9.]+)-.*$/\2/p' deploy/Dockerfile) ;;
image) found=$(sed -nE 's/^FROM (.* )?(rust:[0-9.]+-[a-z]+)( .*)?$/\2/p' deploy/Dockerfile) ;;
*)
  echo "usage: $0 oldest|release|image" >&2
  exit 64
  ;;
esac
if [ -z "$found" ] || [ "$(wc -l <<<"$found")" -ne 1 ]; then
  echo "$0: not one version of Rust found for '$1': '$found'" >&2
  exit 1
fi
echo "$found"
