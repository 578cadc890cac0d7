x=abc.def.ghi e= 
echo ${x} ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x}
echo ${e:-d} ${e-d} ${u:-d} ${u-d} ${e:+a} ${e+a} ${x:+a} [${u+a}]
echo ${u:=set} $u ${v=}[$v]
echo "${x:-"a b"}" ${nope:-"a  b"} ${nope:-a  b}
echo "${nope:-'q'}" ${nope:-'q'}
set -- one "two three" four
echo $# $1 $2 $3 "$*" $*
for i in "$@"; do echo "<$i>"; done
for i in $@; do echo "<$i>"; done
for i in "$*"; do echo "<$i>"; done
for i in "a$@b"; do echo "<$i>"; done
echo ${1}x ${#1} ${#} ${#@} ${#*}
shift; echo $1; shift 2; echo $#
IFS=:; set -- a b c; echo "$*" $*
IFS=; echo "$*"; unset IFS; echo "$*"
set --; for i in "$@"; do echo no; done; echo "[$@]" "$#"
p='*'; echo "${x%"$p"}" "${x%$p}" "${x%%$p}"
y='a*b'; echo "${y%'*'b}" "${y%"*"*}"
echo ${x%?} ${x#[a-c]} ${x#[!x]} ${x%[[:alpha:]]}
echo "${u:-${x:-z}}" "${nope:-$(echo sub)}" ${nope:-$((1+2))}
