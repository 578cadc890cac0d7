#!/bin/sh
# The operations page: built of its sources, compared with what is committed, driven in a browser.
#
#   ops/setup/dashboard.sh build        builds ops/dashboard/dist anew
#   ops/setup/dashboard.sh check        fails where dist is not, byte for byte, what its sources make
#   ops/setup/dashboard.sh drive NAME   drives the page of a running server as ops/dashboard/e2e/NAME.spec.ts says;
#                                       tests/e2e/tests/page says which server
#
# All of it is done in a copy: nothing is written beside the sources but dist. `install.sh dashboard` has fetched what it takes.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
. "$here/node.sh"
sources=$here/../dashboard

[ -d "$node_modules" ] || fail "what the page is built with is missing; run $here/install.sh dashboard"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$sources/." "$work"
rm -rf "$work/dist" "$work/node_modules"
ln -s "$node_modules" "$work/node_modules"

bundle() {
    (cd "$work" && npm run --silent check && npx --no-install vite build --logLevel warn)
}

case ${1:-} in
build)
    bundle
    rm -rf "$sources/dist"
    cp -R "$work/dist" "$sources/dist"
    for file in "$sources"/dist/index.html "$sources"/dist/assets/*; do
        say "$(basename "$file"): $(wc -c <"$file") bytes, $(gzip -9 -n -c "$file" | wc -c) gzipped"
    done
    ;;
check)
    bundle
    diff -r "$work/dist" "$sources/dist" >/dev/null ||
        fail "ops/dashboard/dist is not what its sources make: run $here/dashboard.sh build"
    ;;
drive)
    cd "$work"
    SOCKERLESS_PAGE_RESULTS=$work/results npx --no-install playwright test "e2e/${2:-}.spec.ts"
    ;;
*) fail "usage: $0 build|check|drive NAME" ;;
esac
