f() { echo "f $# $1"; }
f; f a; f a b
g() { local x=1; x=2; echo $x; h; }; h() { echo "h $x"; x=3; }; x=0; g; echo $x
r() { if [ $1 -le 0 ]; then return 7; fi; r $(($1-1)); }; r 5; echo $?
k() { echo $1; shift; echo $1; }; set -- p q; k a b; echo $1 $2
n () 
{
  echo newline
}
n
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 6
s() ( cd /; x=9; pwd ); x=1; s; echo $x
x=5 f; echo $x
v() { local a b=2; echo "[$a]" $b; }; a=7; v; echo $a
w() { echo in; } >out; w; cat out
unset -f f; f 2>/dev/null; echo $?
return_in_loop() { for i in 1 2; do return 3; done; }; return_in_loop; echo $?
f() echo hi; f
