#!/usr/bin/env bash
# Lets cargo-fuzz, which must be of nightly Rust, search for FUZZ_SECONDS in each target, from what fuzz/corpus and the
# fixtures of the tests have. What it finds is left in fuzz/artifacts.
set -euo pipefail
cargo_fuzz=$(realpath "${1:?usage: fuzz.sh CARGO-FUZZ [TARGET]...}")
shift
cd "$(dirname "$0")/../.."

# The crate in fuzz/ is a workspace of its own: with this it is the shipped versions that are searched.
cp Cargo.lock fuzz/Cargo.lock

targets=("$@")
if [ "${#targets[@]}" = 0 ]; then
  mapfile -t targets < <(sed -n 's/^path = "targets\/\(.*\)\.rs"$/\1/p' fuzz/Cargo.toml)
fi
for target in "${targets[@]}"; do
  case $target in
  config) more=(tests/fixtures/config) ;;
  webconfig) more=(tests/fixtures/web) ;;
  *) more=() ;;
  esac
  # What is new goes to a folder that is no part of the repository.
  mkdir -p "fuzz/target/new/$target"
  RUSTUP_TOOLCHAIN=nightly "$cargo_fuzz" fuzz run "$target" "fuzz/target/new/$target" "fuzz/corpus/$target" "${more[@]}" -- \
    -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
done
