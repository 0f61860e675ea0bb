#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The agents naver-openapi and naver-cafe through the daemon: each post is one
# request, tokens are refreshed and kept, what is not known is looked for.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all 'python3 is not there'

echo good >"$T/mode"
: >"$T/gate.log"
"$tree/tests/gateway" "$T/gate.port" "$T/gate.log" "$T/mode" >"$T/gate.out" 2>&1 &
pids+=($!)
wait_for 10 test -s "$T/gate.port" || { echo 'Bail out! no gateway'; cat "$T/gate.out"; exit 1; }
GATE=http://127.0.0.1:$(cat "$T/gate.port")
requests() { grep -c "^$1" "$T/gate.log"; }
keys() { # the access token is as old as this many seconds
  echo "${2:-gateway-1}" >"$T/keys/at"
  echo refresh-1 >"$T/keys/rt"
  echo the-id >"$T/keys/id"
  echo the-word >"$T/keys/word"
  touch -d "@$(($(date +%s) - $1))" "$T/keys/at"
}
publish() { # AGENT MORE: a configuration with this publisher
  conf "lists = ( { name = \"주방\"; keywords = [ $3 ]; every = \"1d\"; category = \"주방\"; publisher = \"outbox\"; } );"
  sed -i "s|^publishers = .*|publishers = ( { name = \"outbox\"; agent = \"$1\"; endpoint = \"$GATE\"; token_endpoint = \"$GATE/oauth2.0/token\"; access_token_file = \"$T/keys/at\"; refresh_token_file = \"$T/keys/rt\"; client_id_file = \"$T/keys/id\"; client_secret_file = \"$T/keys/word\"; request_timeout = \"5s\"; timeout = \"20s\"; $2 } );|" "$T/cpauto.conf"
}
later() { # MINUTES: a run at that time
  CPAUTO_TEST_WALL_OFFSET=$(($1 * 60000)) CPAUTO_TEST_BOOT_OFFSET=$(($1 * 60000)) once
}
anew() {
  rm -rf "$T"/state/* "$T"/cache/*
  curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
  : >"$T/gate.log"
  : >"$T/log"
}

sandbox
keys 4000
publish naver-openapi "feed = \"$GATE/rss\"; open_type = \"closed\";" '"에어프라이어", "전기포트"'
is 'check is content' "$(cpauto check >"$T/said" 2>&1; echo $?)" 0
is 'and asks nothing' "$(wc -l <"$T/gate.log")" 0
ok 'a run with an old token' once
is 'two posts are out' "$(posts published)" 2
is 'by one request each' "$(requests blog)" 2
is 'after one refresh' "$(requests token)" 1
is 'with the refresh token' "$(grep -m1 '^token' "$T/gate.log")" 'token refresh-1'
is 'the new token is kept' "$(cat "$T/keys/at")" gateway-2
is 'the refresh token too' "$(cat "$T/keys/rt")" refresh-1
is 'for us alone' "$(stat -c %a "$T/keys/at")" 600
is 'the addresses are kept' "$(sql 'SELECT count(*) FROM posts WHERE url LIKE "https://blog.example/%"')" 2
ok 'pictures went as parts' grep -aq 'name="image"; filename="0.jpg"' "$T/gate.log.last"
ok 'to their places' grep -aq "<img src='#0'/>" "$T/gate.log.last"
ok 'in the right category' grep -azq $'name="categoryNo"\r\n\r\n7' "$T/gate.log.last"
like 'no token is in the log' "$(grep -cE 'gateway-|refresh-1|the-word' "$T/log")" '^0$'

# ---- the connection dies after the post: it is looked for, never sent again
anew
echo die >"$T/mode"
publish naver-openapi "feed = \"$GATE/rss\"; category_no = 7;" '"가습기"'
ok 'a run that loses the answer' once
is 'the end is not known' "$(posts unknown)" 1
is 'one request' "$(requests blog)" 1
echo good >"$T/mode"
later 2
is 'the feed shows it' "$(posts published)" 1
is 'it was looked for' "$(requests feed)" 1
is 'and still sent once' "$(requests blog)" 1

# ---- the connection dies before the post: sent again when it is surely not there
anew
echo lose >"$T/mode"
publish naver-openapi "feed = \"$GATE/rss\"; category_no = 7;" '"토스터"'
ok 'a run whose post is lost' once
echo good >"$T/mode"
later 2
is 'once not seen is not enough' "$(posts unknown)" 1
later 50
is 'seen missing twice it is sent again' "$(posts published)" 1
is 'by a second request' "$(requests blog)" 2

# ---- a token that is not taken: refreshed, then the post
anew
keys 1000 gateway-0
publish naver-openapi 'category_no = 7;' '"가습기"'
once
is 'the post waits' "$(posts ready)" 1
later 10
is 'and goes out in the end' "$(posts published)" 1
is 'the refused request published nothing, the second did' "$(requests blog)" 2
is 'with one refresh between' "$(requests token)" 1

# ---- Naver's own host
anew
publish naver-openapi '' '"가습기"'
sed -i 's|endpoint = "http://[^"]*"; token|endpoint = "https://openapi.naver.com"; token|' "$T/cpauto.conf"
once
like "Naver's own host is refused" "$(cat "$T/log")" '2020-05-06'
is 'the post is kept' "$(posts ready)" 1

# ---- the cafe
anew
publish naver-cafe 'clubid = 12; menuid = 3; images = false; per_day = 200;' '"가습기"'
ok 'an article' once
is 'is out' "$(posts published)" 1
ok 'its text is encoded twice' grep -q 'subject=%25' "$T/gate.log.last"
is 'by one request' "$(requests cafe)" 1
anew
echo die >"$T/mode"
once
echo good >"$T/mode"
later 2
is 'where nothing can be looked for, the owner is asked' "$(posts parked)" 1
like 'and told how' "$(cpauto explain 1)" 'settle'
is 'it is not sent again' "$(requests cafe)" 1
anew
echo spam >"$T/mode"
once
is 'what goes to the spam box is given up' "$(posts refused)" 1
like 'with the reason' "$(sql 'SELECT reason FROM posts')" 'spam box'
once
is 'and never sent again' "$(requests cafe)" 1
anew
echo quota >"$T/mode"
once
is 'over the quota it waits' "$(posts ready)" 1
like 'with the reason' "$(sql 'SELECT reason FROM posts')" 'quota'
