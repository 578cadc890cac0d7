set -euo pipefail
IFS=$'\n\t'
readonly ROOT=${BASH_SOURCE[0]%/*}
log() { local level=$1; shift; printf '%-5s %s\n' "${level^^}" "$*"; }
declare -A ports=([web]=80 [db]=5432)
services=(web db cache)
for s in "${services[@]}"; do
  if [[ -v ports[$s] ]]; then log info "$s on ${ports[$s]}"; else log warn "$s has no port"; fi
done
version="v1.24.3-rc1"
if [[ $version =~ ^v([0-9]+)\.([0-9]+)\.([0-9]+)(-(.+))?$ ]]; then
  echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${BASH_REMATCH[3]} ${BASH_REMATCH[5]:-none}"
fi
args=(--name "two words" --flag)
show() { printf '<%s>' "$@"; echo; }
show "${args[@]}" "${args[@]:1:1}"
while [[ ${#args[@]} -gt 0 ]]; do echo "${args[0]}"; args=("${args[@]:1}"); done
mapfile -t lines < <(printf '%s\n' a 'b c' d)
echo "${#lines[@]}: ${lines[*]}"
trap 'echo "cleanup $?"' EXIT
f() { local -r x=$1; echo "${x//[^0-9]/}"; }
f a1b2c3
out=$(f 42x); echo "$out"
[[ $(f z9) == 9 ]] && echo nine
false | true
echo unreachable
#---
join_by() { local IFS=$1; shift; echo "$*"; }
join_by , a b c; join_by / usr local bin
contains() { local x; for x in "${@:2}"; do [[ $x == "$1" ]] && return 0; done; return 1; }
contains b a b c && echo yes; contains z a b c || echo no
declare -a stack=(); push() { stack+=("$1"); }; pop() { echo "${stack[-1]}"; unset 'stack[-1]'; }
push 1; push 2; pop; echo "${#stack[@]}"
sum() { local t=0 n; for n; do ((t += n)); done; echo $t; }; sum {1..10}
trim() { local s=$1; s="${s#"${s%%[![:space:]]*}"}"; s="${s%"${s##*[![:space:]]}"}"; echo "[$s]"; }; trim '  hi there  '
repeat() { printf "%0.s$1" $(eval echo "{1..$2}"); echo; }; repeat '-' 5
declare -A count; for w in a b a c a b; do ((++count[$w])) ; done; for k in a b c; do echo "$k ${count[$k]}"; done
sorted() { local a=("$@") i j t; for ((i=0;i<${#a[@]};i++)); do for ((j=i+1;j<${#a[@]};j++)); do if [[ ${a[i]} > ${a[j]} ]]; then t=${a[i]}; a[i]=${a[j]}; a[j]=$t; fi; done; done; echo "${a[@]}"; }; sorted pear apple fig
url=https://user@host:8080/path?q=1; proto=${url%%://*}; rest=${url#*://}; echo "$proto ${rest%%/*} /${rest#*/}"
opt() { while (($#)); do case $1 in --*=*) echo "${1%%=*} -> ${1#*=}"; shift;; --*) echo "$1"; shift;; *) echo "arg $1"; shift;; esac; done; }; opt --a=1 --b c
cat <<-EOF | while IFS= read -r line; do echo "> $line"; done
	indented
	  ${url:0:5}
EOF
exec 3>&1; { echo to3 >&3; } >/dev/null; exec 3>&-
coords=(3,4 5,6); for c in "${coords[@]}"; do IFS=, read -r x y <<< "$c"; echo $((x*y)); done
printf '%s\n' "${coords[@]/,/x}"; echo "${coords[@]%,*}"
