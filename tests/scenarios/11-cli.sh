#!/bin/bash
# The wishes of the owner, with and without a daemon, and how the answers look.
. "$(dirname "$0")/lib.sh"

columns() { # the widest line of a command on a terminal of 80 columns, as it is shown
  script -qec "stty cols 80 rows 24; TERM=xterm NO_COLOR=1 $B/cpauto -c $T/cpauto.conf $1" /dev/null |
    tr -d '\r' | LC_ALL=C.UTF-8 wc -L
}
rc() { "$@" >"$T/said" 2>&1; echo $?; }

sandbox --calls 4
CALLS=4 conf 'lists = (
  { name = "주방"; keywords = [ "에어프라이어", "전기포트" ]; every = "1d"; publisher = "outbox"; },
  { name = "아주-긴-이름을-가진-청소용품-목록"; keywords = [ "물걸레가 되는 아주 가벼운 무선 청소기" ]; every = "1d"; publisher = "outbox"; } );'

# ---- before there is anything
is 'status without a state is unavailable' "$(rc cpauto status)" 69
like 'and says what to do' "$(cat "$T/said")" 'made when cpautod starts'
is 'with --json it is JSON all the same' "$(cpauto status --json 2>/dev/null | jq -r .exit)" 69
is 'no preview without an answer' "$(rc cpauto preview 전기포트)" 69
is 'and none is fetched without the daemon' "$(rc cpauto preview 전기포트 --fetch)" 69
is 'nothing was called' "$(stats .total)" 0
is 'nothing was made' "$(find "$T/state" "$T/cache" "$T/run" -type f | wc -l)" 0

# ---- with the daemon stopped a wish is kept
once
is 'three calls' "$(stats .total)" 3
like 'a wish without a daemon is noted' "$(cpauto queue add 토스터 --list 주방)" 'takes effect when cpautod starts'
is 'and not yet done' "$(sql 'SELECT count(*) FROM keywords')" 3
once
is 'and done by the next one' "$(sql 'SELECT count(*) FROM keywords')" 4
is 'which uses the last call for it' "$(stats .total)" 4
like 'calls shows all four' "$(cpauto calls)" '0 of 4 calls left'
is 'as JSON too' "$(cpauto calls --json | jq '.calls | length')" 4

# ---- with the daemon running a wish is granted at once
daemon
like 'a second spelling is the same keyword' "$(cpauto queue add ' 토스터 ' --list 주방 2>&1)" 'already'
is 'that is bad data' "$(rc cpauto queue add 토스터 --list 주방)" 65
is 'a list that is none too' "$(rc cpauto queue add 토스터 --list 정원)" 65
is 'which list must be said' "$(rc cpauto queue add 가습기)" 64
ok 'pause a keyword' cpauto queue pause 토스터
is 'it is paused' "$(sql "SELECT paused FROM keywords WHERE keyword = '토스터'")" 1
like 'explain says so' "$(cpauto explain 토스터)" 'queue resume'
ok 'resume all' cpauto queue resume all
ok 'resume the keyword' cpauto queue resume 토스터
is 'it goes on' "$(sql "SELECT paused FROM keywords WHERE keyword = '토스터'")" 0
is 'what stands in the configuration stays' "$(rc cpauto queue remove 전기포트)" 77
ok 'what was added goes' cpauto queue remove 토스터
is 'it is gone' "$(sql "SELECT count(*) FROM keywords WHERE keyword = '토스터'")" 0
like 'now uses the fresh answer' "$(cpauto queue now 전기포트)" 'costs no call'
ok 'one more keyword' cpauto queue add 가습기 --list 주방
like 'now says how long it takes' "$(cpauto queue now 가습기)" 'in .* min: all calls'
like 'explain names the rule and the time' "$(cpauto explain 가습기)" 'all calls of this window are spent, until'
like 'the plan has it first' "$(cpauto plan --hours 3 --json | jq -r '.plan[0].keyword')" '가습기'
like 'a preview comes from the cache' "$(cpauto preview 전기포트 2>&1 >/dev/null)" 'no further call'
ok 'a fresh answer is not fetched again' cpauto preview 전기포트 --fetch -o "$T/p.html"
like 'and is a page' "$(cat "$T/p.html")" '<!doctype html>'
is 'no call too many' "$(stats .total)" 4
ok 'unblock' cpauto unblock
is 'gives no call back' "$(cpauto status --json | jq .budget.left)" 0
for c in status queue posts calls 'plan --hours 48' 'explain 가습기' check --help 'queue --help'; do
  ok "$c fits 80 columns" test "$(columns "$c")" -le 80
done
is 'no colours in a pipe' "$(cpauto posts | grep -c "$(printf '\033')")" 0
like 'colours if wanted' "$(cpauto posts --color always)" "$(printf '\033')"

is 'a fetch that must wait long says so at once' "$(rc cpauto preview 가습기 --fetch)" 75
like 'and how long' "$(cat "$T/said")" 'in .* min'

# ---- a daemon that was killed in the middle
stop KILL
ok 'the state can be read after a kill' cpauto status
like 'and the daemon is gone' "$(cpauto status)" 'not running'

# ---- check
is 'check is content' "$(rc cpauto check)" 0
chmod 644 "$T/keys/secret"
is 'a secret that all may read is an error' "$(rc cpauto check)" 78
like 'that says what to do' "$(cat "$T/said")" '600'
chmod 600 "$T/keys/secret"
AGENT=nowhere conf
is 'so is an agent that is not there' "$(rc cpauto check)" 78
is 'as JSON too' "$(cpauto check --json | jq -r '[.findings[] | select(.level == "error") | .thing] | unique | join(" ")')" agents
echo 'budget: { calls = 0; };' >>"$T/cpauto.conf"
is 'and a wrong configuration' "$(rc cpauto check)" 78
is 'status then says the same' "$(rc cpauto status)" 78
