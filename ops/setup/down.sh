#!/bin/sh
# Stops the server and its containers, and removes all that they left: data, sockets, processes, bridge, cgroups.
#
# What `make up` installed, and the build cache, stay.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"

if [ ! -e "$data" ] && ! server_pid >/dev/null; then
    say "nothing to do: there is no $data, and no server runs"
    exit 0
fi
"$here/stop.sh"
[ -x "$binary" ] || fail "$binary is not there; run \`make build\` first, for it knows what it left"
"$binary" down --data "$data" --delete-data
rm -f "$socket" "$pid_file" "$log_file"
say "stopped; $data is gone"
