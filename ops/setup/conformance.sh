#!/bin/sh
# Runs the acceptance rows and prints the support matrix.
#
#   ops/setup/conformance.sh                   our own binary and a stock dockerd; renews the committed results
#   ops/setup/conformance.sh unix:///PATH      whatever listens there; nothing of ours is built, nothing committed changes
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
cd "$here/../.."
folder=tests/conformance
broken=

conformance() {
    cargo run --quiet --release -p tests-conformance -- "$@"
}

if [ $# -gt 0 ]; then
    "$here/install.sh" rust run registry podman5 languages
    results=$(mktemp -d)
    trap 'rm -rf "$results"' EXIT
    conformance run "$1" --name "${NAME:-endpoint}" --results "$results/endpoint.json" || broken=yes
    kept=$CARGO_TARGET_DIR/conformance.json
    cp "$results/endpoint.json" "$kept"
    conformance matrix "$results"
    say "the results are in $kept"
else
    "$here/install.sh" build run podman5 languages peer
    "$here/build.sh"
    conformance run sockerless --name sockerless --results $folder/results/sockerless.json || broken=yes
    # Some rows can only be asked of a server that the test starts and kills: they are a suite of their own.
    cargo test --quiet --release -p tests-e2e --test server --no-run
    printed=$(mktemp)
    trap 'rm -f "$printed"' EXIT
    cargo test --release -p tests-e2e --test server >"$printed" 2>&1 || broken=yes
    cat "$printed"
    conformance add $folder/results/sockerless.json <"$printed"
    conformance run dockerd --name dockerd --results $folder/results/dockerd.json || broken=yes
    conformance matrix $folder/results --write $folder/MATRIX.md
    cat $folder/MATRIX.md
fi
[ -z "$broken" ] || fail "some rows fail; see above"
