#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# A list that wants approval: nothing goes out before the owner says so.
. "$(dirname "$0")/lib.sh"

sandbox
conf 'lists = ( { name = "살핌"; keywords = [ "에어프라이어", "전기포트", "가습기" ]; every = "1d"; approve = "manual"; publisher = "outbox"; } );'
daemon
ok 'three posts wait' wait_for 10 has_posts waiting 3
is 'none is out' "$(folders)" 0
like 'status counts them' "$(cpauto status)" '3 waiting'
like 'the list shows them' "$(cpauto posts --state waiting)" '에어프라이어'
ok 'one can be read' cpauto posts show 1 --text
ok 'one is approved' cpauto posts approve 1
ok 'and goes out' wait_for 10 has_posts published 1
ok 'one is rejected' cpauto posts reject 2 --reason '사진이 없다'
is 'with the reason' "$(sql 'SELECT state, reason FROM posts WHERE id = 2')" 'refused|rejected by you: 사진이 없다'
ok 'it can be made anew' cpauto posts retry 2
ok 'and waits again' wait_for 10 sh -c "[ \"\$(sqlite3 -readonly -cmd '.timeout 5000' $T/state/state.db 'SELECT state FROM posts WHERE id = 2')\" = waiting ]"
cpauto posts approve 99 >"$T/err" 2>&1
rc=$?
ok 'an impossible wish is refused' test $rc -ne 0
is 'in one line' "$(wc -l <"$T/err")" 1
like 'explain says why' "$(cpauto explain 3)" 'approv'
is 'one folder' "$(folders)" 1
for c in status queue posts calls plan 'explain 가습기' check show-config 'posts show 1'; do
  # shellcheck disable=SC2086
  cpauto $c --json >"$T/json" 2>/dev/null
  ok "$c --json is JSON with a version" jq -e '.version == 1' "$T/json"
done
stop TERM

# ---- prices that grew old: explain tells what they wait for, as it is now
change() { sqlite3 "$T/state/state.db" "$1"; }
change "UPDATE posts SET facts_ms = facts_ms - 300000000, next_ms = created_ms, seal = NULL,
  state = CASE id WHEN 2 THEN 'planned' ELSE 'ready' END, reason = NULL WHERE id IN (2, 3)"
said() { cpauto explain "$1" | tr '\n' ' ' | tr -s ' '; }
like 'it waits for another' "$(said 3)" 'prices they are of .*, too old to go out; those of post 2 are had first: cpauto explain 2'
like 'which waits for its keyword' "$(said 2)" "keyword '전기포트' of list '살핌' .* next "
change "UPDATE keywords SET due_ms = 1, fresh_ms = NULL"
like 'whose call may leave' "$(said 2)" 'budget .* calls left'
change "UPDATE keywords SET paused = 1 WHERE keyword = '전기포트'"
like 'a paused one is named' "$(said 2)" "it is paused; cpauto queue resume '전기포트'"
like 'and holds nobody back' "$(said 3)" 'too old to go out; new ones are had once it may go'
change "UPDATE keywords SET paused = 1 WHERE keyword = '가습기'"
like 'its own too' "$(said 3)" "it is paused; cpauto queue resume '가습기'"
change "DELETE FROM keywords WHERE keyword = '전기포트'"
like 'one that is gone as well' "$(said 2)" "'전기포트' is in list '살핌' no more; the post is given up when its turn comes"
