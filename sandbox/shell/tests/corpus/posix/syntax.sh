echo before
fi
#---
echo a; )
#---
if true
#---
if true; then
#---
while true; do (
#---
echo "a
b
#---
echo 'a
#---
echo `a
#---
echo $(
#---
echo ${
#---
echo $((1
#---
echo <
#---
echo <&
#---
;;
#---
&& x
#---
echo a |
#---
echo a &&
#---
for 1 in
#---
for i in a b
#---
for i in a; echo; done
#---
x-y() { :; }
#---
case x in
#---
case x in a) echo
#---
case
#---
case x esac
#---
{ echo a
#---
echo a }
#---
f() {
#---
f( a
#---
if ; then echo; fi
#---
if true; then; fi
#---
while; do echo; done
#---
( )
#---
{ }
#---
echo a;; echo b
#---
cat <<E
a
#---
! 
#---
for in in a; do echo $in; done; for for in b; do echo $for; done
#---
do
#---
then
#---
}
#---
f() fi
#---
break() { :; }
#---
echo ok
f() { echo a; }
f
if
echo no
#---
eval 'echo a; fi'; echo no
#---
eval 'echo ('
#---
echo >&x
#---
x=x; echo >&$x; echo st $?
#---
echo 'a' "b
c" (
