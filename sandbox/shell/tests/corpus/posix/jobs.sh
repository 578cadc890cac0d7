(exit 3) & wait $!; echo $?
true & p=$!; wait $p; echo $?
{ echo bg; } & wait; echo done
wait 99999; echo $?
f() { exit 6; }; f & wait $!; echo $?
x=1; { x=2; } & wait; echo $x
(echo a; exit 2) & (exit 1) & wait; echo $?
echo $(echo in & wait)
a=$(exit 4); echo $?; a=$(exit 4) b=5; echo $?; echo $(exit 3) $?
wait; echo $?
#---
(kill -TERM $$; sleep 9) ; echo no
