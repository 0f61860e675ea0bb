#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# What is wrong, huge, truncated or hostile gets one line with the remedy; the
# daemon goes on or does not start; nothing is lost.
. "$(dirname "$0")/lib.sh"

sandbox
refused() { # TEXT CODE PATTERN: the daemon does not start
  timeout 20 "$B/cpautod" -c "$T/cpauto.conf" --once >"$T/said" 2>&1
  is "$1: exit code" $? "$2"
  like "$1: says what and how to mend it" "$(cat "$T/said")" "$3"
}
conf
rm "$T/cpauto.conf"
refused 'no configuration' 78 'cpauto.conf'
head -c 200000 /dev/urandom >"$T/cpauto.conf"
refused 'noise for a configuration' 78 'cpauto.conf'
conf
head -c 300 "$T/cpauto.conf" >"$T/x" && cp "$T/x" "$T/cpauto.conf"
refused 'a configuration cut short' 78 'cpauto.conf:[0-9]+'
conf 'lists = ( { name = "a"; keywords = [ "가" "나" ]; publisher = "outbox"; } );'
refused 'a missing comma' 78 'comma'
conf 'lists = ( { name = "a"; keywords = [ "가" ]; template = "없음"; publisher = "outbox"; } );'
refused 'an unknown template' 78 '없음'

conf
chmod 644 "$T/keys/secret"
ok 'a key that others can read: the daemon goes on' once
like 'but makes no call, and says how to mend it' "$(cat "$T/log")" "chmod 600 $T/keys/secret"
is 'nothing was asked' "$(stats .total)" 0
chmod 600 "$T/keys/secret"
rm -rf "$T"/state/* "$T"/cache/*

ok 'a good run' once
is 'makes two posts' "$(posts published)" 2
cp "$T/state/state.db" "$T/good.db"
printf 'garbage' | dd of="$T/state/state.db" bs=1 conv=notrunc status=none
cp "$T/state/state.db" "$T/damaged.db"
total=$(stats .total)
refused 'a damaged state.db' 65 'state.db'
ok 'the damaged file is kept as it is' cmp "$T/state/state.db" "$T/damaged.db"
is 'and no call was made' "$(stats .total)" "$total"
cp "$T/good.db" "$T/state/state.db"
printf 'garbage' >"$T/cache/cache.db"
ok 'a damaged cache.db is made anew' once
ok 'and is whole' test "$(sqlite3 "$T/cache/cache.db" 'PRAGMA quick_check')" = ok
sqlite3 "$T/state/state.db" 'PRAGMA user_version = 99'
refused 'a state.db of a newer version' 65 'version'
cp "$T/good.db" "$T/state/state.db"

mkdir -p "$T/agents"
ln -sf "$B/agents/coupang" "$T/agents/coupang"
export CPAUTO_TEST_DIR=$T
agent() { cat >"$T/agents/outbox"; chmod +x "$T/agents/outbox"; }
try() { # TEXT STATE: a publisher that answers like this
  rm -rf "$T"/state/* "$T"/cache/*
  curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
  conf 'lists = ( { name = "a"; keywords = [ "가습기" ]; publisher = "outbox"; } );'
  timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --agents "$T/agents" --once >"$T/log" 2>&1
  is "$1: the daemon ends well" $? 0
  is "$1: the post" "$(sql 'SELECT state FROM posts')" "$2"
}
agent <<'E2'
#!/bin/sh
cat >/dev/null; echo '{"v":1,"result":"ok","id":"7"'
E2
try 'an answer cut short' unknown
agent <<'E2'
#!/bin/sh
cat >/dev/null; head -c 20000000 /dev/zero
E2
try 'an answer without end' unknown
agent <<'E2'
#!/bin/sh
kill -SEGV $$
E2
try 'a crash' unknown
agent <<'E2'
#!/bin/sh
cat >/dev/null; echo '{"v":1,"result":"refused","reason":"too long for us"}'
E2
try 'refused' refused
like 'with its words' "$(sql 'SELECT reason FROM posts')" 'too long for us'
rm "$T/agents/outbox"
try 'no such agent' ready
like 'with the remedy' "$(cat "$T/log")" 'outbox'
