trap 'echo exit $?' EXIT; echo a; exit 3
#---
trap 'echo exit' 0; trap; trap - EXIT; trap; echo none
#---
trap 'echo int' INT; trap "echo 'q'" TERM; trap '' HUP; trap
#---
trap 'echo got usr1' USR1; kill -USR1 $$; echo after
#---
trap 'echo t; exit 5' TERM; kill $$; echo no
#---
trap 'echo x' EXIT; (echo sub; trap); echo par
#---
trap 'echo x' EXIT; (trap 'echo y' EXIT; echo sub); echo par
#---
trap 'echo x; exit 9' EXIT; exit 1
#---
trap 'false; echo $?' EXIT; (exit 4)
#---
trap nope NOSUCH; echo no
#---
trap '' TERM; kill $$; echo alive
#---
f() { trap 'echo trapped' EXIT; }; f; echo body
#---
trap 'echo bye' EXIT; echo ${x?err}
#---
trap 'echo bye' EXIT; exec true
#---
kill -TERM $$; echo no
#---
kill -l 15; kill -l TERM 2>&1; kill -l 143
