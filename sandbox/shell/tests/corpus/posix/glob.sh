: > a1; : > a2; : > b1; : > .hid; mkdir() { :; }
echo *; echo a*; echo ?1; echo [ab]1; echo [!a]*; echo x*; echo "a*" 'a*' a\*
echo .h*; p='a*'; echo $p "$p"; echo ./a*; echo a[12]; echo a[!1]; echo "a"*; echo [[:alpha:]]1
for f in a* b*; do echo $f; done
case a1 in a*) echo m;; esac
set -f; echo *; set +f
x=$(echo a*); echo "$x"; y=a*; echo $y "$y"
echo /et[c]; echo /et[c]/passw*; echo nope/*
echo a1 > b*; cat b1
