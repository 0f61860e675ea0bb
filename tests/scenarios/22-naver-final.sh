#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# What may go wrong after the final click: unknown, unless the post is seen.
# One click and one post at most, whatever happens.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/naver.sh"

short_post
# STEP=5s: what is waited for never comes.

STEP=5s row publish unknown '1 0 1 0 0' 'no post came'      publish_hangs=lost
STEP=5s row publish unknown '1 0 1 0 0' 'no post came'      publish_fails=silent
row publish unknown '1 0 1 0 0' '일시적인 오류'     publish_fails=1
is 'an error needs no person' "$(of '.person // "no"')" no
row publish unknown '1 0 1 0 0' 'captcha'           captcha=publish
is 'a captcha does' "$(of .person)" true
row publish unknown '1 0 1 0 0' '이용 제한'         restricted=publish
is 'a restriction does' "$(of .person)" true
# The login ends with the final click.
knobs
agent publish "$publishing" "$allowed"
last=$(($(seen .actions) - 1))
row publish unknown '1 0 1 0 0' 'login'             session_ends_after=$last
is 'a login does' "$(of .person)" true
STEP=5s row publish unknown '0 1 1 0 0' 'no post came'      publish_hangs=made-load
knobs publish_hangs=made
STEP=5s agent publish "$publishing" "$allowed"
is 'made, but never said: the feed tells' "$(of .result) $(got)" 'ok 0 1 1 0 0'
knobs publish_hangs=made feed_delay=2
STEP=5s agent publish "$publishing" "$allowed"
is 'made, and the feed is late' "$(of .result) $(got)" 'unknown 0 1 1 0 0'
curl -s --noproxy '*' "$URL/rss/myblog.xml" "$URL/rss/myblog.xml" >/dev/null
agent find "$publishing" "$allowed"
is 'it is found later' "$(of .result) $(of .found) $(got)" 'ok yes 0 1 1 0 0'
