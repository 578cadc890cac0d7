t() { if "$@"; then echo y; else echo "n$?"; fi; }
t [ a ]; t [ "" ]; t [ ]; t [ a = a ]; t [ a = b ]; t [ a != b ]; t [ 1 -eq 1 ]; t [ 1 -ne 1 ]; t [ 1 -lt 2 ]; t [ 2 -le 2 ]; t [ 3 -gt 2 ]; t [ 2 -ge 3 ]
t [ -n a ]; t [ -z a ]; t [ -n "" ]; t [ -z "" ]; t [ ! a ]; t [ ! "" ]; t [ ! a = b ]
: > f; t [ -f f ]; t [ -d f ]; t [ -e f ]; t [ -s f ]; t [ -d . ]; t [ -r f ]; t [ -x f ]; t [ -w f ]; t [ -L f ]; t [ -e nope ]
t [ a -a b ]; t [ a -a "" ]; t [ "" -o b ]; t [ a = a -a b = b ]; t [ a = b -o b = b ]; t [ \( a = a \) ]; t [ ! \( a = b \) ]; t [ \( a \) -a \( b \) ]
t [ = ]; t [ = = = ]; t [ -n ]; t [ ! ]; t [ -f = -f ]; t test a = a; t test; t [ " 1" -eq 1 ]; t [ a \< b ]; t [ b \> c ]
t [ -n = ]; t [ ! = x ]; t [ x = ! ]; t [ "(" = "(" ]; t [ -t 0 ]; t [ f -nt nope ]; t [ nope -nt f ]; t [ f -ef f ]
[ 1 -eq x ]; echo $?
[ a = ]; echo $?
[ a; echo $?
test 1 2 3 4; echo $?
[ a b ]; echo $?
[ a -foo b ]; echo $?
[ -q x ]; echo $?
[ \( a ]; echo $?
