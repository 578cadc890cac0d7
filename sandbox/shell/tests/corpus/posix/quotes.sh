a=1 b='two words'
echo $a "$b" '$b' \$b "a\"b" "\$a" "\\" 'it'"'"'s'
echo "a
b"
echo a\
b
echo "x\
y" 'x\
y'
echo "" '' | cat
echo "$a$b"c
echo `echo hi "there  you"` "`echo "q  r"`"
echo "$(echo "a  b")" $(echo "a  b")
echo $(echo a; echo b)
echo "`echo \\\\ \$a`"
