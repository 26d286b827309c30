#!/usr/bin/env bash
# Refuses a binary that needs a newer C library than releases promise: glibc 2.34, which Amazon Linux 2023 and RHEL 9
# have. What was linked on Debian 12 needs no more as long as it calls nothing that is newer.
set -euo pipefail

binary=${1:?usage: glibc.sh BINARY}
newest=2.34
needed=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
if [ -z "$needed" ] || [ "$(printf '%s\n' "$needed" "$newest" | sort -V | tail -n 1)" != "$newest" ]; then
  echo "$binary needs glibc '$needed', and releases promise $newest" >&2
  exit 1
fi
echo "$binary needs glibc $needed or newer"
