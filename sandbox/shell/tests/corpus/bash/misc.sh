echo -e 'a\tb' '\x41' 'c\\d'; echo -n x; echo -ne 'y\n'; echo -E 'a\tb'; echo 'a\tb'; echo -- -n; echo -x
cat <(echo a) <(echo b); while read l; do echo "got $l"; done < <(printf '1\n2\n'); diff() { cat "$1"; }; diff <(echo sub)
f() { echo "f $1"; }; function g { echo g; }; function h() { echo h; }; f 1; g; h; my-func() { echo dash; }; my-func
echo out &> f1; cat f1; { echo o; echo e >&2; } &>> f1; cat f1; { echo o; echo e >&2; } |& cat; echo a >& f2; cat f2
source /dev/stdin <<< 'echo sourced'; echo 'echo "args $@"' > s; . ./s x y; set -- p q; . ./s
case abc in a*) echo 1;;& *c) echo 2;& z) echo 3;; *) echo 4;; esac; select x in a b; do echo "sel $x"; break; done <<< 2
printf '%q %q\n' 'a b' "it's"; printf '%s\n' a b; printf '%(%Y)T\n' 0; printf '%5.1f|%e\n' 3.14159 1234.5; printf '%b\n' 'a\tb'; printf '%x\n' 255
type cd; type -t cd if f ls nope; command -v f cd; builtin echo b; shopt -s nullglob; echo *.none; shopt -u nullglob; echo *.none; shopt nullglob
read -n 2 x <<< abcdef; echo $x; read -d : x <<< 'a:b'; echo $x; read -p 'prompt' x <<< v; echo $x; read x y <<< '1 2 3'; echo "$y"; read <<< '  reply '; echo "[$REPLY]"
x=5; x+=3; echo $x; a=1; a+=b; echo $a; time_() { :; }; pushd / > /dev/null; pwd; popd > /dev/null; dirs > /dev/null; ! false; echo $?
(echo sub; exit 3); echo $?; { echo brace; }; exec 3<<< 'fd three'; cat <&3; exec 3<&-; exec 5> f5; echo five >&5; exec 5>&-; cat f5; echo "${0##*/}"
shopt -s extglob
x=aaabbb; echo ${x##+(a)} ${x/+(b)/c}; touch() { : > "$1"; }; touch t1; touch t2; touch u1; echo !(t*|s*|f*); echo @(t1|u1) ?(t)2
shopt -s globstar dotglob; : > .dot; echo .d*; set -x; echo "a b" c; y=1; [[ a == a ]]; ((1)); x=1 echo z; set +x
wait; f & wait $!; echo $?; (exit 4) & wait $!; echo $?; sleep_() { return 7; }; sleep_ & p=$!; wait $p; echo $?; export V=1; export -p | while read -r l; do [[ $l == *V=* ]] && echo "$l"; done
let 'n=3'; until ((n==0)); do ((n--)); done; echo $n; if [[ -z ${n:-} ]]; then echo z; elif ((n==0)); then echo zero; fi; echo ${BASH_SOURCE[0]}
declare -f nope; echo $?; declare -F f; unset -f f; declare -F f; echo $?; set -- a b c; echo "${*:1:2}" "$#"; for x; do echo $x; done
#---
ulimit -n 30; echo $?; ulimit -n; (ulimit -Sn 20; ulimit -n; ulimit -Hn; ulimit -n 10; ulimit -n); ulimit -n hard; echo $?; ulimit -Hn
#---
ulimit -f unlimited -n 20; echo $?; ulimit; ulimit -f; ulimit -c 0; echo $?; ulimit -c -n -v; ulimit -n x; echo $?
#---
ulimit -Z; echo $?
#---
ulimit -n 10; { : 12</dev/null; } 2>&1; echo $?; : 9</dev/null; echo $?
#---
ulimit -n 10; bash -c 'ulimit -n'; f() { ulimit -n 8; }; f; ulimit -n
#---
disown; echo $?; disown %1; echo $?; disown -a; echo $?; sleep 0.2 & disown; echo $?; jobs; sleep 0.2 & disown $!; echo $?; jobs; sleep 0.2 & disown -r; jobs
#---
: & wait $!; : & p=$!; disown -h; wait $p; echo $?; disown -r; echo $?
#---
suspend; echo $?; enable echo; echo $?; enable nope; echo $?; enable -n; enable | grep -c '^enable \(cd\|echo\|read\|\[\)$'; bind -l > /dev/null; echo $?
