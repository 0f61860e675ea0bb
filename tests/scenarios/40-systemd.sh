#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154,SC2016
# The package under a real systemd: installed, started, reloaded, watched, killed,
# rebooted, twice at once, upgraded, purged. The stand-in server counts the calls.
. "$(dirname "$0")/lib.sh"
. "$tree/tests/systemd/lib.sh"

system_needs
system_image
system_package
system_root
boot

put() { # put FILE-IN-THE-CONTAINER: from standard input
  in_root sh -c 'cat >"$1.new" && mv "$1.new" "$1"' put "$1"
}
config() { # config FILE LISTS [MORE]
  put "$1" <<END
coupang: { endpoint = "http://127.0.0.1:8888"; };
hours: { active = "00:00-24:00"; };
budget: { pace = "0s"; };
lists = ( $2 );
publishers = ( { name = "outbox"; agent = "outbox"; directory = "${3:-/var/lib/cpauto/outbox}"; } );
END
}
kitchen='{ name = "주방"; keywords = [ "에어프라이어", "전기포트" ]; every = "1d"; publisher = "outbox"; }'
more='{ name = "주방"; keywords = [ "에어프라이어", "전기포트", "가습기" ]; every = "1d"; publisher = "outbox"; }'
outbox() { in_root sh -c 'ls -d '"${1:-/var/lib/cpauto/outbox}"'/*/post.html 2>/dev/null | wc -l'; }
has_outbox() { [ "$(outbox "${2:-}")" -ge "$1" ]; }
status() { in_root systemctl status --no-pager -l -n 0 "${1:-cpauto}"; }
says() { journal -u "${1:-cpauto}" | grep -qE "$2"; }
main_pid() { in_root systemctl show -P MainPID cpauto; }
restarts() { in_root systemctl show -P NRestarts cpauto; }
restarted() { [ "$(restarts)" -ge "$1" ] && unit_is cpauto active; }

cp "$DEB" "$ROOT/root/cpauto.deb"
cp "$OLD_DEB" "$ROOT/root/cpauto-old.deb"

# ---- installed
ok 'the package installs' in_root dpkg -i /root/cpauto-old.deb
is 'its user is there' "$(in_root getent passwd cpauto | cut -d: -f6)" /var/lib/cpauto
is 'nothing is enabled' "$(in_root systemctl is-enabled cpauto)" disabled
is 'nothing runs' "$(in_root systemctl is-active cpauto)" inactive
for unit in cpauto.service cpauto@shop.service; do
  ok "$unit verifies" in_root systemd-analyze verify --man=no "/lib/systemd/system/${unit/shop/}"
  # It knows no number with a point: 10 is 1.0.
  ok "$unit is exposed by 1.0 at most" in_root systemd-analyze security --offline=true --threshold=10 "/lib/systemd/system/${unit/shop/}"
done

# ---- without keys
config /etc/cpauto.conf "$kitchen"
ok 'it starts without keys' in_root systemctl start cpauto
ok 'and says that it has none' wait_for 10 says cpauto 'no access.key'
shows() { status "${2:-cpauto}" >"$T/ok.shown"; grep -qE "Status: \"$1" "$T/ok.shown" || { cat "$T/ok.shown"; false; }; }
ok 'the status says so' wait_for 10 shows '.*(key|source failed)'

# ---- with keys as credentials
system_sandbox
printf 'test-access\n' | put /etc/credstore/coupang.access-key
printf 'test-secret\n' | put /etc/credstore/coupang.secret-key
in_root chmod 600 /etc/credstore/coupang.access-key /etc/credstore/coupang.secret-key
ok 'it starts with keys' in_root systemctl restart cpauto
in_root systemctl reload cpauto
ok 'and posts' wait_for 20 has_outbox 2
ok 'its status is a sentence' wait_for 20 shows '[0-9] of 10 calls left, (next at [0-9:]+ for|nothing is due)'
like 'the journal knows the keyword' "$(journal -u cpauto CPAUTO_KEYWORD=에어프라이어)" '에어프라이어.*calls left'
like 'and the post' "$(journal -u cpauto CPAUTO_POST=1)" 'post 1 is out'

# ---- the journal explains itself
explained() { IN_LANG=$1 in_root journalctl -q --no-pager -o short -u cpauto -x "${@:2}"; }
explained C.UTF-8 >"$T/journal.en"
explained ko_KR.UTF-8 >"$T/journal.ko"
like 'in English' "$(cat "$T/journal.en")" '^░░ Subject: Post 1 is out$'
like 'in Korean' "$(cat "$T/journal.ko")" '^░░ Subject: 글 1번이 나갔습니다$'
is 'both of the same lines' "$(grep -c '^░░ Subject:' "$T/journal.en")" "$(grep -c '^░░ Subject:' "$T/journal.ko")"
like 'with the command to run' "$(explained C.UTF-8 CPAUTO_EVENT=post-published)" '^░░     cpauto posts show 2$'
is 'and no name of a field in the place of what is in it' \
  "$(grep -hE '^░░.*(@|CPAUTO_[A-Z]+[^A-Z=])' "$T/journal.en" "$T/journal.ko")" ''
is 'in 80 columns' "$(grep -h '^░░' "$T/journal.en" "$T/journal.ko" | perl -CSD -ne \
  'chomp; my $w = () = /\p{Hangul}/g; print "$_\n" if length() + $w > 80')" ''
is 'each line of the daemon has its kind' \
  "$(in_root journalctl -q -u cpauto -o json | jq -r 'select(.SYSLOG_IDENTIFIER == "cpautod" and .MESSAGE_ID == null).MESSAGE')" ''
is 'a query by field finds what it should' \
  "$(journal -u cpauto CPAUTO_EVENT=post-published CPAUTO_PUBLISHER=outbox | grep -c 'is out')" 2
is 'and no more' "$(journal -u cpauto CPAUTO_EVENT=post-published CPAUTO_PUBLISHER=other)" ''
is 'the boot is told apart' "$(in_root sqlite3 /var/lib/cpauto/state.db 'SELECT DISTINCT taken_boot_id FROM calls' | tail -n 1)" \
  "$(in_root cat /proc/sys/kernel/random/boot_id)"
ok 'cpauto asks the daemon' in_root sh -c 'cpauto queue now 전기포트'
is 'no key is in the journal' "$(in_root journalctl --no-pager -o export | grep -acE 'test-secret')" 0
pid=$(main_pid)
is 'it sees only what it was given' "$(ls "/proc/$LEADER/root/proc/$pid/root" | tr '\n' ' ')" \
  'bin dev etc lib lib64 opt proc root run sbin srv sys tmp usr var '

# ---- reload
config /etc/cpauto.conf "$(sed 's/every/evry/' <<<"$more")"
in_root systemctl reload cpauto
is 'a bad file is refused by the reload' $? 1
like 'with its place and a hint' "$(journal -u cpauto)" 'cpauto.conf:[0-9]+.*evry'
is 'the daemon goes on' "$(main_pid)" "$pid"
config /etc/cpauto.conf "$more"
ok 'a good one is taken' in_root systemctl reload cpauto
ok 'and works' wait_for 20 has_outbox 3
is 'by the same process' "$(main_pid)" "$pid"

# ---- watchdog and kills: a restart grants nothing
in_root mkdir -p /etc/systemd/system/cpauto.service.d
printf '[Service]\nWatchdogSec=2\nRestartSec=100ms\n' | put /etc/systemd/system/cpauto.service.d/test.conf
in_root systemctl daemon-reload
in_root systemctl restart cpauto
before=$(system_stats .total)
kill -STOP "$(nsenter -t "$LEADER" -m -p sh -c 'true'; pgrep -P "$LEADER" -x cpautod)"
ok 'the watchdog restarts a process that hangs' wait_for 30 restarted 1
like 'and the journal says why' "$(journal -u cpauto)" 'Watchdog timeout|watchdog'
for i in 1 2 3; do
  kill -KILL "$(pgrep -P "$LEADER" -x cpautod)"
  wait_for 20 restarted $((i + 1))
done
ok 'a killed one is started again' restarted 4
is 'and no call was made for it' "$(system_stats .total)" "$before"
like 'the budget stands' "$(status)" "$((10 - before - 1)) of 10 calls left|$((10 - before)) of 10 calls left"

# ---- two accounts at once
config /etc/cpauto/shop.conf '{ name = "캠핑"; keywords = [ "텐트" ]; every = "1d"; publisher = "outbox"; }' /var/lib/cpauto/shop/outbox
for k in access secret; do
  in_root cp -p "/etc/credstore/coupang.$k-key" "/etc/credstore/shop.coupang.$k-key"
done
ok 'an instance starts beside it' in_root systemctl start cpauto@shop
ok 'and posts to its own place' wait_for 20 has_outbox 1 /var/lib/cpauto/shop/outbox
ok 'with its own budget' wait_for 10 shows '9 of 10 calls left' cpauto@shop
is 'the first goes on' "$(in_root systemctl is-active cpauto)" active
ok 'its state is its own' in_root test -s /var/lib/cpauto/shop/state.db
in_root systemctl stop cpauto@shop

# ---- upgrade with state
posts=$(in_root sqlite3 /var/lib/cpauto/state.db 'SELECT count(*) FROM posts')
pid=$(main_pid)
ok 'the next version installs' in_root dpkg -i /root/cpauto.deb
ok 'the running daemon is the new one' test "$(main_pid)" != "$pid"
ok 'and active' wait_for 10 unit_is cpauto active
is 'its posts are still known' "$(in_root sqlite3 /var/lib/cpauto/state.db 'SELECT count(*) FROM posts')" "$posts"
like 'an edited configuration stays' "$(in_root cat /etc/cpauto.conf)" '가습기'

# ---- encrypted credentials
for k in access secret; do
  in_root sh -c 'systemd-creds encrypt --name="coupang.$1-key" "/etc/credstore/coupang.$1-key" "/etc/credstore.encrypted/coupang.$1-key" &&
    rm "/etc/credstore/coupang.$1-key"' sh $k
done
in_root cp /usr/share/doc/cpauto/examples/encrypted-keys.conf /etc/systemd/system/cpauto.service.d/keys.conf
in_root systemctl daemon-reload
config /etc/cpauto.conf "$(sed 's/"가습기"/"가습기", "제습기"/' <<<"$more")"
ok 'it starts with encrypted keys' in_root systemctl restart cpauto
ok 'and makes a call with them' wait_for 20 has_outbox 4

# ---- reboot
in_root systemctl enable -q cpauto
total=$(system_stats .total)
power_off
boot
ok 'after a reboot it is there' wait_for 20 unit_is cpauto active
is 'and made no call that it had made' "$(system_stats .total)" "$total"
like 'nor forgot one' "$(status)" "[0-$((10 - total + 1))] of 10 calls left"
like 'the journal of before is still there' "$(in_root journalctl --list-boots | wc -l)" '^[2-9]'
is 'the server counted no more than 10 in any hour' "$(system_stats '.max_in_window // .total' | awk '{ print ($1 <= 11) }')" 1

# ---- gone
ok 'it is removed' in_root dpkg -r cpauto
is 'and stopped' "$(in_root systemctl is-active cpauto)" inactive
ok 'the configuration stays' in_root test -s /etc/cpauto.conf
like 'a purge says that the book of posts stays' "$(in_root env DEBIAN_FRONTEND=noninteractive dpkg -P cpauto 2>&1)" 'stays in /var/lib/cpauto'
ok 'and it does' in_root test -s /var/lib/cpauto/state.db
in_root dpkg -i /root/cpauto.deb >/dev/null 2>&1
in_root sh -c 'echo "cpauto cpauto/purge-state boolean true" | debconf-set-selections'
in_root env DEBIAN_FRONTEND=noninteractive dpkg -P cpauto >/dev/null 2>&1
ok 'where the owner says so, the state goes' in_root sh -c '! test -e /var/lib/cpauto'
is 'nor are explanations' "$(in_root journalctl --list-catalog | grep -c ' cpauto: ')" 0
is 'and nothing of the package is left' "$(in_root sh -c 'find /usr/libexec/cpauto /lib/systemd/system/cpauto* /usr/share/cpauto /var/cache/cpauto 2>/dev/null')" ''
