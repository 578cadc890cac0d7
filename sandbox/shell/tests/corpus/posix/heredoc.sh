cat <<A
hello $HOME `echo x` $((1+1)) \$x "q" 'r' \\ a\
b
A
cat <<'A'
hello $HOME `echo x` \$x \\
A
cat <<-A
	tabs
		two
	A
cat <<A; cat <<B
a
A
b
B
x=1; cat <<"E F"
$x
E F
while read l; do echo "[$l]"; done <<E
a b
 c
E
cat <<E | cat
piped
E
f() { cat <<E
in f $1
E
}; f a; f b
cat 3<<E <&3
fd three
E
if true; then cat <<E
in if
E
fi
echo $(cat <<E
in sub
E
)
cat <<E
${x:-a} ${y:-b "c"} ${x+'d'}
E
cat <<\E
$x
E
