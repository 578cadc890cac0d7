read a b <<E
x y z
E
echo "$a|$b"
read a b c <<E
 1   2 
E
echo "$a|$b|$c"
IFS=: read a b <<E
p:q:r:
E
echo "$a|$b"
IFS=: read a b <<E
p:q:
E
echo "$a|$b"
read -r a <<'E'
a\tb\
E
echo "$a" $?
read a <<'E'
a\tb \
c
E
echo "$a"
read a </dev/null; echo $? "[$a]"
printf 'no newline' | { read a; echo $? "$a"; }
printf '1\n2\n3\n' | { read a; read b; echo $a $b; cat; }
IFS=, read -r a b c <<E
,x,,y
E
echo "$a|$b|$c"
IFS= read -r a <<E
  sp  
E
echo "[$a]"
read a b <<E
\ x y
E
echo "[$a|$b]"
IFS=' :' read a b c <<E
a : b:c
E
echo "$a|$b|$c"
read; echo $?
#---
read 1x </dev/null; echo $?
