#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The life of the daemon: ready, status, reload, a second one, an end within
# 5 s while an agent hangs, no agent left behind by a kill.
. "$(dirname "$0")/lib.sh"

sandbox
conf
mkdir "$T/agents"
ln -s "$B/agents/outbox" "$B/agents/coupang" "$T/agents/"

listen
export NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=2000000

daemon
ok 'it tells that it is ready' wait_for 5 grep -q '^READY=1' "$T/told"
ok 'the posts come out' wait_for 10 has_posts published 2
ok 'its status is a sentence' wait_for 5 grep -qE '^STATUS=8 of 10 calls left, next at [0-9]{2}:[0-9]{2} for' "$T/told"
ok 'the watchdog is answered' wait_for 5 grep -q '^WATCHDOG=1' "$T/told"
unset NOTIFY_SOCKET WATCHDOG_USEC # of the daemons after this one

timeout 10 "$B/cpautod" -c "$T/cpauto.conf" >"$T/second" 2>&1
is 'a second daemon on the same state is refused' $? 75
like 'and says why' "$(cat "$T/second")" 'another cpautod runs'

cp "$T/cpauto.conf" "$T/good.conf"
sed -i 's/every = "1d"/evry = "1d"/' "$T/cpauto.conf"
: >"$T/log"
kill -HUP "$DAEMON"
ok 'a bad file is not taken' wait_for 5 grep -q 'the configuration in force stays' "$T/log"
like 'with file, line, key and a hint' "$(cat "$T/log")" "cpauto.conf:[0-9]+.*evry.*every"
sed 's/"전기포트"/"전기포트", "가습기"/' "$T/good.conf" >"$T/cpauto.conf"
kill -HUP "$DAEMON"
ok 'a good one is' wait_for 5 grep -q 'is in force' "$T/log"
ok 'and its new keyword is posted' wait_for 10 has_posts published 3
is 'for one call more' "$(stats .total)" 3

like 'cpauto sees the daemon' "$(cpauto status)" 'running'
cpauto queue now 가습기 >"$T/now" 2>&1
is 'a request is answered' $? 0
stop TERM
is 'it ends cleanly' "$RC" 0
ok 'and tells that it stops' grep -q '^STOPPING=1' "$T/told"
ok 'and says what it did' grep -q 'cpautod ends: 3 calls' "$T/log"

# An agent that hangs, with a grandchild that has left the group.
cat >"$T/agents/hang" <<'END'
#!/bin/sh
setsid sh -c 'echo $$ >"$CPAUTO_TEST_DIR/grandchild"; exec sleep 600' &
echo $$ >"$CPAUTO_TEST_DIR/agent"
echo 'I hang' >&2
exec sleep 600
END
chmod +x "$T/agents/hang"
export CPAUTO_TEST_DIR=$T
gone() { ! kill -0 "$(cat "$T/agent")" 2>/dev/null && ! kill -0 "$(cat "$T/grandchild")" 2>/dev/null; }
fresh() { rm -rf "$T"/state/* "$T"/cache/* "$T/agent" "$T/grandchild"; : >"$T/log"; }

fresh
AGENT=hang
conf
daemon --agents "$T/agents"
ok 'the agent hangs' wait_for 10 test -s "$T/grandchild"
ok 'its words are in the log' wait_for 5 grep -q 'hang.*I hang\|I hang' "$T/log"
from=$(date +%s%N)
stop TERM
took=$((($(date +%s%N) - from) / 1000000))
is 'SIGTERM ends it all the same' "$RC" 0
ok "within 5 s ($took ms)" test "$took" -lt 5000
ok 'no agent is left' wait_for 5 gone
is 'the post is unknown, not lost' "$(sql "SELECT state FROM posts ORDER BY id LIMIT 1")" unknown

fresh
daemon --agents "$T/agents"
wait_for 10 test -s "$T/grandchild"
stop KILL
ok 'a killed daemon leaves no agent behind' wait_for 5 gone
is 'the post is still sending' "$(sql "SELECT state FROM posts ORDER BY id LIMIT 1")" sending
: >"$T/log"
daemon --agents "$T/agents"
ok 'the next start knows' grep -q 'being published when the daemon last ended' "$T/log"
like 'and holds it for unknown' "$(sql "SELECT state FROM posts ORDER BY id LIMIT 1")" 'unknown'
stop TERM

fresh
PUBLISH_TIMEOUT=1s
conf
daemon --agents "$T/agents"
ok 'a time-out makes the post unknown' wait_for 10 has_posts unknown 1
ok 'and leaves nothing running' wait_for 5 gone
like 'the log says so' "$(cat "$T/log")" 'may be out or not'
stop TERM
