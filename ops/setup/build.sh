#!/bin/sh
# Builds the server and the shim into one folder: the server looks for its shim beside itself.
#
# The shim is linked statically and to fixed addresses (see sandbox/native/src/lib.rs); those flags are for its last
# step alone, so that no other crate is built twice.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
cd "$here/../.."

"$here/rocksdb.sh"

cargo rustc --quiet -p sandbox-native --bin sockerless-shim --profile shim -- \
    -C target-feature=+crt-static -C relocation-model=static
cargo build --release ${SOCKERLESS_BUILD_QUIET:+--quiet} -p ops-sockerless --bin sockerless

# A running shim keeps its file: it is replaced, not written over.
if ! cmp -s "$CARGO_TARGET_DIR/shim/sockerless-shim" "$shim"; then
    cp "$CARGO_TARGET_DIR/shim/sockerless-shim" "$shim.new"
    mv "$shim.new" "$shim"
fi
