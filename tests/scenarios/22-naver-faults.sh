#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The editor stand-in misbehaves in every way it knows. Each row: what the agent
# must answer, and what the stand-in may then have: drafts, posts, final clicks,
# clicks on hidden twins, old texts restored. Never a second post, never a wrong one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/naver.sh"

short_post

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
row publish broken '1 0 0 0 0' 'captcha'            captcha=save
row draft   unknown '1 0 0 0 0' 'captcha'           captcha=save
is 'which needs a person' "$(of .person)" true
row draft   unknown '1 0 0 0 0' '이용 제한'         restricted=save
is 'which needs a person' "$(of .person)" true
row publish broken '1 0 0 0 0' '쿠팡 추천.*게시판'  categories=게시판

# An alert is read, named in the log, and the work goes on.
knobs alert=점검\ 안내입니다
agent publish
is 'an alert at the beginning' "$(of .result) $(got)" 'ok 1 0 0 0 0'
like 'is named in the log' "$(cat "$T/agent.log")" '점검 안내입니다'
