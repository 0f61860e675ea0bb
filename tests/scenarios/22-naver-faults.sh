#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The editor stand-in misbehaves in every way it knows. Each row: what the agent
# must answer, and what the stand-in may then have: drafts, posts, final clicks,
# clicks on hidden twins, old texts restored. Never a second post, never a wrong one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/naver.sh"

short_post

# Before the final click: nothing is out. STEP=5s: what is waited for never comes.
row publish broken '0 0 0 0 0' 'log'                login=0
row publish broken '0 0 0 0 0' 'as other'           blog_id=other
row publish broken '0 0 0 0 0' 'captcha'            captcha=1
row publish broken '0 0 0 0 0' '이용 제한'          restricted=1
row publish broken '0 0 0 0 0' '이용 제한'          restricted=popup
row publish broken '0 0 0 0 0' '이용 제한'          alert=글쓰기가\ 이용\ 제한\ 되었습니다 layout=top
row publish later  '0 0 0 0 0' 'not empty'          leftover=1
STEP=5s row publish broken '0 0 0 0 0' 'tool.line'          selector_gone=horizontal-line
STEP=5s row publish later  '0 0 0 0 0' 'not hold'           losing_text=2
row publish later  '0 0 0 0 0' 'loses the link'     losing_links=all
row publish later  '0 0 0 0 0' '업로드에 실패'      image_fails=1
STEP=5s row publish later  '0 0 0 0 0' 'picture'            image_stuck=1
row publish broken '0 0 0 0 0' 'login'              session_ends_after=5
STEP=5s row publish later  '0 0 0 0 0' 'save'               save_fails=1
STEP=5s row draft   later  '0 0 0 0 0' 'save'               save_fails=1
STEP=5s row draft   unknown '0 0 0 0 0' 'list of drafts'    save_fails=lie
row draft   later  '0 0 0 0 0' '저장하지 못했습니다' save_fails=error
row publish broken '1 0 0 0 0' 'captcha'            captcha=save
row draft   unknown '1 0 0 0 0' 'captcha'           captcha=save
is 'which needs a person' "$(of .person)" true
row draft   unknown '1 0 0 0 0' '이용 제한'         restricted=save
is 'which needs a person' "$(of .person)" true
row publish broken '1 0 0 0 0' '쿠팡 추천.*게시판'  categories=게시판

# A session that ends: with the first page, in the text, with the draft, where it is not known
# to us whether that was kept (it was).
row publish broken '0 0 0 0 0' 'log'                session_ends_after=1
row publish broken '0 0 0 0 0' 'login'              session_ends_after=3
row publish broken '1 0 0 0 0' 'login'              session_ends_after=9
row draft   unknown '1 0 0 0 0' 'login'             session_ends_after=9
is 'which needs a person' "$(of .person)" true

# A post that cannot be taken, and never will be: the editor is not even opened.
bad() { # TEXT REASON CHANGE
  knobs
  CHANGE=$3 agent publish "$publishing" "$allowed"
  is "$1" "$(of .result) $(got) $(seen .counts.editor_loads)" 'refused 0 0 0 0 0 0'
  like "$1: the reason" "$(of .reason)" "$2"
}
echo 'no picture' >"$T/pictures/text.png"
head -c 20 "$T/pictures/사진 0.png" >"$T/pictures/cut.png"
head -c 12 "$T/pictures/사진 0.png" >"$T/pictures/head.png"
printf 'GIF89a\1\0\1\0\0\0\0;and more' >"$T/pictures/moving.gif"
bad 'a title over the limit' 'title has 101 characters, Naver takes 100' '.post.title = "가" * 101'
bad 'no title' 'no title' '.post.title = ""'
bad 'no text' 'no text' '.post.html = ""'
bad 'a key in the title' 'would take for a key' '.post.title = "전기포트\uE009w"'
bad 'a key in the text' 'would take for a key' '.post.html = "<p>전기&#xE009;w</p>"'
bad 'a key in a tag' 'would take for a key' '.post.tags = ["전기\uE007포트"]'
bad 'tags over the limit' '31 tags, Naver takes 30' '.post.tags = [range(31) | tostring]'
bad 'pictures over the limit' '51 pictures' '.post.images = [range(51) | {src: tostring}]'
bad 'a picture that is none' 'text.png cannot be sent as a picture' ".post.images[0].path = \"$T/pictures/text.png\""
bad 'a picture that is cut' 'cut.png cannot be sent as a picture' ".post.images[0].path = \"$T/pictures/cut.png\""
bad 'a picture that ends in its header' 'head.png cannot be sent as a picture' ".post.images[0].path = \"$T/pictures/head.png\""
bad 'a picture that is gone' 'gone.png cannot be read' ".post.images[0].path = \"$T/pictures/gone.png\""
bad 'a GIF that cannot be made smaller' 'only JPEG and PNG can be made smaller' \
  ".config.image_max_bytes = 20 | .post.images[0].path = \"$T/pictures/moving.gif\""
is 'no picture is left in the profile' "$(find "$T/profile" -name '*.png' -path '*cpauto-pictures*' | wc -l)" 0

# An alert is read, named in the log, and the work goes on.
knobs alert=점검\ 안내입니다
agent publish
is 'an alert at the beginning' "$(of .result) $(got)" 'ok 1 0 0 0 0'
like 'is named in the log' "$(cat "$T/agent.log")" '점검 안내입니다'

# Keys of the title that went into the body are taken out of it again.
knobs stray_keys=1
agent publish
is 'stray keys' "$(of .result) $(got)" 'ok 1 0 0 0 0'
is 'the draft begins as the post does' \
  "$(seen '.drafts[0] | "\(.title)/\([.components[0].paragraphs[].text | select(. != "")][0][0:16])"')" \
  '전기포트 가격 비교 11월 24일/이 포스팅은 쿠팡 파트너스 활'

# It ends itself before cpautod would, and has not pressed anything then.
knobs slow_image=60000
agent publish "$publishing" "$allowed" 'timeout="12s"'
is 'all time is over' "$(of .result) $(got)" 'later 0 0 0 0 0'
like 'which is named' "$(of .reason)" 'longer timeout'
