set -eu
log() { printf '[%s] %s\n' "$1" "$2"; }
die() { log error "$*" >&2; exit 1; }
usage() { cat <<EOF
usage: $0 [-v] [-o out] name...
EOF
}
verbose=0 out=build
while getopts vo:h opt "$@"; do
  case $opt in v) verbose=1 ;; o) out=$OPTARG ;; h) usage; exit 0 ;; *) usage >&2; exit 2 ;; esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- alpha beta
for name in "$@"; do
  case $name in
    alpha|beta) log info "building $name into $out" ;;
    *) die "no such target: $name" ;;
  esac
done
: "${VERSION:=1.2.3}"
major=${VERSION%%.*} rest=${VERSION#*.} minor=${rest%%.*} patch=${VERSION##*.}
echo "$major/$minor/$patch"
next="$major.$((minor + 1)).0"
echo "$next"
if command -v nosuchtool >/dev/null 2>&1; then echo found; else echo missing; fi
tmp=$(pwd)/work
trap 'echo cleanup; : > /dev/null' EXIT
echo 'key=value
other=thing # comment
empty=' > config
while IFS='=' read -r key value; do
  case $key in ''|\#*) continue ;; esac
  eval "cfg_$key=\${value%%#*}"
done < config
echo "$cfg_key|$cfg_other|$cfg_empty"
retry() { n=0; until "$@"; do n=$((n + 1)); [ $n -ge 3 ] && return 1; echo "retry $n"; done; }
retry false || echo "gave up after $n"
die "last words"
#---
#!/bin/sh
# a configure-like test of what is there
ac_cache=''
check() {
  printf 'checking for %s... ' "$1"
  if eval "$2" >/dev/null 2>&1; then echo yes; eval "have_$1=1"; else echo no; eval "have_$1="; fi
}
check printf 'printf x'
check local_vars 'f() { local a=1; }; f'
check arrays 'eval "a=(1)"'
check nothing 'exit 1'
echo "${have_printf:+p}${have_local_vars:+l}${have_arrays:+a}"
#---
# quoting through eval and sed-like loops
quote() { printf "'%s'" "$1"; }
args=
for a in 'one two' "it" '$x' '*'; do args="$args $(quote "$a")"; done
eval "set -- $args"
echo $#; for a; do printf '<%s>\n' "$a"; done
join() { sep=$1; shift; out=$1; shift; for w; do out=$out$sep$w; done; echo "$out"; }
join , a b c; join ' - ' x 'y z'
rev() { s=$1 r=; while [ -n "$s" ]; do r=${s%"${s#?}"}$r; s=${s#?}; done; echo "$r"; }
rev abcdef
upper() { case $1 in [a-z]*) echo lower;; [A-Z]*) echo upper;; [0-9]*) echo digit;; *) echo other;; esac; }
upper abc; upper Abc; upper 1; upper _
#---
# pipelines that end early and statuses
i=0; while :; do echo $i; i=$((i+1)); done | { read a; read b; echo "$a $b"; }
(exit 7) | (exit 0); echo $?; (exit 0) | (exit 7); echo $?
x=$(echo out; echo err >&2) 2>/dev/null; echo "$x"
{ echo a; echo b; echo c; } | while read l; do [ $l = b ] && break; echo $l; done
echo "$(for i in 1 2 3; do echo $i; done)" | { n=0; while read l; do n=$((n+l)); done; echo $n; }
f() { cat; echo "after $1"; }; echo in | f x | f y
#---
# a pid file, a lock and a job
( : > lock ) 2>/dev/null && echo locked
set -C; ( : > lock ) 2>/dev/null || echo held; set +C
work() { for i in 1 2 3; do echo "step $i"; done; return 5; }
work > log & pid=$!
wait $pid; echo "status $?"; cat log
[ -f log ] && [ ! -d log ] && echo file
#---
# nested functions, recursion and locals
hanoi() { [ $1 -eq 0 ] && return; hanoi $(($1 - 1)) $2 $4 $3; echo "$2->$3"; hanoi $(($1 - 1)) $4 $3 $2; }
hanoi 3 a c b
fib() { if [ $1 -lt 2 ]; then echo $1; else echo $(( $(fib $(($1 - 1))) + $(fib $(($1 - 2))) )); fi; }
fib 10
outer() { local v=1; inner; echo "outer $v"; }; inner() { v=2; local v=3; echo "inner $v"; }; outer
counter() { n=${n:-0}; n=$((n + 1)); }; counter; counter; echo $n
#---
gcd() { a=$1 b=$2; while [ $b -ne 0 ]; do t=$((a % b)); a=$b b=$t; done; echo $a; }; gcd 1071 462
primes() { n=2; while [ $n -le $1 ]; do d=2 p=1; while [ $((d * d)) -le $n ]; do [ $((n % d)) -eq 0 ] && { p=0; break; }; d=$((d + 1)); done; [ $p = 1 ] && printf '%d ' $n; n=$((n + 1)); done; echo; }; primes 50
bin() { v=$1 s=; while [ $v -gt 0 ]; do s=$((v & 1))$s; v=$((v >> 1)); done; echo ${s:-0}; }; bin 10; bin 0; bin 255
