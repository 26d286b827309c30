#!/usr/bin/env bash
# Checks the chart and packs it into a folder; prints the name of the archive.
set -euo pipefail

out=$(realpath "${1:?usage: chart.sh FOLDER}")
cd "$(dirname "$0")/../.."

helm lint --strict deploy/helm/appstream-exporter >&2
packed=$(helm package --destination "$out" deploy/helm/appstream-exporter)
echo "$packed" >&2
echo "${packed##*: }"
