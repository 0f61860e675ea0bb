#!/bin/bash
# The kept inputs of the fuzz targets, once more: every one that ever broke
# something is among them. Under valgrind the first of each.
. "$(dirname "$0")/lib.sh"
corpus=$tree/tests/fuzz/corpus

"$B/fuzz/replay" "$corpus" >"$T/replay" 2>&1
is "all kept inputs are run and nothing breaks" $? 0
targets=$(grep -c '^ok ' "$T/replay")
is "every target has inputs" "$targets" "$(find "$tree/tests/fuzz" -name 'fuzz_*.c' | wc -l)"
grep -E '^(ok|not ok) ' "$T/replay" | sed 's/^/# /'
[ "$(grep -c '^ok ' "$T/replay")" -gt 0 ] || tail -n 5 "$T/replay" | sed 's/^/# /'

mkdir "$T/none"
"$B/fuzz/replay" "$T/none" json >"$T/empty" 2>&1
is "a target without inputs is no pass" $? 1
is "the inputs together stay small" "$(du -s --apparent-size -k "$corpus" | awk '{ print $1 < 1500 }')" 1

case $B in *-san) echo "# under sanitizers there is no valgrind" ;;
*)
  ok "valgrind finds nothing in the first of each" timeout 100 valgrind -q --error-exitcode=99 --leak-check=full \
    --errors-for-leak-kinds=definite "$B/fuzz/replay" -n 1 "$corpus" ;;
esac
