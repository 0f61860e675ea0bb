#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Three windows of a shortened hour with a kill -9 and a restart in the middle:
# exactly the calls that the budget allows, as the server counts them.
. "$(dirname "$0")/lib.sh"

WINDOW=4s MARGIN=1s CALLS=5
sandbox --window 4s --calls 5
words=$(for i in $(seq 60); do printf '"검색어 %d", ' "$i"; done)
conf "lists = ( { name = \"많다\"; keywords = [ ${words%, } ]; every = \"30d\"; limit = 1; template = \"single\"; publisher = \"outbox\"; } );"
daemon
ok 'the first window is spent' wait_for 10 test "$(stats .accepted)" -ge 0
wait_for 10 sh -c "test \"\$(curl -s $URL/_sandbox/stats | jq .accepted)\" -ge 7"
stop KILL
is 'the daemon was killed' "$RC" 137
before=$(stats .accepted)
: >"$T/log"
daemon
wait_for 20 sh -c "test \"\$(curl -s $URL/_sandbox/stats | jq .accepted)\" -ge 15"
# A machine that is busy with other things needs more windows to use one up.
ok 'a window is used up' wait_for 90 sh -c "test \"\$(curl -s $URL/_sandbox/stats | jq .max_in_window)\" -ge 5"
is 'never more than five in a window' "$(stats .max_in_window)" 5
is 'the server refused none' "$(stats .refused)" 0
is 'no strike' "$(stats .strikes)" 0
ok 'it went on after the kill' test "$(stats .accepted)" -gt "$before"
stop TERM
is 'it ends cleanly' "$RC" 0
calls=$(stats .accepted)
# One that was ended with the daemon may stand in the ledger and not have left.
ledger=$(sql 'SELECT count(*) FROM calls')
ok 'the ledger has what the server counted' test "$ledger" -ge "$calls" -a "$ledger" -le $((calls + 2))
is 'no post twice' "$(sql 'SELECT count(*) - count(DISTINCT keyword) FROM posts')" 0
