# Where things are; read by the other scripts of this folder with `.`.
#
# Each value may be given in the environment.
# shellcheck shell=sh disable=SC2034

CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/sockerless/target}
export CARGO_TARGET_DIR

# What is installed for this project alone: nothing goes to a system folder but by the package manager.
SOCKERLESS_TOOLS=${SOCKERLESS_TOOLS:-$HOME/.cache/sockerless/bin}
PATH=$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin:$SOCKERLESS_TOOLS
export PATH

# RocksDB as ops/setup/rocksdb.sh compiled it.
rocksdb_version=$(sed -n '/^name = "librocksdb-sys"$/ { n; s/^version = "\(.*\)"$/\1/p; }' \
    "${repository:-$(git rev-parse --show-toplevel 2>/dev/null || pwd)}/Cargo.lock")
ROCKSDB_LIB_DIR=${SOCKERLESS_ROCKSDB:-$HOME/.cache/sockerless/rocksdb/$rocksdb_version}
ROCKSDB_STATIC=1
export ROCKSDB_LIB_DIR ROCKSDB_STATIC

binary=$CARGO_TARGET_DIR/release/sockerless
shim=$CARGO_TARGET_DIR/release/sockerless-shim
wasm=$CARGO_TARGET_DIR/release/sockerless-wasm

# The defaults of `sockerless serve`, and beside the socket what a server in the background needs.
if [ "$(id -u)" = 0 ]; then
    data=${SOCKERLESS_DATA:-/var/lib/sockerless}
    run=${SOCKERLESS_RUN:-/run}
else
    data=${SOCKERLESS_DATA:-${XDG_STATE_HOME:-$HOME/.local/state}/sockerless}
    run=${SOCKERLESS_RUN:-${XDG_RUNTIME_DIR:-$HOME/.local/state}}
fi
socket=$run/sockerless.sock
pid_file=$run/sockerless.pid
log_file=${SOCKERLESS_LOG_FILE:-$data.log}
ops_listen=${SOCKERLESS_OPS_LISTEN:-127.0.0.1:9417}

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The server's pid, where one of ours runs.
server_pid() {
    [ -f "$pid_file" ] || return 1
    pid=$(cat "$pid_file")
    # A number may have passed on to another program since.
    case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
    *sockerless*serve*) printf '%s' "$pid" ;;
    *) return 1 ;;
    esac
}
