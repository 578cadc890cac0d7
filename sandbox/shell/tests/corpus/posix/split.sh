n() { echo $#: "$1" "|$2" "|$3"; }
x=' a  b '; n $x; n x$x; n $x""; n "$x"
IFS=:; x='a::b'; n $x; x=:a:; n $x; x=a:b:; n $x
IFS=' :'; x=' a : b '; n $x; x='a  b::c'; n $x; x=' : a'; n $x
IFS=; x='a b'; n $x
unset IFS; n $x
IFS=x; n axbxc; y=axbxc; n $y; n $(echo axb) `echo axb`
IFS=' 	
'; n $(printf 'a\n\nb\n\n'); e=; n $e; n "$e"; n $e""
set -- 'a b' '' c; n $@; n "$@"; n $*; n "$*"
IFS=-; n $*; n "$*"; echo $* "$*" $@; x=$*; echo "$x"; x="$@"; echo "$x"; x=$@; echo "$x"
