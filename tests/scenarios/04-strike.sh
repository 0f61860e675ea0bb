#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Somebody else spends the same key's calls: the answer is a strike. One stops
# until the time it names, the second for good, through restarts.
. "$(dirname "$0")/lib.sh"

sandbox --calls 1 --window 1h
conf
ok 'the second call is over the limit of the server' once
is 'a strike was counted by the server' "$(stats .strikes)" 1
is 'it is known' "$(sql 'SELECT strikes, hard, blocked FROM account')" '1|0|1'
like 'with the words of the server' "$(sql 'SELECT reason FROM account')" '시간당 사용 횟수'
total=$(stats .total)
ok 'a restart' once
is 'makes no call' "$(stats .total)" "$total"
like 'status says so' "$(cpauto status)" '(blocked|막)'
cp "$T/state/state.db" "$T/before.db"
# A second strike, as if the block had been lifted too early.
sqlite3 "$T/state/state.db" 'UPDATE account SET blocked = 0, block_ms = 0, seal = NULL; UPDATE keywords SET due_ms = 0'
ok 'once more' once
is 'the second strike stops for good' "$(sql 'SELECT strikes, hard FROM account')" '2|1'
total=$(stats .total)
sqlite3 "$T/state/state.db" 'UPDATE account SET block_ms = 0, seal = NULL; UPDATE keywords SET due_ms = 0'
ok 'even when the time is over' once
is 'no call' "$(stats .total)" "$total"
sqlite3 "$T/state/state.db" "UPDATE keywords SET due_ms = 1000 * (unixepoch() + 86400)"
daemon
ok 'until the owner says so' cpauto unblock
is 'unblocked' "$(sql 'SELECT strikes, hard, blocked FROM account')" '0|0|0'
stop
