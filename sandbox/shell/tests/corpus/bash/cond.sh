t() { if "$@"; then echo y; else echo "n$?"; fi; }
[[ a == a ]]; echo $?; [[ a == b ]]; echo $?; [[ abc == a* ]]; echo $?; [[ abc == "a*" ]]; echo $?
[[ abc = a?c && 1 -lt 2 ]]; echo $?; [[ a == b || b == b ]]; echo $?; [[ ! a == b ]]; echo $?; [[ ( a == b ) || ( c == c ) ]]; echo $?
x='a b'; [[ $x == 'a b' ]]; echo $?; [[ -n $x && -z $y ]]; echo $?; [[ -f /etc/passwd ]]; echo $?; [[ -d / ]]; echo $?
[[ abc =~ ^a(.)c$ ]]; echo $? "${BASH_REMATCH[0]}" "${BASH_REMATCH[1]}"
[[ foo123bar =~ ([a-z]+)([0-9]+) ]]; echo $? "${BASH_REMATCH[@]}"
re='^[0-9]+$'; [[ 123 =~ $re ]]; echo $?; [[ 12a =~ $re ]]; echo $?; [[ a.c =~ "a.c" ]]; echo $?; [[ abc =~ "a.c" ]]; echo $?
[[ a < b ]]; echo $?; [[ b > a ]]; echo $?; [[ 10 -eq 10 ]]; echo $?; v=5; [[ v -gt 3 ]]; echo $?
[[ $x == *b ]] && echo ends; [[ "a|b" =~ a\|b ]]; echo $?; [[ x =~ (y|x) ]]; echo $?; [[ "" ]]; echo $?; [[ a ]]; echo $?
[[ file.txt == *.@(txt|md) ]]; echo $?; [[ abc == !(abd) ]]; echo $?; [[ aaa == +(a) ]]; echo $?
[[ -v x ]]; echo $?; [[ -v nope ]]; echo $?; [[ a != b ]]; echo $?; if [[ a == a ]]; then echo if; fi
[[ a == a && ( b == c || d == d ) ]]; echo $?
[[ "$x" =~ [[:space:]] ]]; echo $?; [[ 2024-01-02 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})$ ]] && echo "${BASH_REMATCH[1]}/${BASH_REMATCH[3]}"
[ a == a ]; echo $?; test a == b; echo $?
