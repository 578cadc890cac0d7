v=hello.world.txt; echo ${v/o/0} ${v//o/0} ${v/#hello/bye} ${v/%txt/md} ${v//./_} ${v/nope/x} ${v//l} ${v/.*/}
echo ${v^} ${v^^} ${v:0:5} ${v:6} ${v: -3} ${v:0:-4} ${v:6:5} "${v:2:0}" ${#v}; u=ABC; echo ${u,} ${u,,} ${v^^[a-h]}
n=v; echo ${!n}; set -- a b c; i=2; echo ${!i} ${!#} ${@:2} ${@: -1}; p1=x p2=y; echo ${!p@} ${!p*}
echo ${v:-d} ${z:-d} ${z:=e} $z; x='a b'; echo ${x// /_} "${x/ /  }"; w=aXbXc; echo ${w//X/-} ${w%X*} ${w##*X}; pat='X'; echo ${w//$pat/+} ${w/"X"/'q'}
f=/usr/local/bin/prog.tar.gz; echo ${f##*/} ${f%/*} ${f%%.*} ${f#*.}; echo ${v:$((1+1)):i}; echo "${v:i}"
echo $'a\tb\n\x41\u0041\'q' "$'x'"; echo "${x@Q}" ${x@U}; a='*'; echo "${a//\*/star}"; e=; echo "[${e:+x}${v:+y}]"
echo {a,b,c} {1..5} {5..1} {a..e} {01..10..3} x{1,2}y{3,4} {a,{b,c}} {,x} "{a,b}" {a} {1..3}{a,b} ${v}{1,2} {a,b}$i a{b,c}d\ e
echo ${RANDOM:+r} ${SECONDS:+s} $BASH_SUBSHELL ${BASH_VERSION%%.*} ${#FUNCNAME[@]} $((RANDOM<32768)) ${BASH_VERSINFO[0]} $SHLVL
f() { echo $FUNCNAME ${FUNCNAME[0]}; }; f; echo "$LINENO"; true | false | true; echo ${PIPESTATUS[@]}; set -o pipefail; true | false | true; echo $?
echo "${v//[aeiou]/}" "${v//[^a-z]/}"; path=a/b/c; echo ${path////-} "${path//\//:}"; q="it's"; echo "${q//\'/}"; echo ${v/@(hello|x)/H}
IFS=, read -r a b c <<< "1,2,3"; echo $a-$b-$c; declare -n ref=v; echo $ref; ref=new; echo $v; echo "${undefined-}" "${#undefined}"
cat <<< "here $i"; cat <<<'single $i'; tr=1; echo ${tr}; echo ~+ | cat > /dev/null; echo ${x:1}${x:0:1} ${x:(-1)}
