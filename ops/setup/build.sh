#!/bin/sh
# Builds the server and the shim, both in the release profile, into one folder.
#
# The shim is a static binary that is not position independent: it starts in half a millisecond and shares every
# page with its like, so that a container costs little. Its flags must not reach the other crates, or all of them
# would be built twice; so it has a target folder of its own.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
cd "$here/../.."

host=$(rustc -vV | sed -n 's/^host: //p')
flags_name=CARGO_TARGET_$(printf '%s' "$host" | tr 'a-z-' 'A-Z_')_RUSTFLAGS

env "$flags_name=-C target-feature=+crt-static -C relocation-model=static" \
    cargo build --release --quiet --target "$host" -p sandbox-native --bin sockerless-shim
cargo build --release ${SOCKERLESS_BUILD_QUIET:+--quiet} -p ops-sockerless --bin sockerless

built=$CARGO_TARGET_DIR/$host/release/sockerless-shim
# A running shim keeps its file: it is replaced, not written over.
if ! cmp -s "$built" "$shim"; then
    cp "$built" "$shim.new"
    mv "$shim.new" "$shim"
fi
