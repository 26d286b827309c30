#!/usr/bin/env bash
# Puts Terraform into a folder: neither Debian nor GitHub's runners have it. It is the archive with this checksum, or none.
set -euo pipefail

folder=$(realpath "${1:?usage: terraform.sh FOLDER}")

version=1.11.4
case $(uname -m) in
x86_64) platform=linux_amd64 sum=1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc ;;
aarch64) platform=linux_arm64 sum=a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633 ;;
*)
  echo "terraform.sh: no checksum for $(uname -m)" >&2
  exit 1
  ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
curl --fail --silent --show-error --location --retry 3 --output "$work/terraform.zip" \
  "https://releases.hashicorp.com/terraform/$version/terraform_${version}_$platform.zip"
echo "$sum  $work/terraform.zip" | sha256sum --check --quiet
unzip -q "$work/terraform.zip" terraform -d "$work"
install -m 755 "$work/terraform" "$folder/terraform"
