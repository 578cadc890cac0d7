echo ${x?}
#---
echo ${x:?}
#---
echo ${x:?my message}
#---
echo ${x?my  message}
#---
set -u; echo $q
#---
set -u; echo ${q}; echo no
#---
set -u; echo $1
#---
set -u; set --; echo "$@" $*; echo ok
#---
(set -u; echo $q); echo $?
#---
echo ${x!}
#---
readonly r=1; r=2; echo no
#---
readonly r=1; unset r; echo no
#---
(readonly r=1; r=2); echo $?
#---
echo $((1+)); echo no
#---
echo $((1/0)); echo no
#---
x=abc; echo $((x)); echo no
#---
echo $((08)); echo no
#---
echo $((1 2))
#---
echo $((1 = 2))
#---
echo $(( ))
