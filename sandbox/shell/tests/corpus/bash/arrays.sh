a=(one two "three four"); echo ${a[0]} "${a[2]}" ${#a[@]} ${a[@]} "${a[*]}" ${#a[2]} $a
for i in "${a[@]}"; do echo "<$i>"; done
a+=(five); echo ${#a[@]} ${a[-1]} ${!a[@]}; a[7]=x; echo ${!a[@]} "${a[@]}"; unset 'a[1]'; echo ${!a[@]}
b=([3]=c [1]=a z); echo ${!b[@]} ${b[@]}; i=2; b[i+1]=q; b[$i]=w; echo ${b[@]}
echo "${a[@]:1:2}" "${a[@]: -1}" ${a[@]:0:1}
declare -A m; m[x]=1; m["a b"]=2; m[k]='v w'; echo "${m[a b]}" ${m[x]} ${#m[@]}; for k in "${!m[@]}"; do echo "$k=${m[$k]}"; done
declare -A n=([one]=1 [two]=2 [three]=3); echo "${!n[@]}" "${n[@]}"; unset 'n[two]'; echo ${#n[@]} ${n[two]-gone}; [[ -v n[one] ]] && echo set
c=(); echo ${#c[@]} "${c[@]}"; c+=(x); echo "${c[@]}"; d=("${a[@]}"); echo ${#d[@]}
e=($(echo 1 2 3)); echo ${#e[@]} ${e[1]}; f=(*.nothing); echo "${f[@]}"
echo "${a[@]/o/0}" "${a[@]#o}" "${a[@]^^}"; s="${a[*]}"; echo "$s"; IFS=,; echo "${a[*]}"; unset IFS
read -ra w <<< "x y  z"; echo ${#w[@]} "${w[2]}"; mapfile -t l < <(printf 'a\nb c\n'); echo ${#l[@]} "${l[1]}"
declare -a g=(1 2); declare -p g; declare -p m >/dev/null; declare -i num=2+3; echo $num; num+=4; echo $num; declare -r ro=1; declare -p ro num
local_array() { local -a q=(a b); echo ${q[1]}; local x=1; x+=2; echo $x; }; local_array; declare -u up=abc; echo $up; declare -l lo=ABC; echo $lo
declare -x EX=1; declare -p EX; readonly RO=(1 2); declare -p RO; unset c; echo "${c[@]-none}"; h=x; h[1]=y; echo ${h[@]}; echo ${nope[@]} "${#nope[@]}"
y=(a b c); y=("${y[@]:1}"); echo "${y[@]}"; set -- "${y[@]}" z; echo $# $3; echo "${@:2}" "${@:1:1}" "${*:2:2}"
a=(1 2 3); sum=0; for n in "${a[@]}"; do ((sum+=n)); done; echo $sum; echo $((a[0]+a[2])) ${a[a[0]]}; ((a[1]++)); echo ${a[1]}
printf '%s,' "${a[@]}"; echo; printf -v out '%03d' 7; echo $out; printf -v a[0] x; echo ${a[0]}; echo "${a[@]@Q}" "${out@Q}"
