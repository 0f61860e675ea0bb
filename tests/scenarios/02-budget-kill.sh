#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Three windows of a shortened hour with a kill -9 and a restart in the middle:
# exactly the calls that the budget allows, as the server counts them.
. "$(dirname "$0")/lib.sh"

WINDOW=4s MARGIN=1s CALLS=5
sandbox --window 4s --calls 5
words=$(for i in $(seq 60); do printf '"검색어 %d", ' "$i"; done)
conf "lists = ( { name = \"많다\"; keywords = [ ${words%, } ]; every = \"30d\"; publisher = \"outbox\"; } );"
daemon
ok 'the first window is spent' wait_for 10 test "$(stats .accepted)" -ge 0
wait_for 10 sh -c "test \"\$(curl -s $URL/_sandbox/stats | jq .accepted)\" -ge 7"
stop KILL
is 'the daemon was killed' "$RC" 137
before=$(stats .accepted)
: >"$T/log"
daemon
wait_for 20 sh -c "test \"\$(curl -s $URL/_sandbox/stats | jq .accepted)\" -ge 15"
is 'never more than five in a window' "$(stats .max_in_window)" 5
is 'the server refused none' "$(stats .refused)" 0
is 'no strike' "$(stats .strikes)" 0
ok 'it went on after the kill' test "$(stats .accepted)" -gt "$before"
stop TERM
is 'it ends cleanly' "$RC" 0
calls=$(stats .accepted)
is 'the ledger has what the server counted' "$(sql 'SELECT count(*) FROM calls')" "$calls"
is 'no post twice' "$(sql 'SELECT count(*) - count(DISTINCT keyword) FROM posts')" 0
