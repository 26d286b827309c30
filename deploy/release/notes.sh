#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version, for the release's page.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=${1:?usage: notes.sh VERSION}
notes=$(awk -v heading="## $version / " '
  /^## / { inside = index($0, heading) == 1; next }
  inside
' CHANGELOG.md)
if ! grep -q '^\* ' <<<"$notes"; then
  echo "CHANGELOG.md says nothing of $version" >&2
  exit 1
fi
# Empty lines at the beginning go; those at the end went already.
sed '/./,$!d' <<<"$notes"
