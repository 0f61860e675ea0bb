#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The editor stand-in misbehaves in every way it knows. Each row: what the agent
# must answer, and what the stand-in may then have: drafts, posts, final clicks,
# clicks on hidden twins, old texts restored. Never a second post, never a wrong one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/naver.sh"

cat >"$T/short.html" <<'END'
<p><b>이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다.</b></p>
<p>쿠팡에서 전기포트를 검색하면<br>가장 먼저 나오는 상품입니다.</p>
<div align="center"><img src="https://ads.example/0.png" alt="" width="300" height="200"></div>
<hr>
<p><a href="https://link.coupang.com/a/2">쿠팡에서 지금 가격 보기</a></p>
END
HTML=$T/short.html

row() { # MODE RESULT GOT REASON KNOB...
  local mode=$1 result=$2 wanted=$3 reason=$4
  shift 4
  knobs "$@"
  if [ "$mode" = draft ]; then agent publish; else agent publish "$publishing" "$allowed"; fi
  is "$mode, $*: $result" "$(of .result) $(got)" "$result $wanted"
  like "$mode, $*: the reason" "$(of .reason)" "$reason"
}

# Before the final click: nothing is out.
row publish broken '0 0 0 0 0' 'log'                login=0
row publish broken '0 0 0 0 0' 'as other'           blog_id=other
row publish broken '0 0 0 0 0' 'captcha'            captcha=1
row publish broken '0 0 0 0 0' '이용 제한'          restricted=1
row publish broken '0 0 0 0 0' '이용 제한'          restricted=popup
row publish broken '0 0 0 0 0' '이용 제한'          alert=글쓰기가\ 이용\ 제한\ 되었습니다 layout=top
row publish later  '0 0 0 0 0' 'not empty'          leftover=1
row publish broken '0 0 0 0 0' 'tool.line'          selector_gone=horizontal-line
row publish later  '0 0 0 0 0' 'not hold'           losing_text=2
row publish later  '0 0 0 0 0' 'loses the link'     losing_links=all
row publish later  '0 0 0 0 0' '업로드에 실패'      image_fails=1
row publish later  '0 0 0 0 0' 'picture'            image_stuck=1
row publish broken '0 0 0 0 0' 'login'              session_ends_after=5
row publish later  '0 0 0 0 0' 'save'               save_fails=1
row draft   later  '0 0 0 0 0' 'save'               save_fails=1
row draft   later  '0 0 0 0 0' 'save'               save_fails=lie
row draft   later  '0 0 0 0 0' '저장하지 못했습니다' save_fails=error
row publish broken '1 0 0 0 0' '쿠팡 추천.*게시판'  categories=게시판

# An alert is read, named in the log, and the work goes on.
knobs alert=점검\ 안내입니다
agent publish
is 'an alert at the beginning' "$(of .result) $(got)" 'ok 1 0 0 0 0'
like 'is named in the log' "$(cat "$T/agent.log")" '점검 안내입니다'

# After it: unknown, unless the post is seen.
row publish unknown '1 0 1 0 0' 'no post came'      publish_hangs=lost
row publish unknown '1 0 1 0 0' 'no post came'      publish_fails=silent
row publish unknown '1 0 1 0 0' '일시적인 오류'     publish_fails=1
row publish unknown '1 0 1 0 0' 'captcha'           captcha=publish
row publish unknown '1 0 1 0 0' '이용 제한'         restricted=publish
row publish unknown '0 1 1 0 0' 'no post came'      publish_hangs=made-load
knobs publish_hangs=made
agent publish "$publishing" "$allowed"
is 'made, but never said: the feed tells' "$(of .result) $(got)" 'ok 0 1 1 0 0'
knobs publish_hangs=made feed_delay=2
agent publish "$publishing" "$allowed"
is 'made, and the feed is late' "$(of .result) $(got)" 'unknown 0 1 1 0 0'
door 'rss' >/dev/null
curl -s --noproxy '*' "$URL/rss/myblog.xml" "$URL/rss/myblog.xml" >/dev/null
agent find "$publishing" "$allowed"
is 'it is found later' "$(of .result) $(of .found) $(got)" 'ok yes 0 1 1 0 0'
