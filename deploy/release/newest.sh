#!/usr/bin/env bash
# Prints whether a tag is the highest version that is tagged: `true` or `false`. One that is pushed after a higher one must
# not become `latest`.
set -euo pipefail

tag=${1:?usage: newest.sh TAG}
tags=$(git tag --list | grep -E '^v[0-9]+\.[0-9]+\.[0-9]+$' || true)
if ! grep -qxF -e "$tag" <<<"$tags"; then
  echo "newest.sh: there is no tag $tag here" >&2
  exit 1
fi
if [ "$(sort -V <<<"$tags" | tail -n 1)" = "$tag" ]; then echo true; else echo false; fi
