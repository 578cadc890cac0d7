nope; echo $?
#---
./nope; echo $?; /; echo $?
#---
echo ${x?}; echo no
#---
echo ${x:?msg}; echo no
#---
set -u; echo $q; echo no
#---
set -u; echo ${q[0]}; echo $1; echo no
#---
readonly r=1; r=2; echo after $?
#---
echo $((1/0)); echo after
#---
echo $((1+)); echo after
#---
((1/0)); echo $?
#---
echo before
fi
#---
if true; then
#---
echo "a
#---
echo $(
#---
echo a )
#---
for i in a b
done
#---
[ 1 -eq x ]; echo $?; [ a b ]; echo $?; [ a b c ]; echo $?; [ a; echo $?; [ a = b c ]; echo $?
#---
cd /nonexistent; echo $?; cat < nope; echo $?; echo x > /nope/x; echo $?; shift 5; echo $?
#---
. ./nope; echo $?; source nope; echo $?; exec nope; echo no
#---
local x; echo $?; return 3; echo $?; break; echo $?; exit abc
#---
unset r; readonly r; unset r; echo $?; export 1x=2; echo $?; declare 2=3; echo $?
#---
printf '%d\n' x; echo $?; printf; echo $?; printf '%z'; echo $?
#---
set -Z; echo $?; set -o nope; echo $?; shopt -s nope; echo $?
#---
type nope; echo $?; command -v nope; echo $?; hash nope; echo $?; alias nope; echo $?
#---
set -e; false; echo no
#---
set -e; (exit 3); echo no
#---
set -e; ((0)); echo no
#---
set -e; [[ a == b ]]; echo no
#---
set -e; x=$(false); echo no
#---
set -e; echo $(false; echo in); f() { false; echo f; }; if f; then echo t; fi; f; echo no
#---
set -euo pipefail; false | true; echo no
#---
set -eo pipefail; false | true || echo c; true | true; echo ok; trap 'echo exit $?' EXIT; false | true
#---
trap 'echo err $?' ERR; false; true; f() { false; }; f; (exit 2); false || true; if false; then :; fi; echo done
#---
trap 'echo debug' DEBUG; echo a; x=1
#---
cat <<E
a
#---
f() { echo in; return 2; }; f; echo $?; f() { trap 'echo ret' RETURN; echo x; }; f; echo y
#---
kill -TERM $$; echo no
#---
trap 'echo t' TERM; kill -TERM $$; trap - TERM; trap; trap 'echo "q"' INT HUP; trap; trap -p INT
#---
echo ${x!y}
#---
echo `echo a
