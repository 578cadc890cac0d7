#!/bin/sh
# From a clone to a container that really ran: installs, builds, starts, imports busybox, runs it.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"

"$here/install.sh" build run
[ -x "$binary" ] || say "building; the first time takes half an hour to an hour on two cores, for RocksDB and wasmtime are built with it"
"$here/room.sh"
"$here/build.sh"
"$here/start.sh"

DOCKER_HOST=unix://$socket
export DOCKER_HOST
if ! docker image inspect busybox >/dev/null 2>&1; then
    images=$(mktemp -d)
    "$here/../../tests/images/build.sh" "$images"
    docker import --change 'CMD ["sh"]' "$images/busybox.tar" busybox:latest >/dev/null
    rm -rf "$images"
fi

say
say '$ docker run --rm busybox sh -c '"'echo hello from \$(hostname), pid \$\$'"
docker run --rm busybox sh -c 'echo hello from $(hostname), pid $$'
say
say "sockerless is running. Use it with any Docker client:"
say
case $(command -v docker) in
"$SOCKERLESS_TOOLS"/*) say "    export PATH=\$PATH:$SOCKERLESS_TOOLS" ;;
esac
say "    export DOCKER_HOST=unix://$socket"
say "    docker run -it --rm busybox"
say
say "    $binary journal ls --data $data    what happened, and who asked for it"
say "    $binary page --data $data    a link to the page that shows what runs, and ran"
say "    curl http://$ops_listen/metrics    figures"
say "    $log_file    the server's log"
say "    make down    stops it and leaves nothing behind"
