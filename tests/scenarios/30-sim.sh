#!/bin/bash
# shellcheck disable=SC1091,SC2154
# A slice of the simulator (tests/sim); make soak runs 200 years of it.
. "$(dirname "$0")/lib.sh"

sim=$B/sim/sim
[ -x "$sim" ] || skip_all 'the simulator is not built (make labs)'
ok 'ninety days of three daemons' "$sim" --seed 20261126 --lives 3 --days 30
sed 's/^/# /' "$T/ok.out"
"$sim" --seed 7 --days 20 --log "$T/one" >/dev/null
"$sim" --seed 7 --days 20 --log "$T/two" >/dev/null
ok 'two runs of one seed are alike to the byte' cmp "$T/one" "$T/two"
ok 'and their log says something' test "$(wc -l <"$T/one")" -gt 100
ok '500 years of the budget alone' "$sim" --seed 20261126 --pure 500
sed 's/^/# /' "$T/ok.out"
ok 'our pace is rejected by no server that it promises not to be' "$sim" --policies --days 60
for s in send-time trust-clock forget-calls forget-block; do
  ok "the budget alone, with $s: noticed" bash -c '"$1" --pure 200 --break "$2" | grep "^BROKEN limit"' sh "$sim" "$s"
done
# The cheap ones; make soak proves all of them (sim --selftest).
for s in forget-calls retry-blocked forget-block stale-date unknown-is-no wrong-hours no-pace; do
  ok "a whole life, with $s: noticed" "$sim" --selftest --break "$s"
done
ok 'a missing sentence is noticed' bash -c '"$1" --harsh --days 3 --lives 3 --break no-disclosure | grep "^BROKEN disclosure"' sh "$sim"

# What broke is seen again by the options that are printed with it, up to that step.
broken=$("$sim" --harsh --days 3 --seed 4 --lives 3 --break no-disclosure | grep -A1 -m1 '^BROKEN')
step=$(sed -n 's/.*, step \([0-9]*\);.*/\1/p' <<<"$broken")
# shellcheck disable=SC2046
again=$("$sim" $(sed -n 's/.*see it again: sim //p' <<<"$broken"))
is 'a failure is seen again by what is printed with it' "$(grep -A1 -m1 '^BROKEN' <<<"$again")" "$broken"
is 'and its story ends there' "$(grep -oE '^[0-9]+\.[0-9]+ ' <<<"$again" | tail -n 1 | cut -d. -f2)" "$step "
