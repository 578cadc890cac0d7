#!/bin/sh
# Makes room for a build where the disk is short, and says so.
#
# Cargo never deletes what an earlier commit built, so a target directory that lives for weeks fills any disk. The dev
# profile goes, for it holds no heavy crate and is built anew in minutes; then the caches of the release profile.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"

# What a full `make test` writes into an empty directory, and half as much again.
need_gib=${SOCKERLESS_BUILD_ROOM_GIB:-20}

mkdir -p "$CARGO_TARGET_DIR"
for old in debug release/incremental; do
    free_gib=$(($(df -Pk "$CARGO_TARGET_DIR" | awk 'END { print $4 }') / 1048576))
    [ "$free_gib" -lt "$need_gib" ] || exit 0
    [ -d "$CARGO_TARGET_DIR/$old" ] || continue
    say "$free_gib GiB are free and a build may need $need_gib: $CARGO_TARGET_DIR/$old is built anew"
    rm -rf "${CARGO_TARGET_DIR:?}/$old"
done
