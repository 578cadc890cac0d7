#!/bin/sh
# Stops the server. Its containers go on; the next server finds them.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"

STOP_SECONDS=20

pid=$(server_pid) || exit 0
kill -TERM "$pid"
waited=0
while kill -0 "$pid" 2>/dev/null; do
    waited=$((waited + 1))
    if [ "$waited" -ge $((STOP_SECONDS * 10)) ]; then
        say "the server did not end within $STOP_SECONDS s; it is killed, which loses nothing"
        kill -KILL "$pid"
    fi
    sleep 0.1
done
rm -f "$pid_file"
