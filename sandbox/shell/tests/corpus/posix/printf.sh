printf '%s\n' a b c; printf '%d %i\n' 1 -2; printf '%5d|%-5d|%05d|%+d\n' 42 42 42 42
printf '%x %X %o %#x %#o\n' 255 255 8 255 8; printf '%c%c\n' abc def
printf '%s %s\n' a; printf '%5s|%-5s|%.2s|\n' ab ab abcdef; printf '%%\n'
printf '\t|\101|\\|\n'; printf '%b|%s\n' 'a\tb' 'a\tb'; printf 'no newline'; echo
printf '%f %.2f %e %g %g\n' 1.5 2.345 12345.678 0.0001 1234567; printf '%*d|%-*d|\n' 5 1 5 2
printf '%d\n' 0x1f 010 "'A"; printf '%s\n'; printf 'a%sb\n' ''; printf '%d %s\n' 1 a 2 b 3
printf '%b' 'x\cy' z; echo; printf '%u\n' 7; printf '%.3d\n' 5; printf '%s' a b; echo
#---
printf '%d\n' x; echo $?
#---
printf '%d\n' 1x; echo $?
#---
printf; echo $?
#---
printf '%z\n'; echo $?
#---
printf '%#o %#x|%.70000f|%.70000e|%.70000g\n' 0 0 1.5 1.5 1.5; printf '%.70000d|%070000d|%70000s\n' 7 7 s
