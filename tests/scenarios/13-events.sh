#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Who wants to be told is told, once, at a pace; a reply decides about a post that
# waits, and nothing else does; a channel that fails or hangs holds nothing up.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all 'python3 is not there'

echo good >"$T/mode"
: >"$T/told"
"$tree/tests/channels" "$T/told.port" "$T/told" "$T/mode" >"$T/told.out" 2>&1 &
pids+=($!)
wait_for 10 test -s "$T/told.port" || { echo 'Bail out! no channels'; cat "$T/told.out"; exit 1; }
WEB=http://127.0.0.1:$(cat "$T/told.port")
printf 'tk_wordofntfy\n' >"$T/keys/ntfy"
printf '12345:AAbbCCdd-eeFF\n' >"$T/keys/bot"
printf '#!/bin/sh\ncat >>"%s"\n' "$T/mail" >"$T/sendmail"
chmod 700 "$T/sendmail"

told() { jq -c "select(.path | test(\"$1\"))" "$T/told"; }
count() { told "$1" | grep -c .; }
has_told() { [ "$(count "$1")" -ge "$2" ]; }
reply() { curl -s --noproxy '*' -X POST --data-raw "$1" "$WEB/reply" >/dev/null; }
word() { # ntfy or telegram: the word with which the last question there is answered
  if [ "$1" = ntfy ]; then told '^/$' | jq -r 'select(.body.actions).body.actions[0].body' | tail -n 1
  else told sendMessage | jq -r 'select(.body.reply_markup).body.reply_markup.inline_keyboard[0][0].callback_data' | tail -n 1; fi | sed 's/.* //'
}
ignored() { # N: so many replies through the telephone were ignored
  [ "$(grep -oE "[0-9]+ repl(y|ies) through '전화' ignored" "$T/log" | awk '{ n += $1 } END { print n + 0 }')" -ge "$1" ]
}
events() { # LISTS EVENTS: a configuration with them
  conf "$1" "events = ( $2 );"
}
phone() { echo "{ name = \"전화\"; agent = \"ntfy\"; url = \"$WEB\"; topic = \"my-topic\"; reply_topic = \"my-replies\"; token_file = \"$T/keys/ntfy\"; replies = \"approve\"; poll = \"1s\"; language = \"ko\"; timeout = \"5s\"; $1 }"; }
bot() { echo "{ name = \"bot\"; agent = \"telegram\"; url = \"$WEB\"; chat = \"42\"; token_file = \"$T/keys/bot\"; replies = \"approve\"; poll = \"1s\"; timeout = \"5s\"; $1 }"; }
manual='lists = ( { name = "살핌"; keywords = [ "에어프라이어", "전기포트", "가습기" ]; every = "1d"; approve = "manual"; publisher = "outbox"; } );'

sandbox
# ---- three posts wait; one is approved through each channel, one rejected
events "$manual" "$(phone 'on = [ "approval", "published" ];'), $(bot ''), { name = \"mail\"; agent = \"mail\"; to = \"me@example.org\"; sendmail = \"$T/sendmail\"; on = [ \"approval\", \"published\" ]; }"
ok 'check is content' cpauto check
is 'and asks nobody' "$(grep -c . "$T/told")" 0
daemon
ok 'each question is put by ntfy' wait_for 60 has_told '^/$' 3
ok 'and by Telegram' wait_for 60 has_told sendMessage 3
ok 'and by mail' wait_for 60 sh -c "[ \"\$(grep -c '^To: me@example.org' $T/mail)\" = 3 ]"
is 'with its token' "$(told '^/$' | jq -r .auth | sort -u)" 'Bearer tk_wordofntfy'
is 'in the language of its reader' "$(told '^/$' | jq -r .body.title | sort -u)" 'cpauto: 승인을 기다리는 글'
is 'with buttons' "$(told '^/$' | jq -c '[.body.actions[].label]' | sort -u)" '["승인","거절"]'
is 'no word that decides is in the state' "$(strings "$T/state/state.db" | grep -c "$(word ntfy)")" 0
wait_for 60 has_told my-replies 1

# ---- what does not count
reply "ntfy approve 0123456789abcdef0123456789abcdef"
reply "ntfy publish everything"
reply "telegram 43 approve $(word telegram)"
reply "ntfy approve $(word telegram)"
ok 'wrong replies are said' wait_for 60 ignored 2
is 'and change nothing' "$(posts waiting)" 3

# ---- what counts
approved=$(told '^/$' | jq -r 'select(.body.actions).body.message' | grep -oE 'show [0-9]+' | tail -n 1 | cut -d' ' -f2)
used=$(word ntfy)
reply "ntfy approve $used"
ok 'a reply approves its post' wait_for 60 has_posts published 1
is 'that one' "$(sql "SELECT state FROM posts WHERE id = $approved")" published
is 'and no other' "$(posts waiting)" 2
ok 'which is told' wait_for 60 sh -c "grep -q '답장 처리' $T/told"
reply "ntfy approve $used"
ok 'the same reply again is ignored' wait_for 60 ignored 3
is 'and changes nothing' "$(posts waiting)" 2
other=$(told sendMessage | jq -r 'select(.body.reply_markup) | select(.body.text | test("posts show '"$approved"'(\\n|$)") | not) | .body.reply_markup.inline_keyboard[0][1].callback_data' | tail -n 1)
reply "telegram 42 $other"
ok 'a button rejects its post' wait_for 60 has_posts refused 1
is 'with a reason' "$(sql "SELECT reason FROM posts WHERE state = 'refused'")" 'rejected by you: by a reply through bot'
like 'the button is let go' "$(told answerCallbackQuery)" 'callback_query_id'
is 'the third still waits' "$(posts waiting)" 1
is 'one post is out' "$(folders)" 1
is 'no secret is in the log' "$(grep -cE 'tk_wordofntfy|AAbbCCdd|'"$used" "$T/log")" 0

# ---- nobody is asked once nothing waits
cpauto posts reject "$(sql "SELECT id FROM posts WHERE state = 'waiting'")" >/dev/null
ok 'all is told' wait_for 60 sh -c "[ \"\$(sqlite3 -readonly -cmd '.timeout 5000' $T/state/state.db 'SELECT count(*) FROM notices')\" = 0 ]"
is 'no word is left that decides' "$(sql "SELECT count(*) FROM tokens t JOIN posts p ON p.id = t.post WHERE p.state = 'waiting'")" 0
stop TERM

# ---- a channel that hangs holds up neither posts nor the end
rm -rf "$T"/state/* "$T"/cache/* "$T"/out/*
curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
echo hang >"$T/mode"
: >"$T/told"
conf 'lists = ( { name = "주방"; keywords = [ "에어프라이어", "전기포트", "토스터", "가습기" ]; every = "1d"; publisher = "outbox"; } );' \
  "events = ( { name = \"bot\"; agent = \"telegram\"; url = \"$WEB\"; chat = 42; token_file = \"$T/keys/bot\"; on = [ \"published\" ]; timeout = \"60s\"; } );"
daemon
ok 'posts go out meanwhile' wait_for 60 has_posts published 4
is 'though nobody was told' "$(cpauto notify --json | jq '.events[0].undelivered')" 4
stop TERM
is 'it ends in order' "$RC" 0

# ---- what was not told is told after a new start, in one message
echo good >"$T/mode"
: >"$T/told"
daemon
ok 'it is told later' wait_for 60 has_told sendMessage 1
like 'all of it at once' "$(told sendMessage)" 'Published \(4\)'
ok 'and done with' wait_for 60 sh -c "[ \"\$(sqlite3 -readonly -cmd '.timeout 5000' $T/state/state.db 'SELECT count(*) FROM notices')\" = 0 ]"
is 'titles are escaped' "$(told sendMessage | jq -r .body.parse_mode)" HTML
stop TERM

# ---- a failure is one line, and shown
echo 401 >"$T/mode"
cpauto notify test bot >"$T/said" 2>&1
is 'a test that fails says so' "$?" 78
like 'with the reason' "$(cat "$T/said")" 'does not let us in .HTTP 401: as told'
echo good >"$T/mode"
ok 'a test that works' cpauto notify test bot
like 'is a message' "$(told sendMessage | tail -n 1)" 'This is a test from cpauto'
