#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# What keeps the daemon from its work: each is one line in the log and one for
# systemctl status, with what helps. And the account that one command line names.
. "$(dirname "$0")/lib.sh"

listen
export NOTIFY_SOCKET=$T/notify
status_is() { grep '^STATUS=' "$T/told" | tail -n 1 | grep -qE -- "$1"; }
lines() { grep -cE -- "$1" "$T/log"; }
fresh() { rm -rf "$T"/state/* "$T"/cache/* "$T"/out/*; : >"$T/told"; }
told() { # TEXT PATTERN-OF-STATUS PATTERN-OF-LOG: both, and the log says it once
  ok "$1: the status says it" wait_for 30 status_is "$2"
  is "$1: the log says it once" "$(lines "$3")" 1
}
start_fails() { # TEXT CODE PATTERN [COMMAND...]: it does not start, and both say why
  local text=$1 code=$2 pattern=$3
  shift 3
  : >"$T/told"
  "$@" timeout 20 "$B/cpautod" -c "$T/cpauto.conf" >"$T/log" 2>&1
  is "$text: exit code" $? "$code"
  ok "$text: the log says what helps" grep -qE -- "$pattern" "$T/log"
  ok "$text: so does the status" wait_for 30 status_is "$pattern"
}

sandbox
export CPAUTO_TEST_SYNCED=1

# ---- keys: none, unreadable, and there at last
conf
sed -i 's/access_key_file = [^;]*; secret_key_file = [^;]*;//' "$T/cpauto.conf"
fresh
daemon
told 'no keys' '^STATUS=10 of 10 calls left, no call: no access key: run: sudo install .*/etc/credstore/coupang.access-key && sudo systemctl restart cpauto;' \
  'no call is made, and none is counted: no access key'
like 'cpauto status says the same' "$(cpauto status | tr '\n' ' ' | tr -s ' ')" 'Keys no access key: run: sudo install'
like 'explain too' "$(cpauto explain 전기포트 | tr '\n' ' ' | tr -s ' ')" 'keys no access key'
is 'no token is taken' "$(sql 'SELECT count(*) FROM calls')" 0
is 'a monitor is warned' "$(cpauto check --warn-unposted 24h >"$T/said"; echo $?)" 1
ok 'and the metrics have it' grep -qx 'cpauto_source_keys_missing 1' <(cpauto status --prometheus)
mv "$T/keys/secret" "$T/keys/aside"
conf
: >"$T/log"
kill -HUP "$DAEMON"
told 'a key that is not there after a reload' "no call: no secret key: $T/keys/secret: no such file; .*chmod 600" "none is counted: no secret key: $T/keys/secret: no such file"
chmod 644 "$T/keys/aside"
mv "$T/keys/aside" "$T/keys/secret"
told 'one that others can read' "no call: .*is open to other users.*run: chmod 600 $T/keys/secret" 'none is counted: .*is open to other users'
is 'still no call' "$(stats .total)" 0
chmod 600 "$T/keys/secret"
ok 'once it is fit the posts come out, by themselves' wait_for 30 has_posts published 2
is 'each for one call' "$(stats .total)" 2
ok 'the log says that it goes on' grep -q 'the keys are there' "$T/log"
stop TERM

# ---- a publisher's secret
fresh
curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
conf
sed -i "s|directory = |password_file = \"$T/later/password\"; directory = |" "$T/cpauto.conf"
daemon
told 'a secret of a publisher' '2 posts ready' "publisher 'outbox' lacks a secret: $T/later/password: no such file; "
is 'no attempt is counted' "$(sql 'SELECT max(attempts) FROM posts')" 0
like 'cpauto status says what is missing' "$(cpauto status | tr '\n' ' ' | tr -s ' ')" "'outbox' needs you: $T/later/password: no such"
mkdir -m 700 "$T/later"
printf 'secret\n' >"$T/later/password"
ok 'once it is there the posts go on' wait_for 30 has_posts published 2
stop TERM

# ---- the clock
fresh
curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
conf
CPAUTO_TEST_SYNCED=0 daemon
told 'a clock that is not synchronised' 'clock not synchronised: timedatectl set-ntp true' 'the clock is not synchronised: .*timedatectl set-ntp true'
ok 'it goes on all the same' wait_for 30 has_posts published 2
stop TERM
is 'when it is synchronised nothing is said' "$(once; grep -c 'synchronised' "$T/log")" 1

# ---- the configuration
conf
sed -i 's/every = "1d"/evry = "1d"/' "$T/cpauto.conf"
start_fails 'a wrong configuration' 78 'cpauto.conf:[0-9]+.*evry.*every'
: >"$T/told"
"$B/cpautod" -c "$T/cpauto.conf" --check >"$T/log" 2>&1
is 'the check of a unit: exit code' $? 78
ok 'the check of a unit: the status says it' wait_for 30 status_is 'cpauto.conf:[0-9]+.*evry'
conf
daemon
: >"$T/told"
ok 'a status of the check before is replaced by a reload' sh -c 'kill -HUP "$1"' sh "$DAEMON"
ok 'by what is in force' wait_for 30 status_is ' of 10 calls left'
stop TERM

# ---- the state folder; what needs other mounts is done in a namespace of its own
if unshare -m true 2>/dev/null; then
  own=(unshare -m)
elif unshare -rm true 2>/dev/null; then
  own=(unshare -rm)
else
  n=$((n + 1))
  echo "ok $n - # skip no mount namespace can be had"
  exit 0
fi
mounted() { # mounted MOUNT-COMMAND COMMAND...
  local mount=$1
  shift
  "${own[@]}" sh -c "$mount && exec \"\$@\"" sh "$@"
}
fresh
start_fails 'a state folder that is read-only' 73 'state.lock: the folder is read-only; .*findmnt -T' \
  mounted "mount --bind '$T/state' '$T/state' && mount -o remount,bind,ro '$T/state'"
start_fails 'a disk that is full' 74 'the disk is full; make room .df -h' \
  mounted "mount -t tmpfs -o size=64k tmpfs '$T/state' && head -c 61440 /dev/zero >'$T/state/ballast'"

# It fills up while the daemon runs.
fresh
curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
volatile() {
  : >"$T/log"
  "${own[@]}" sh -c "mount -t tmpfs -o size=1m tmpfs '$T/state' && exec \"\$@\"" sh \
    "$B/cpautod" -c "$T/cpauto.conf" >>"$T/log" 2>&1 & # by its own pid
  DAEMON=$!
  pids+=("$DAEMON")
  wait_for 10 grep -q 'is ready' "$T/log"
}
volatile
told 'a state in memory' 'a reboot forgets calls and posts: put the state on a disk' "$T/state is in memory: .*use a folder on a disk .findmnt -T"
ok 'it works all the same' wait_for 10 grep -q 'post 2 is out' "$T/log"
like 'the check says it too' "$(mounted "mount -t tmpfs tmpfs '$T/state'" "$B/cpautod" -c "$T/cpauto.conf" --check 2>&1)" 'is in memory: after a reboot'
like 'and the check of the CLI' "$(mounted "mount -t tmpfs tmpfs '$T/state'" "$B/cpauto" -c "$T/cpauto.conf" check | tr '\n' ' ' | tr -s ' ')" 'is in memory: after a reboot'
head -c 2000000 /dev/zero >"/proc/$DAEMON/root$T/state/ballast" 2>/dev/null
cp "$T/cpauto.conf" "$T/x"
sed 's/"전기포트"/"전기포트", "가습기"/' "$T/x" >"$T/cpauto.conf"
: >"$T/log"
kill -HUP "$DAEMON"
ok 'a disk that fills up: the log says what helps' wait_for 10 grep -q 'the disk is full; make room (df -h' "$T/log"
is 'and no call was made' "$(stats .total)" 2
stop TERM

# ---- an account
fresh
tree_of() { # the folders of an installed account, over those of this machine
  echo "mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /var/cache && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /mnt &&
    mkdir -p /var/lib/cpauto/shop /var/cache/cpauto/shop /run/cpauto/shop /mnt/etc && cp -r /etc/. /mnt/etc/ && mount --bind /mnt/etc /etc &&
    mkdir -p /etc/cpauto /etc/credstore && chmod 755 /etc/cpauto && cp '$T/cpauto.conf' /etc/cpauto/shop.conf && cp '$T/cpauto.conf' /etc/cpauto/other.conf"
}
conf
sed -i 's/access_key_file = [^;]*; secret_key_file = [^;]*;//' "$T/cpauto.conf"
cat >"$T/account.sh" <<'END'
unset STATE_DIRECTORY CACHE_DIRECTORY RUNTIME_DIRECTORY
STATE_DIRECTORY=/var/lib/cpauto/shop CACHE_DIRECTORY=/var/cache/cpauto/shop RUNTIME_DIRECTORY=/run/cpauto/shop \
  "$B/cpautod" -c /etc/cpauto/shop.conf --once 2>&1 | sed 's/^/daemon: /'
STATE_DIRECTORY=/nowhere "$B/cpauto" --account shop status --json | jq -r '"state: " + .daemon.state_directory'
"$B/cpauto" -a shop status | tr '\n' ' ' | tr -s ' '; echo
"$B/cpauto" --account none status; echo "none: $?"
"$B/cpauto" --account ../x status; echo "wrong: $?"
printf 'k\n' >/etc/credstore/shop.coupang.access-key; chmod 600 /etc/credstore/shop.coupang.access-key
"$B/cpauto" -a shop check | tr '\n' ' ' | tr -s ' '; echo
. "$tree/etc/completion/cpauto.bash"
compopt() { :; }
COMP_WORDS=(cpauto --account s) COMP_CWORD=2
_cpauto
echo "completed: ${COMPREPLY[*]}"
COMP_WORDS=(cpauto --account shop sta) COMP_CWORD=3
_cpauto
echo "completed: ${COMPREPLY[*]}"
command -v zsh >/dev/null && zsh -fc 'compdef() { :; }; _arguments() { :; }; source "$1" 2>/dev/null; compadd() { shift; print "zsh: ${(P)1}"; }; _cpauto_accounts' zsh "$tree/etc/completion/_cpauto"
END
export B tree
mounted "$(tree_of)" bash "$T/account.sh" >"$T/said" 2>&1
has() { like "$1" "$(cat "$T/said")" "$2"; }
has 'an account: the daemon names its key' 'daemon: .*/etc/credstore/shop.coupang.access-key && sudo systemctl restart cpauto@shop;'
has 'an account: the CLI looks at its state, whatever the variables say' '^state: /var/lib/cpauto/shop$'
has 'an account: and names its unit' 'not running; start it: systemctl start cpauto@shop'
has 'an account: one that is not there is said so' "there is no account 'none': /etc/cpauto/none.conf does not exist"
has 'an account: with the code of a file that is missing' '^none: 66$'
has 'an account: a name that is none' '^wrong: 64$'
has 'an account: check sees what its unit will have' 'access key: the unit takes it from /etc/credstore/shop.coupang.access-key'
has 'an account: and what not' 'no secret key: put it in /etc/credstore/shop.coupang.secret-key'
has 'an account: bash completes its name' '^completed: shop$'
has 'an account: and the command behind it' '^completed: status$'
command -v zsh >/dev/null && has 'an account: zsh does' '^zsh: other shop$'
true
