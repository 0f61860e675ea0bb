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

# ---- what explain says of each state, written here as a daemon would
state() { sqlite3 -cmd '.timeout 5000' "$T/state/state.db" "$1" >/dev/null; }
now=$(date +%s%3N)
later=$((now + 3600000))
BOOT='(SELECT max(taken_boot) FROM calls)' BOOT_ID='(SELECT max(taken_boot_id) FROM calls)'
KEYWORD="WHERE keyword = '가습기'"
while IFS='|' read -r text statement what said; do
  cp "$T/state/state.db" "$T/kept.db"
  state "$statement"
  like "explain: $text" "$(cpauto explain "$what" 2>&1)" "$said"
  cp "$T/kept.db" "$T/state/state.db"
done <<END
no daemon|SELECT 1|가습기|cpautod does not run
asked for by hand|SELECT 1|가습기|before all others
a list that is paused|UPDATE lists SET paused = 1|가습기|queue resume --list '주방'
a keyword that is paused|UPDATE keywords SET paused = 1 $KEYWORD|가습기|not within a week
one failure|UPDATE keywords SET failures = 1, due_ms = $later, reason = '끊김' $KEYWORD|가습기|failed 1 time: 끊김; not again before
failures, and due|UPDATE keywords SET failures = 3, due_ms = 1, reason = '끊김' $KEYWORD|가습기|failed 3 times in a row: 끊김
a look|UPDATE keywords SET reason = '같음', looked_ms = $now, due_ms = $later $KEYWORD|가습기|같음
no look yet|UPDATE keywords SET reason = '없음', looked_ms = 0, due_ms = $later $KEYWORD|가습기|looked at never
an answer|UPDATE keywords SET fresh_ms = $later, due_ms = 1, asked = 0 $KEYWORD|가습기|without a call
a strike|UPDATE account SET hard = 1, reason = '너무 잦음', seal = NULL|가습기|the server said: 너무 잦음
a block|UPDATE account SET blocked = 1, block_boot = $BOOT, block_boot_id = $BOOT_ID, block_ms = 7200000, reason = '잠김', seal = NULL|가습기|the server said: 잠김
a failing source|UPDATE account SET failures = 2, wait_boot = $BOOT, wait_boot_id = $BOOT_ID, wait_ms = 7200000, wait_reason = '503', seal = NULL; DELETE FROM calls|가습기|left alone until .* after 2 failures: 503
missing keys|UPDATE account SET wait_wall = $now, wait_ms = 7200000, wait_reason = '열쇠 없음', seal = NULL; DELETE FROM calls|가습기|열쇠 없음
a call that may leave|DELETE FROM calls|가습기|4 of 4 calls left; a call may leave now
others before it|DELETE FROM calls; UPDATE keywords SET asked = 0, due_ms = 2 $KEYWORD; UPDATE keywords SET fresh_ms = NULL, due_ms = 1 WHERE keyword <> '가습기'|가습기|after [123] calls?
no post|DELETE FROM posts|가습기|none was made yet
a keyword of no list|SELECT 1|난로|stands in no list
no keyword|SELECT 1| |no keyword
a number that is no post|SELECT 1|#77|stands in no list
a post that is out|SELECT 1|#1|published since
a post that waits|UPDATE posts SET state = 'waiting', reason = '보고', seal = NULL WHERE id = 1|1|보고
a post to come|UPDATE posts SET state = 'planned', next_ms = $later, seal = NULL WHERE id = 1|1|next +at
a ready post|UPDATE posts SET state = 'ready', sending_ms = NULL, seal = NULL|1|ready since
its publisher needs you|UPDATE posts SET state = 'ready', seal = NULL; INSERT INTO publishers VALUES ('outbox', 1, 0, 1, '막힘')|1|needs you: 막힘; then: cpauto unblock
its publisher waits|UPDATE posts SET state = 'ready', seal = NULL; INSERT INTO publishers VALUES ('outbox', 0, $later, 1, '잠시')|1|waits until .*: 잠시
its publisher is gone|UPDATE posts SET state = 'ready', publisher = 'none', seal = NULL|1|'none' is not in
a damaged post|UPDATE posts SET seal = 1 WHERE id = 1|1|not as it was written
damaged calls|UPDATE calls SET seal = 1|가습기|not as it was written
END
is 'explain: as JSON' "$(cpauto explain 가습기 --json | jq -r '.findings[0].rule')" daemon
cp "$T/cpauto.conf" "$T/kept.conf"
state "UPDATE posts SET state = 'ready', seal = NULL WHERE id = 1; UPDATE posts SET state = 'published', sending_ms = $now, seal = NULL WHERE id = 2"
sed -i 's/directory = /gap = "1d"; per_day = 1; &/; s/"00:00-24:00"/"'"$(date -d '+2 hours' +%H):00-$(date -d '+3 hours' +%H)"':00"/; s/"주방"/"부엌"/' "$T/cpauto.conf"
like 'explain: a gap' "$(cpauto explain 1)" 'keeps its posts apart'
like 'explain: enough for today' "$(cpauto explain 1)" 'has sent its 1 of today'
like 'explain: the hours of the day' "$(cpauto explain 1)" 'outside the active hours'
like 'explain: a list that is gone' "$(cpauto explain 전기포트)" 'goes with the next reload'

# ---- a preview in every form
is 'preview: a list that is not there' "$(rc cpauto preview 전기포트 --list 정원)" 65
is 'preview: no keyword' "$(rc cpauto preview ' ')" 65
like 'preview: JSON' "$(cpauto preview 전기포트 --json | jq -r '.source + .list')" '^cache부엌$'
like 'preview: a list of choice' "$(cpauto preview 전기포트 --list 아주-긴-이름을-가진-청소용품-목록 --json | jq -r .list)" 아주
like 'preview: a keyword of no list' "$(cpauto preview 난로 --sandbox --json | jq -r '.source + .list')" '^sample부엌$'
like 'preview: made-up products' "$(cpauto preview 난로 --sandbox 2>&1 >/dev/null)" 'made-up'
like 'preview: Markdown' "$(cpauto preview 전기포트 --markdown 2>/dev/null)" '^\| '
like 'preview: HTML' "$(cpauto preview 전기포트 --html 2>/dev/null)" '<!doctype html>'
for f in p.htm p.md p.txt -; do
  ok "preview: into $f" cpauto preview 전기포트 -o "$([ $f = - ] || echo "$T/")$f"
done
like 'preview: the file says which form' "$(cat "$T/p.htm")" '<!doctype html>'
like 'and which not' "$(grep -c '<' "$T/p.txt")" '^0$'
is 'preview: a folder that is not there' "$(rc cpauto preview 전기포트 -o "$T/none/p.html")" 73
is 'preview: a template that is not there' "$(rc cpauto preview 전기포트 --template none)" 65
mkdir -p "$T/bin"
printf '#!/bin/sh\ncp "$1" "%s/opened.html"\n' "$T" >"$T/bin/xdg-open"
chmod 755 "$T/bin/xdg-open"
is 'preview: in a browser' "$(PATH=$T/bin:$PATH TMPDIR=$T rc cpauto preview 전기포트 --open)" 0
like 'which is given a page' "$(cat "$T/opened.html")" '<!doctype html>'
is 'preview: no browser' "$(PATH=$T/none TMPDIR=$T rc cpauto preview 전기포트 --open)" 69
is 'preview: no folder for it' "$(TMPDIR=$T/none rc cpauto preview 전기포트 --open)" 73
is 'nor one so long' "$(TMPDIR=/$(printf '%05000d' 0) rc cpauto preview 전기포트 --open)" 73
like 'preview: on a terminal' "$(script -qec "$B/cpauto -c $T/cpauto.conf preview 전기포트" /dev/null)" '에어|전기|포트'
sqlite3 "$T/cache/cache.db" "UPDATE answers SET fetched_ms = 1000, seal = NULL"
sed -i '/^lists/,$d' "$T/cpauto.conf"
is 'preview: no list at all' "$(rc cpauto preview 전기포트)" 78
like 'that says what to do' "$(cat "$T/said")" 'no list|lists'
cp "$T/kept.conf" "$T/cpauto.conf"

# ---- a preview that is fetched: hours are closed, so that nothing else asks
rm -rf "$T"/state/* "$T"/cache/* "$T"/run/*
sandbox --calls 50
CALLS=20 conf 'lists = ( { name = "주방"; keywords = [ "가스레인지", "주전자", "도마" ]; every = "1d"; publisher = "outbox"; } );'
sed -i 's/"00:00-24:00"/"'"$(date -d '+2 hours' +%H):00-$(date -d '+3 hours' +%H)"':00"/' "$T/cpauto.conf"
daemon
is 'a fetched preview' "$(rc cpauto preview 가스레인지 --fetch)" 0
is 'cost one call' "$(stats .total)" 1
is 'a keyword of no list is not fetched' "$(rc cpauto preview 난로 --fetch)" 65
fault rcode400
is 'a call that fails is told' "$(rc cpauto preview 주전자 --fetch)" 75
like 'and where to look' "$(cat "$T/said")" "no answer about '주전자': .*cpauto explain '주전자'"
stop

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
