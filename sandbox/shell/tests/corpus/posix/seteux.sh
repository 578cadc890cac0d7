set -e; echo a; false; echo no
#---
set -e; if false; then :; fi; false || true; ! true; echo ok; false && true; echo still; (false); echo no
#---
set -e; f() { false; echo in; }; f || true; f; echo no
#---
set -e; x=$(false); echo no
#---
set -e; echo $(false); echo ok; true | false; echo no
#---
set -e; false | true; echo ok; { false; } ; echo no
#---
set -e; while false; do :; done; until true; do :; done; for i in; do :; done; case x in esac; echo ok
#---
set -e; trap 'echo bye $?' EXIT; false
#---
set -x; a=1; echo $a "b c"; x=2 y=3 echo z; for i in 1 2; do : $i; done; case x in x) echo m;; esac; [ 1 = 1 ] && echo q; (echo s); f() { echo $1; }; f r; set +x; echo no
#---
PS4='> '; set -x; echo a; x=`echo b`; echo > f
#---
set -eu; x=1; echo $x; echo ${y-}; echo $y; echo no
#---
set -n; echo no
#---
set -f; echo *; set +f; echo *
#---
set -a; v=1; cat /proc/self/environ >/dev/null; export -p | { while read l; do case $l in *v=*) echo $l;; esac; done; }
#---
set -- a b c; echo $#; set -- ; echo $#; set x; echo $1; set -- -a; echo $1; set - q; echo $1
#---
set -Z; echo no
#---
set -o errexit; false; echo no
#---
set -o nope; echo no
#---
set +o
#---
set -eu; set -o
#---
echo $-; set -u; echo $-; set -eu; echo $-
