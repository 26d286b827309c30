#!/usr/bin/env bash
# Builds the exporter as releases have it. The same source, compiler and C compiler give the same bytes, wherever
# source, target folder and Cargo's home lie. Further arguments go to cargo.
#
# The container is built at paths that never change, and needs none of this.
set -euo pipefail
cd "$(dirname "$0")/../.."

source=$PWD
target=${CARGO_TARGET_DIR:-$source/target}
home=${CARGO_HOME:-$HOME/.cargo}

# Of the maps that fit, the last one holds: the target folder lies within the source.
rust="--remap-path-prefix=$home=/cargo --remap-path-prefix=$source=/source --remap-path-prefix=$target=/target"
c="-ffile-prefix-map=$home=/cargo -ffile-prefix-map=$source=/source -ffile-prefix-map=$target=/target"
export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }$rust"
# aws-lc-sys is C, and the assertions and messages in it contain the names of its files.
export CFLAGS="${CFLAGS:+$CFLAGS }$c"
# What would put a date into an object puts this one there.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}

exec "${CARGO:-cargo}" build --locked --release --bin appstream-exporter "$@"
