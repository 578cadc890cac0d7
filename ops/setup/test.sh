#!/bin/sh
# Runs every test and ends with one line of figures; fails when one test does, and then ends with what failed.
#
# Light crates run in the dev profile, where they build fast. What needs RocksDB, or the real binary, runs in the
# release profile, so that RocksDB is built once only.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
cd "$here/../.."

results=$(mktemp)
trap 'rm -f "$results"' EXIT
broken=

# step TEXT COMMAND...: a step that fails does not keep the next from running.
step() {
    say "== $1"
    step=$1
    shift
    { "$@" 2>&1 || echo "sockerless-step-failed"; } | tee -a "$results" | grep --line-buffered -v '^sockerless-step-failed$' || true
    if grep -q '^sockerless-step-failed$' "$results"; then
        broken="$broken$step; "
        sed -i '/^sockerless-step-failed$/d' "$results"
    fi
}

"$here/room.sh"
step "RocksDB" "$here/rocksdb.sh"
if cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; then
    step "format" cargo fmt --all --check
    step "lints" cargo clippy --quiet --all-targets -- -D warnings
    step "lints of the heavy crates" cargo clippy --quiet --release --all-targets \
        -p journal-rocks -p ops-sockerless -p tests-conformance -p tests-damage -p tests-differ -p tests-e2e -p tests-harness -p tests-bench -- -D warnings
    step "lints of the engine of WebAssembly" cargo clippy --quiet --release --all-targets -p sandbox-wasm -- -D warnings
else
    say "== lints: left out, for rustfmt or clippy is not installed"
fi
step "light crates" cargo test --quiet --no-fail-fast
step "server and shim" "$here/build.sh"
step "heavy crates" cargo test --quiet --release --no-fail-fast -p journal-rocks -p ops-sockerless -p tests-bench -p tests-damage
# By itself: the features that others ask for would have wasmtime built twice.
step "engine of WebAssembly" cargo test --quiet --release --no-fail-fast -p sandbox-wasm
step "end to end" cargo test --quiet --release --no-fail-fast -p tests-conformance -p tests-differ -p tests-e2e -p tests-harness

awk '/^test result:/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) p += $i; if ($(i + 1) ~ /^failed/) f += $i } }
     END { printf "%d passed, %d failed\n", p, f }' "$results"
[ -n "$broken" ] || exit 0
# What each failed test said, shortened, and then their names: who sees the end of a long output only finds them there.
awk '/^---- .* ----$/ { told = 1; left = 30 }
     /^test result:/ { told = 0 }
     told && left-- > 0 { print }' "$results"
sed -n 's/^---- \(.*\) stdout ----$/failed: \1/p' "$results"
fail "failed in: ${broken%; }"
