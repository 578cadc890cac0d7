if true; then echo a; fi
if false; then echo a; else echo b; fi
if false; then :; elif true; then echo c; else echo d; fi
if false; then :; fi; echo $?
for i in 1 2 3; do echo $i; done
for i in; do echo no; done; echo "$i"
for i
do echo no; done
set -- x y; for i do echo $i; done
for i in a b; do for j in 1 2; do if [ $j = 2 ]; then continue 2; fi; echo $i$j; done; done
for i in a b; do for j in 1 2; do break 2; done; done; echo $i$j
while :; do echo once; break; done
until true; do echo no; done; echo $?
i=0; until [ $i -ge 3 ]; do i=$((i+1)); echo $i; done
case abc in a) echo no;; a*) echo yes;; *) echo no;; esac
case abc in x|abc) echo or;; esac
case "a b" in "a b") echo quoted;; esac
case '*' in '*') echo star;; esac
case x in '*') echo no;; *) echo any;; esac
case '' in '') echo empty;; esac
case a in (a) echo paren ;; esac
case x in y) ;; esac; echo $?
x='a*'; case abc in $x) echo pat;; esac; case abc in "$x") echo no;; *) echo lit;; esac
case [ in [) echo br;; esac; case a] in a]) echo br2;; esac
case b in [a-c]) echo range;; esac; case d in [!a-c]) echo neg;; esac
{ echo g; echo h; } | cat
(echo s; exit 3); echo $?
! true; echo $?; ! false; echo $?
true && echo and; false || echo or; false && echo no || echo yes
true; false; echo $?
f() { return 4; }; f; echo $?
while read x; do echo "r $x"; done <<E2
1
2
E2
echo a; echo b & wait
false | true; echo $?; true | false; echo $?
