#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# What a monitor sees: the file of metrics, the same from the CLI, one line with the
# exit codes of a plugin, alerts that fire.
. "$(dirname "$0")/lib.sh"

rc() { "$@" >"$T/said" 2>&1; echo $?; }
metric() { grep -v '^#' "$T/metrics/cpauto.prom" | grep -F "$1 " | sed "s/.* //"; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
check_state() { cpauto check --warn-unposted 24h --crit-unposted 3d "$@"; }
monitoring="monitoring: { metrics_file = \"$T/metrics/cpauto.prom\"; };"
lists='lists = ( { name = "주방"; keywords = [ "에어프라이어", "전기포트" ]; every = "1d"; publisher = "outbox"; } );'

sandbox
conf "$lists" "$monitoring"
is 'without a state nothing is known' "$(rc check_state)" 3
like 'in one line' "$(cat "$T/said")" '^CPAUTO UNKNOWN - '
is 'and only one' "$(wc -l <"$T/said")" 1

# ---- a folder that is not there holds nothing up
daemon
ok 'the posts come out' wait_for 30 has_posts published 2
is 'one line says that the file cannot be written' "$(grep -c 'metrics_file must be in a folder' "$T/log")" 1
mkdir "$T/metrics"
ok 'a wish of any kind is an event' cpauto queue pause 전기포트
ok 'and the file is there at the next one' wait_for 10 test -s "$T/metrics/cpauto.prom"
is 'all may read it' "$(stat -c %a "$T/metrics/cpauto.prom")" 644
ok 'calls are counted by result' wait_for 10 metric_is 'cpauto_calls_total{result="ok"}' 2
is 'and left' "$(metric cpauto_budget_calls_left)" 8
is 'posts by state' "$(metric 'cpauto_posts{state="published"}')" 2
is 'keywords by list and state' "$(metric 'cpauto_keywords{list="주방",state="paused"}')" 1
is 'it is up' "$(metric cpauto_up)" 1
ok 'the publisher had a post out' test -n "$(metric 'cpauto_publisher_last_published_timestamp_seconds{publisher="outbox"}')"
same() { diff <(grep -vE '_event_|next_call' "$T/metrics/cpauto.prom") <(cpauto status --prometheus | grep -vE '_event_|next_call'); }
ok 'the CLI prints the same' same
is 'nothing but the file is left there' "$(find "$T/metrics" -mindepth 1 | wc -l)" 1

# Nothing changes, nothing is written: no wake-up and no event of its own.
before=$(stat -c '%i %Y' "$T/metrics/cpauto.prom")
kill -HUP "$DAEMON"
ok 'a reload that changes nothing' wait_for 10 grep -q 'is in force' "$T/log"
like 'the line of a monitor' "$(check_state)" '^CPAUTO OK - 8 of 10 calls left, posts published: 2\|unposted=0s;86400;259200;0 calls_left=8;;;0;10 strikes=0;;;0 waiting=0'
is 'writes nothing' "$(stat -c '%i %Y' "$T/metrics/cpauto.prom")" "$before"
is 'and is good' "$(rc check_state)" 0
is 'a time that is none is unknown' "$(rc cpauto check --warn-unposted soon)" 3
is 'as JSON' "$(check_state --json | jq -r .status)" OK

stop TERM
is 'at the end it says that it is down' "$(metric cpauto_up)" 0
ok 'as the CLI does' same
is 'which is critical' "$(rc check_state)" 2
like 'by name' "$(cat "$T/said")" '^CPAUTO CRITICAL - cpautod does not run'

# ---- what else is wrong, and how bad that is: under a daemon's lock, rows as they may be
daemon
edit() { sqlite3 -cmd '.timeout 5000' "$T/state/state.db" "$1"; }
now=$(date +%s)000
day=86400000
verdict() { # TEXT CODE PATTERN [OPTION...]
  local text=$1 code=$2 pattern=$3
  shift 3
  is "$text: the code" "$(rc check_state "$@")" "$code"
  like "$text: the line" "$(cat "$T/said")" "$pattern"
  is "$text: one line" "$(wc -l <"$T/said")" 1
}
edit "UPDATE posts SET seal = NULL, state = 'ready', next_ms = $now + $day, created_ms = $now - 26 * 3600000 WHERE id = 1"
verdict 'a post that is not out after a day' 1 '^CPAUTO WARNING - a post is not out after 1 d [23] h .ready.\|unposted=936[0-9]{2}s;86400;259200;0 '
verdict 'after three days' 2 '^CPAUTO CRITICAL - a post is not out after' --crit-unposted 25h
edit "UPDATE posts SET state = 'parked', created_ms = $now WHERE id = 1"
verdict 'a parked post' 1 '^CPAUTO WARNING - 1 post for you to settle.* parked=1'
edit "UPDATE posts SET state = 'published' WHERE id = 1"
edit "INSERT INTO publishers (name, broken, failures, reason) VALUES ('outbox', 1, 1, 'log | in')"
verdict 'a broken publisher' 1 "^CPAUTO WARNING - publisher 'outbox' needs you"
edit "DELETE FROM publishers"
edit "UPDATE account SET seal = NULL, strikes = 1, blocked = 1, block_ms = $day, block_wall = $now, block_boot = $(awk '{ printf "%d", $1 * 1000 }' /proc/uptime),
  block_synced = 1, block_boot_id = '$(cat /proc/sys/kernel/random/boot_id)'"
verdict 'a block' 1 '^CPAUTO WARNING - blocked by the server until .* strikes=1'
ok 'the same as a metric' grep -qx 'cpauto_account_blocked 1' <(cpauto status --prometheus)
edit "UPDATE account SET hard = 1"
verdict 'a stop' 2 '^CPAUTO CRITICAL - calls are stopped after 1 strikes'
ok 'unblock' cpauto unblock
verdict 'afterwards' 0 '^CPAUTO OK'
stop TERM
printf 'garbage' | dd of="$T/state/state.db" bs=1 conv=notrunc status=none
verdict 'a damaged state' 2 '^CPAUTO CRITICAL - .*damaged'
echo 'budget: { calls = 0; };' >>"$T/cpauto.conf"
verdict 'a wrong configuration' 3 '^CPAUTO UNKNOWN - .*cpauto.conf:'

# ---- Prometheus' own tool, where it is
if command -v promtool >/dev/null; then
  ok 'promtool takes the metrics' sh -c "promtool check metrics <'$T/metrics/cpauto.prom'"
  ok 'and the alerts' promtool check rules "$tree/etc/monitoring/cpauto.rules.yml"
  cp "$tree/etc/monitoring/cpauto.rules.yml" "$tree/tests/data/cpauto.rules.test.yml" "$T"
  ok 'which fire when they should' sh -c "cd '$T' && promtool test rules cpauto.rules.test.yml"
else
  n=$((n + 1))
  echo "ok $n - # skip promtool is not there"
fi
