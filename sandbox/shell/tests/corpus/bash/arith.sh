((1+1)); echo $?; ((0)); echo $?; i=5; ((i++)); echo $i; ((i+=2, i*=2)); echo $i; echo $((i--)) $i $((++i)) $((2**10)) $((i>3?1:0))
for ((i=0;i<3;i++)); do echo $i; done; for ((i=0,j=3;i<j;i++,j--)); do echo $i$j; done; for ((;;)); do break; done; for ((i=0;i<2;i++)) { echo b$i; }
let x=1+2 y=x*2; echo $x $y; let z=0; echo $?; echo $((16#ff)) $((2#101)) $((0x10)) $((010)) $((-7/2)) $((7%-3)) $((~0)) $((!0)) $[1+2]
a=b b=7; echo $((a)) $((a+1)) $((undefinedvar)); x='1 + 1'; echo $((x*2)) $(( $x*2 )); if ((i > 1)); then echo big; fi; while ((i-- > 0)); do echo w; done
echo $(( (1,2,3) )) $((1<<3|1)) $((5&&0||1)); ((q=1)); echo $q; echo $((1?2?3:4:5)); echo $(( 1 == 1 ? 10 : 20 ))
