#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Whatever the editor stand-in puts in the way here, the post comes out: once, and
# as it comes out where nothing is in the way.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/naver.sh"

short_post

knobs
agent publish "$publishing" "$allowed"
is 'a post is out' "$(of .result) $(got)" 'ok 0 1 1 0 0'
WANTED=$(post)
like 'it holds what was asked for' "$WANTED" \
  '^\[\{.*"title":"전기포트 가격 비교 11월 24일".*"category":"쿠팡 추천".*"tags":\["전기포트","주방용품"\]'
is 'its links and lines too' "$(jq -r '.[0].components | [.[].lines[][] | .text] | join("")' <<<"$WANTED" | tr -d ' ')" \
  '이포스팅은쿠팡파트너스활동의일환으로,이에따른일정액의수수료를제공받습니다.쿠팡에서전기포트를검색하면가장먼저나오는상품입니다.쿠팡에서지금가격보기'
is 'nothing is struck out, one link is there' \
  "$(jq -c '[.[0].components[].lines[][] | select(.strike)], [.[0].components[].lines[][] | .link // empty]' <<<"$WANTED" | tr '\n' ' ')" \
  '[] ["https://link.coupang.com/a/2"] '

well 'the editor in the frame'            layout=frame
well 'the editor as the top document'     layout=top
well 'keys through the sink alone'        layout=frame typing=sink
well 'a restore pop-up'                   restore=1
well 'the help panel'                     help=1
well 'late pop-ups'                       late_popup=6 seed=5
well 'hidden twins'                       twins=1
well 'no twins'                           twins=0
well 'toggles left on'                    toggles=bold,strikethrough
well 'a slow picture'                     slow_image=4000
well 'a paste that loses links'           losing_links=1
well 'an alert when it opens'             alert=점검\ 안내입니다
well 'an alert when it is saved'          alert=저장\ 안내입니다 alert_at=save
well 'an alert with the final click'      alert=발행\ 안내입니다 alert_at=publish
well 'a page that asks before it is left' beforeunload=1
well 'an editor that is drawn late'       boot=3000

# No-break spaces in the blog's names of categories, plain ones in ours.
knobs
CHANGE='.post.category = "생활 정보 모음"' agent publish "$publishing" "$allowed"
is 'a category with no-break spaces' "$(of .result) $(got) $(seen '.posts[0].category')" 'ok 0 1 1 0 0 생활 정보 모음'

# Class names have other hashes at another start: nothing may hang on them.
hashes() { curl -s --noproxy '*' "$URL/myblog/postwrite" | grep -o 'publish_btn__[A-Za-z0-9_]*' | head -1; }
first=$(hashes)
rm "$T/port"
python3 "$editor/server.py" --port-file "$T/port" --seed 8 >"$T/editor.log" 2>&1 &
pids+=("$!")
wait_for 30 test -s "$T/port"
URL=http://127.0.0.1:$(cat "$T/port")
is 'at another start the classes have other names' "$([ -n "$first" ] && [ "$first" != "$(hashes)" ] && echo yes)" yes
well 'with those'                         layout=frame
