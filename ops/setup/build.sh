#!/bin/sh
# Builds the server, the shim and the engine of WebAssembly into one folder: the server looks for the others beside itself.
#
# The shim and the engine are linked statically and to fixed addresses (see sandbox/native/src/lib.rs, and decision 084): both
# start where no library of the host is, and share what they do not write. Those flags are for their last step alone, so that
# no other crate is built twice. The engine is built by itself, or wasmtime would be built anew for the features that others ask for.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
cd "$here/../.."

"$here/rocksdb.sh"

cargo rustc --quiet -p sandbox-native --bin sockerless-shim --profile shim -- \
    -C target-feature=+crt-static -C relocation-model=static
cargo rustc --release ${SOCKERLESS_BUILD_QUIET:+--quiet} -p sandbox-wasm --bin wasm-engine -- \
    -C target-feature=+crt-static -C relocation-model=static -C strip=symbols
cargo build --release ${SOCKERLESS_BUILD_QUIET:+--quiet} -p ops-sockerless --bin sockerless

# What runs keeps its file: it is replaced, not written over.
install_program() {
    cmp -s "$1" "$2" && return
    cp "$1" "$2.new"
    mv "$2.new" "$2"
}
install_program "$CARGO_TARGET_DIR/shim/sockerless-shim" "$shim"
install_program "$CARGO_TARGET_DIR/release/wasm-engine" "$wasm"
