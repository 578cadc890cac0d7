echo a > f; cat f; echo b >> f; cat f; cat < f
echo e >&2; echo o 2>&1
(echo o; echo e >&2) > both 2>&1; cat both
(echo o; echo e >&2) 2>&1 > only; cat only
exec 3> three; echo x >&3; exec 3>&-; cat three
echo y >&3
echo after $?
set -C; echo z > f; echo $?; echo w >| f; cat f; set +C
cat < nope; echo $?
echo a > /nonexistent/x; echo $?
{ echo 1; echo 2 >&2; } 2>err >out; cat out err
cat <> f
exec 4<f; read l <&4; echo $l; exec 4<&-
: > empty; cat empty; [ -s empty ] || echo empty
> made; [ -f made ] && echo made
for i in 1 2; do echo $i; done > loop; cat loop
if true; then echo c; fi > c; cat c
while read a; do echo "w $a"; done < loop
echo hi >a >b; cat a b
x=q; echo q > $x; cat q; echo sp > "s p"; cat "s p"
f() { echo stdout; echo stderr >&2; }; f 2>/dev/null; f >/dev/null
echo x 1>&2 2>/dev/null
echo a 2> /dev/null >&2
exec > all; echo gone; exec >&2; cat all
#---
exec < nope; echo no
#---
: > /nonexistent/x; echo no
#---
echo x > /; echo $?
#---
cat 5<&0 <&5; echo $?; cat <&6; echo $?
