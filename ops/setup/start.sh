#!/bin/sh
# Starts the endpoint in the background and waits until it answers. A server that is there already is kept, or
# exchanged when its binary was built anew: its containers go on meanwhile.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"

READY_SECONDS=60

mkdir -p "$run" "$(dirname "$data")"
if pid=$(server_pid); then
    # After a new build the running binary is a deleted file.
    if [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$binary")" ]; then
        say "the endpoint is running already (pid $pid)"
        exit 0
    fi
    say "the binary is newer than the server (pid $pid): exchanging it"
    "$here/stop.sh"
fi

setsid "$binary" serve --data "$data" --listen "unix://$socket" --ops-listen "$ops_listen" --backend local \
    >>"$log_file" 2>&1 </dev/null &
pid=$!
printf '%s' "$pid" >"$pid_file"

waited=0
until DOCKER_HOST=unix://$socket docker version >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null; then
        tail -n 20 "$log_file" >&2
        fail "the server ended; the lines above are the end of $log_file"
    fi
    waited=$((waited + 1))
    [ "$waited" -lt $((READY_SECONDS * 10)) ] || fail "the server does not answer after $READY_SECONDS s; see $log_file"
    sleep 0.1
done
