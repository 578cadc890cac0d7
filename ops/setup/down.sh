#!/bin/sh
# Stops the server and its containers, and removes all that they left: data, sockets, mounts, bridge.
#
# What was installed by `make up`, and the build cache, stay.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"

if [ ! -e "$data" ] && [ ! -e "$run" ]; then
    say "nothing to do: there is neither $data nor $run"
    exit 0
fi

# A server that was killed left its containers running. It is started once more, for it knows them all.
if ! server_pid >/dev/null && [ -x "$binary" ] && [ -d "$data/journal" ]; then
    "$here/start.sh" >/dev/null 2>&1 || say "the server cannot be started any more; its containers are ended by hand"
fi
if server_pid >/dev/null; then
    DOCKER_HOST=unix://$socket
    export DOCKER_HOST
    ids=$(docker ps -aq)
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$ids" ] || docker rm -f -v $ids >/dev/null || say "some containers were not removed by the server"
    "$here/stop.sh"
fi

# Shims that no server could end: those that were started for this data folder.
for process in /proc/[0-9]*; do
    case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline") in
    *sockerless-shim*"$data"*) kill -KILL "${process#/proc/}" 2>/dev/null || true ;;
    esac
done
awk -v root="$data/" 'index($2, root) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
    umount -l "$mount" || say "could not unmount $mount"
done
rm -rf "$data" "$run"
say "stopped; $data and $run are gone"
