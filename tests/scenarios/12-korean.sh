#!/bin/bash
# The same work in Korean: by the environment and by the configuration, on a
# machine that has no Korean locale; what programs read stays as it is.
. "$(dirname "$0")/lib.sh"

ko() { env -u LC_ALL LANG=ko_KR.UTF-8 "$B/cpauto" -c "$T/cpauto.conf" "$@"; }
rc() { "$@" >"$T/said" 2>&1; echo $?; }
columns() { # the widest line on a terminal of 80 columns, in Korean
  script -qec "stty cols 80 rows 24; unset LC_ALL; LANG=ko_KR.UTF-8 TERM=xterm NO_COLOR=1 $B/cpauto -c $T/cpauto.conf $1" /dev/null |
    tr -d '\r' | wc -L
}
words() { # lines with English words in them, but for what is typed and named as it is
  grep -vE '^ *(-|cpauto |$)' | sed -E 's/[A-Z]{2,}//g; s/(cpautod?|cpauto[-.][a-z.]+|systemctl start|completion bash|queue|posts|notify test|preview|explain|unblock|outbox|timedatectl set-ntp true|budget\.[a-z]+|hours\.active)//g' |
    grep -E '[a-z]{4,} [a-z]{3,}'
}

sandbox --calls 4
CALLS=4 conf 'lists = (
  { name = "주방"; keywords = [ "에어프라이어", "전기포트" ]; every = "1d"; publisher = "outbox"; approve = "manual"; },
  { name = "아주-긴-이름을-가진-청소용품-목록"; keywords = [ "물걸레가 되는 아주 가벼운 무선 청소기" ]; every = "1d"; publisher = "outbox"; } );' \
  'daemon: { language = "ko"; };'

# ---- the command, by the environment
is 'exit codes are the same' "$(rc ko status)" 69
like 'what is wrong is said in Korean' "$(cat "$T/said")" '아직 상태가 없습니다'
is 'a wrong word too' "$(rc ko stauts)" 64
like 'with the right one' "$(cat "$T/said")" "'stauts' 명령은 없습니다. 'status'인가요"
is 'LANGUAGE=en holds' "$(LANGUAGE=en ko stauts 2>&1 | grep -c 'did you mean')" 1
is 'LC_ALL=C too' "$(LC_ALL=C LANGUAGE=ko LANG=ko_KR.UTF-8 "$B/cpauto" stauts 2>&1 | grep -c 'did you mean')" 1
like 'with nothing else in the environment' \
  "$(env -i LANG=ko_KR.UTF-8 "$B/cpauto" stauts 2>&1)" '명령은 없습니다'
is 'the help has no English sentence' "$(ko --help | words)" ''
for c in queue posts plan preview check login backup; do
  is "nor that of $c" "$(ko $c --help | words)" ''
  ok "which fits 80 columns" [ "$(columns "$c --help")" -le 80 ]
done
ok 'the whole help fits' [ "$(columns --help)" -le 80 ]

# ---- the daemon, by its configuration, though its environment is English
once
like 'it starts in Korean' "$(cat "$T/log")" '준비 완료'
like 'and works in it' "$(cat "$T/log")" "'에어프라이어': 상품 [0-9]+개. 남은 호출 [0-9]/4번"
is 'no line of it is English' "$(words <"$T/log")" ''
is 'a post waits' "$(posts waiting)" 2
like 'with a reason in Korean' "$(sql "SELECT reason FROM posts WHERE state = 'waiting' LIMIT 1")" '승인을 기다립니다'
like 'the pages of the outbox are Korean' "$(cat "$T"/out/*/copy.html)" '제목과 본문 한 번에 복사'
like 'their list too' "$(cat "$T/out/index.html")" '<html lang="ko">.*|보낼 글'

# ---- tables and facts
id=$(sql "SELECT min(id) FROM posts WHERE state = 'waiting'")
for c in status queue posts plan calls check "explain 에어프라이어" "explain $id"; do
  ok "$c fits 80 columns" [ "$(columns "$c")" -le 80 ]
done
like 'states are named in Korean' "$(ko posts)" '승인 대기'
like 'numbers stand as Korean has them' "$(ko status)" '1시간 동안 쓸 4번 중 1번 남음'
like 'so do the counts' "$(ko status)" '승인 대기 2편'
is 'status has no English sentence' "$(ko status | words)" ''
is 'nor has explain' "$(ko explain 에어프라이어 | words)" ''
is 'nor has queue' "$(ko queue | words)" ''
is 'the columns of a table begin below each other' \
  "$(ko queue | awk 'NR < 3' | while IFS= read -r l; do p=${l%%주방*}; [ "$p" = "$l" ] && p=${l%%목록*}; printf '%s' "$p" | wc -L; done | sort -u | wc -l)" 1

# ---- what programs read
for c in status queue posts plan calls "explain $id"; do
  # shellcheck disable=SC2086
  is "$c --json is the same in both" "$(ko $c --json | jq -S 'del(.. | .at_ms?, .may_leave_ms?)')" \
    "$(cpauto $c --json | jq -S 'del(.. | .at_ms?, .may_leave_ms?)')"
done
is 'so are the completions' "$(ko completion bash)" "$(cpauto completion bash)"

# ---- with the daemon running: its answers, an agent's reason, another language
: >"$T/log"
"$B/cpautod" -c "$T/cpauto.conf" >>"$T/log" 2>&1 &
DAEMON=$!
pids+=("$DAEMON")
ok 'it is ready' wait_for 10 grep -q '준비 완료' "$T/log"
like 'it answers in Korean' "$(ko posts reject "$id")" "$id번 글을 거절했습니다"
like 'a particle goes by the word before it' "$(ko queue add 토스터 --list 정원 2>&1)" "'정원' 목록은 없습니다"
sed -i 's/language = "ko"/language = "en"/' "$T/cpauto.conf"
kill -HUP "$DAEMON"
ok 'a reload takes the other language' wait_for 10 grep -q 'is in force' "$T/log"
like 'and answers in it' "$(cpauto posts reject "$id" 2>&1)" 'cannot be rejected'
like 'but who asks in Korean is answered so' "$(ko posts reject "$id" 2>&1)" '거절할 수 없습니다: 거부되었습니다'
stop
is 'it ends well' "$RC" 0
sed -i 's/language = "en"/language = "ko"/; s/agent = "outbox"/agent = "metaweblog"/' "$T/cpauto.conf"
like 'the reason of an agent is Korean' "$(ko check outbox)" '고장: 발행처에 endpoint가 없습니다'
like 'and English in English' "$(cpauto check outbox)" 'broken: the publisher has no endpoint'
check='{"v":1,"op":"check","config":{"name":"x","url":"http://127.0.0.1:1/"}}'
is 'no token is none to miss, in Korean too' \
  "$(echo "$check" | LANGUAGE=ko "$B/agents/webhook" 2>&1 | jq -r .result)" ok
