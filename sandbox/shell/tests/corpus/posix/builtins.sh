cd /; pwd; cd usr; pwd; cd ..; pwd; cd -; cd /nonexist; echo $?; cd; echo $?
#---
cd / && cd /usr/bin && cd - && echo $OLDPWD $PWD; cd ./../; pwd; cd /usr/./bin/../lib; pwd; CDPATH=/usr; cd bin; pwd
#---
umask; umask -S; umask 077; umask; umask u=rwx,g=rx,o=; umask; umask 9
#---
type cd if : nope; f() { :; }; type f; command -v cd; command -v nope; echo $?; command -V cd; command -v f if
#---
alias x='echo hi'
x there
alias; alias x; unalias x
x
#---
export A=1 B; export -p | { while read l; do case $l in *\ A=*|*\ B) echo "$l";; esac; done; }; A=2; echo $A
#---
readonly R=1; readonly -p
#---
eval 'echo a' b; eval; eval "x=5"; echo $x; eval 'echo "$x"'
#---
eval nope; echo $?
#---
echo 'echo sourced $1; x=7; return 3; echo no' > s; . ./s; echo $? $x; . ./nope; echo no
#---
. nosuchfile; echo no
#---
echo 'nope
echo $((1/0))' > s; . ./s; echo no
#---
while getopts ab:c o -a -b v -cx rest; do echo "$o [$OPTARG] $OPTIND"; done; echo $? $OPTIND
#---
while getopts :ab: o -a -x -b; do echo "$o [$OPTARG]"; done
#---
f() { OPTIND=1; while getopts a:b o; do echo $o $OPTARG; done; shift $((OPTIND-1)); echo "$@"; }; f -a1 -b x y; f -b -a 2 -- z
#---
shift 3; echo no
#---
set -- a; shift; shift; echo no
#---
local x; echo no
#---
exit abc
#---
exit 300
#---
return 3; echo no
#---
break; continue; echo ok $?
#---
exec nope; echo no
#---
exec /; echo no
#---
nope; echo $?; ./nope; echo $?; /; echo $?; : > n; ./n; echo $?
#---
hash nope; echo $?; hash -r; echo $?
#---
times | { read a; echo x; }; true; : a b; false; echo $?
#---
unset x; x=1; unset x; echo "[$x]"; unset nope; echo $?; f() { :; }; unset f; f; echo $?
#---
command echo a; command; command nope; echo $?; command exit 3; echo no
#---
command . ./nope; echo $?; command cd /nope; echo $?
#---
x=1; set | { while read l; do case $l in x=*|HOME*) echo "$l";; esac; done; }; y="a'b"; set | { while read l; do case $l in y=*) echo "$l";; esac; done; }
#---
PATH=; nope; cat f; echo $?
#---
fg; echo $?
#---
bg %3; echo no
#---
jobs; kill; echo $?
#---
kill 999999; echo $?
#---
kill -FOO 1; echo $?
#---
wait abc; echo $?
#---
test a = b || echo no; ulimit -c; pwd -P > /dev/null; echo $?
#---
ulimit -n 30; echo $?; ulimit -n; (ulimit -Sn 20; ulimit -n; ulimit -Hn; ulimit -n 10; ulimit -n); ulimit -n; ulimit -Hn
#---
ulimit -f unlimited; echo $?; ulimit; ulimit -f; ulimit -c 0; echo $?; ulimit -c -f
#---
ulimit -n 10 11; echo $?
#---
ulimit -n x; echo $?
#---
ulimit -Z; echo $?
