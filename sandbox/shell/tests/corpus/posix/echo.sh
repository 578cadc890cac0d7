echo a b  "c  d"
echo -n x; echo y
echo "a\tb\nc\\d\0101"
echo 'x\cy'; echo after
echo -e x
echo
