#!/bin/sh
# Makes the images that tests run, from the busybox of this machine and nothing else.
#
#   tests/images/build.sh DIR
#
# DIR gets two archives, equal byte for byte wherever they are made of the same busybox:
#   busybox.tar   a root file system, for `docker import`
#   images.tar    a docker archive, for `docker load`, of three images that share their lowest layer:
#                   sockerless-test/config     entry point, command, environment, labels, user, folder
#                   sockerless-test/signals    a stop signal of its own, and a program that answers it
#                   sockerless-test/layers     an upper layer that adds, replaces and hides files
set -eu

out=${1:?"usage: $0 DIR"}
busybox=${BUSYBOX:-$(command -v busybox)} || {
    echo "busybox is not installed (Debian: apt-get install busybox-static)" >&2
    exit 1
}
if ldd "$busybox" >/dev/null 2>&1; then
    echo "$busybox is not a static binary (Debian: apt-get install busybox-static)" >&2
    exit 1
fi
mkdir -p "$out"
tmp=$(mktemp -d "$out/.build.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# Files of an archive have one owner, one time and one order, so that the archive depends on their content alone.
pack() {
    folder=$1
    archive=$2
    shift 2
    tar --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mtime='2024-01-01 00:00:00Z' \
        -C "$folder" -cf "$archive" "$@"
}

base() {
    mkdir -p "$1/bin" "$1/dev" "$1/etc" "$1/home/app" "$1/proc" "$1/root" "$1/sys" "$1/tmp" "$1/usr/bin" \
        "$1/usr/sbin" "$1/sbin" "$1/var/tmp"
    chmod 1777 "$1/tmp" "$1/var/tmp"
    chmod 0700 "$1/root"
    cp "$busybox" "$1/bin/busybox"
    chmod 0755 "$1/bin/busybox"
    for applet in $("$busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
    done
    cat >"$1/etc/passwd" <<'EOF'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
app:x:1000:1000:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/home:/bin/false
EOF
    cat >"$1/etc/group" <<'EOF'
root:x:0:
daemon:x:1:
app:x:1000:
extra:x:2000:app
nogroup:x:65534:
EOF
    echo below >"$1/etc/replaced"
    echo below >"$1/etc/hidden"
    mkdir -p "$1/etc/emptied"
    echo below >"$1/etc/emptied/old"
    find "$1" -type f ! -name busybox -exec chmod 0644 {} +
}

upper() {
    mkdir -p "$1/etc/emptied"
    echo above >"$1/etc/added"
    echo above >"$1/etc/replaced"
    : >"$1/etc/.wh.hidden"
    : >"$1/etc/emptied/.wh..wh..opq"
    echo above >"$1/etc/emptied/new"
    find "$1" -type f -exec chmod 0644 {} +
}

digest() {
    sha256sum "$1" | cut -d' ' -f1
}

# image NAME CONFIG LAYER...: adds an image to the archive; CONFIG is the inside of its "config" object.
image() {
    name=$1
    config=$2
    shift 2
    diff_ids=
    layers=
    history=
    for layer in "$@"; do
        sum=$(digest "$tmp/$layer")
        mkdir -p "$tmp/archive/$sum"
        [ -f "$tmp/archive/$sum/layer.tar" ] || cp "$tmp/$layer" "$tmp/archive/$sum/layer.tar"
        diff_ids="$diff_ids${diff_ids:+,}\"sha256:$sum\""
        layers="$layers${layers:+,}\"$sum/layer.tar\""
        history="$history${history:+,}{\"created\":\"2024-01-01T00:00:00Z\",\"created_by\":\"$layer\"}"
    done
    architecture=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
    printf '{"architecture":"%s","os":"linux","created":"2024-01-01T00:00:00Z","config":{%s},"rootfs":{"type":"layers","diff_ids":[%s]},"history":[%s]}' \
        "$architecture" "$config" "$diff_ids" "$history" >"$tmp/config"
    sum=$(digest "$tmp/config")
    mv "$tmp/config" "$tmp/archive/$sum.json"
    manifest="$manifest${manifest:+,}{\"Config\":\"$sum.json\",\"RepoTags\":[\"$name:latest\"],\"Layers\":[$layers]}"
}

base "$tmp/base"
upper "$tmp/upper"
pack "$tmp/base" "$tmp/base.tar" .
pack "$tmp/upper" "$tmp/upper.tar" .

path='"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
mkdir -p "$tmp/archive"
manifest=
image sockerless-test/config \
    "\"Env\":[$path,\"COLOUR=green\",\"EMPTY=\"],\"Entrypoint\":[\"/bin/echo\",\"entry\"],\"Cmd\":[\"one\",\"two\"],\"Labels\":{\"made.by\":\"build.sh\",\"kind\":\"config\"},\"User\":\"app\",\"WorkingDir\":\"/srv/data\"" \
    base.tar
image sockerless-test/signals \
    "\"Env\":[$path],\"Cmd\":[\"/bin/sh\",\"-c\",\"trap 'echo usr1; exit 7' USR1; trap 'echo term; exit 8' TERM; echo ready; while :; do sleep 0.05; done\"],\"StopSignal\":\"SIGUSR1\"" \
    base.tar
image sockerless-test/layers "\"Env\":[$path],\"Cmd\":[\"/bin/sh\"]" base.tar upper.tar
printf '[%s]' "$manifest" >"$tmp/archive/manifest.json"
# A docker archive has its members at the root, without a leading "./".
# shellcheck disable=SC2046 # the names are digests: no blanks
pack "$tmp/archive" "$tmp/images.tar" $(ls "$tmp/archive")

mv "$tmp/base.tar" "$out/busybox.tar"
mv "$tmp/images.tar" "$out/images.tar"
