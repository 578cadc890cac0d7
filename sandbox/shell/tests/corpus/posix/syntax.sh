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
#---
# comments and odd places
echo a # comment
echo b#c '#d' "#e"
# whole line
: # nothing
if true # why
then echo then # yes
fi
case x in # what
x) # it
 echo x # said
 ;;
esac
for i in a b # list
do # body
 echo $i
done
f() # name
{ # body
 echo f
}
f
echo one; # end
echo a && # go on
echo b || # not
echo c
echo p | # to
cat
#---
if true;then echo a;fi;while false;do :;done;for i in x;do echo $i;done
{ echo b;};(echo c);case y in y)echo y;;esac
f(){ echo d;};f;if ! false;then echo e;fi
! (false)&&echo g;true&&{ echo h;}
#---
echo a;echo b&&echo c||echo d;echo e&
wait
#---
if
true
then
echo multi
elif
false
then
:
else
:
fi
while
  i=${i}x
  [ ${#i} -lt 3 ]
do
  echo $i
done
for
i
in
#---
a=1 b=$a c="$b$a" d=`echo $c` e=$(echo $d)
echo $a $b $c $d $e
a=x; a=y b=$a; echo $a $b
x= y=; echo "[$x$y]"
a=b=c; echo $a; a="=" ; echo $a
PATH=/nowhere; echo ok
#---
echo $(echo $(echo $(echo deep))) `echo \`echo back\``
echo $(case x in x) echo paren;; esac) $(case y in (y) echo both;; esac)
echo "$(echo "$(echo "q q")")" "a$(echo b)c" $(echo '"' "'" \))
echo $(# comment
echo after comment
)
x=$(echo a; exit 3); echo $? $x
echo $( (echo sub) ) $((1+1))$( echo x)
#---
echo ~ ~/x "~" '~' a~ ~nosuchuser; x=~; echo $x; y=~/a:~/b; echo $y; echo a=~; z="~"; echo $z; echo ~root
#---
\echo quoted; "echo" quoted; e''cho split; 'ec'ho x; c=echo; $c var; $c$n y; ${c} z; "$c" w
$nothing; echo $?; $nothing echo kept; "" ; echo $?
