#!/bin/sh
# Compiles RocksDB once, for every profile and every set of features.
#
# Cargo compiles it again whenever a feature of some build dependency changes with the packages that are asked for, and
# that takes a quarter of an hour each time. The archive is kept beside the target folder, by the version of the crate.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
cd "$here/../.."

[ -f "$ROCKSDB_LIB_DIR/librocksdb.a" ] && exit 0

say "compiling RocksDB, once on this machine: 15 to 30 minutes on two cores"
scratch=$ROCKSDB_LIB_DIR.build
mkdir -p "$ROCKSDB_LIB_DIR"
env -u ROCKSDB_LIB_DIR -u ROCKSDB_STATIC CARGO_TARGET_DIR="$scratch" \
    cargo build --quiet --release -p librocksdb-sys
cp "$(find "$scratch" -name librocksdb.a | head -n 1)" "$ROCKSDB_LIB_DIR/librocksdb.a.new"
mv "$ROCKSDB_LIB_DIR/librocksdb.a.new" "$ROCKSDB_LIB_DIR/librocksdb.a"
rm -rf "$scratch"
