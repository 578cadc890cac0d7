#!/bin/sh
# Sends what the schema of the Docker Engine API allows, and what it does not, to a server of its own: none of it may end
# the server or make it fail. The argument is how many cases of each operation.
#
# SOCKERLESS_TEST_CASES gives that number too, for a run that adds to those before: without the phase that asks the same
# each time. SOCKERLESS_TEST_SEED repeats a run.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"
cd "$here/../.."

cases=${1:-${SOCKERLESS_TEST_CASES:-20}}
phases=coverage,fuzzing
[ -z "${SOCKERLESS_TEST_CASES:-}" ] || phases=fuzzing
seed=${SOCKERLESS_TEST_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
schema=${SOCKERLESS_SCHEMA:-../shared/reference/moby-swagger-v1.55.yaml}
version=4.32.5
[ -f "$schema" ] || fail "the schema is not there: $schema; say where it is with SOCKERLESS_SCHEMA"

tool=$SOCKERLESS_TOOLS/schemathesis-$version
if [ ! -x "$tool/bin/st" ]; then
    say "installing schemathesis $version"
    python3 -m venv "$tool"
    "$tool/bin/pip" install -q "schemathesis==$version"
fi

# A network of its own: nothing outside is asked for an image, and nobody there is reached.
if [ -z "${SOCKERLESS_SCHEMA_INSIDE:-}" ]; then
    export SOCKERLESS_SCHEMA_INSIDE=yes
    exec unshare --net sh -c 'ip link set lo up && exec "$0" "$@"' "$here/schema.sh" "$cases"
fi

folder=$(mktemp -d)
server=
end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    "$binary" down --data "$folder/data" --delete-data >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap end EXIT
"$binary" serve --data "$folder/data" --listen "unix://$folder/socket" --listen tcp://127.0.0.1:0 --insecure-tcp \
    --ops-listen 127.0.0.1:0 2>"$folder/log" >&2 &
server=$!
address=
for _ in $(seq 100); do
    address=$(sed -n 's|.*API is served address=tcp://\([0-9.:]*\).*|\1|p' "$folder/log" | head -1)
    [ -z "$address" ] || break
    sleep 0.1
done
[ -n "$address" ] || fail "the server does not start: $(cat "$folder/log")"

# It keeps what it learns of a schema where it runs.
schema=$(realpath "$schema") config=$(realpath tests/schema/schemathesis.toml)
cd "$folder"
# Left out: streams that end with their clients alone, and two whose body is an archive, which is not made of a schema.
{ "$tool/bin/st" --config-file "$config" run "$schema" --url "http://$address/v1.47" \
    --checks not_a_server_error --phases "$phases" --max-examples "$cases" --seed "$seed" --workers 2 --request-timeout 10 \
    --no-shrink --continue-on-failure --exclude-operation-id SystemEvents --exclude-operation-id ContainerWait \
    --exclude-operation-id ImageLoad --exclude-operation-id PluginCreate ||
    touch "$folder/failed"; } 2>&1 | tee "$folder/said"
kill -0 "$server" || fail "the server has ended: $(tail -5 "$folder/log")"
! grep -q panicked "$folder/log" || fail "the server has panicked: $(grep panicked "$folder/log")"
# As in "13214 generated, 3 found 2 unique failures", or "13214 generated, 13214 passed".
summary=$(grep '^  [0-9]* generated' "$folder/said" || echo "0 generated")
lost=0
case $summary in *" found "*) lost=${summary%% found*} lost=${lost##* } ;; esac
tried=${summary%% generated*}
printf '{"suite":"schema","seed":%s,"tried":%s,"lost":%s}\n' "$seed" "${tried##* }" "$lost"
[ ! -e "$folder/failed" ] || fail "answers that are failures, or cases that could not be asked: see above"
