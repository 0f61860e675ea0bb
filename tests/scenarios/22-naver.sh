#!/bin/bash
# shellcheck disable=SC1091,SC2154
# A real browser writes a post into the editor stand-in: both layouts, both ways
# of typing, pop-ups at any time, a paste that loses links, drafts and posts.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/naver.sh"

# ---- a draft ----
knobs layout=frame restore=1 help=1 toggles=bold,strikethrough
CHANGE=".post.images[0].path = \"$T/pictures/large.png\"" agent publish
is 'a draft is made' "$(of .result) $(of .id)" 'ok draft'
is 'it is one, nothing is out, no twin was hit, no old text came back' "$(got)" '1 0 0 0 0'
is 'its blocks are all there, in order' "$(seen '[.drafts[0].components[].type] | join(" ")')" \
  'text image text quotation horizontalLine table image text'
is 'its pictures are in order' "$(seen '[.drafts[0].components[] | select(.type == "image").name] | join(" ")')" \
  '1.png 2.png'
curl -s --noproxy '*' -o "$T/sent.png" "$URL$(seen '.uploads[] | select(.name == "1.png").src')"
is 'the large one was made to fit, and does not say where it was taken' "$(python3 -c 'import struct, sys
d = open(sys.argv[1], "rb").read(); print(*struct.unpack(">II", d[16:24]), b"SECRET-PLACE" in d)' "$T/sent.png")" '1200 800 False'
is 'no picture is left in the profile' "$(ls -d "$T/profile/cpauto-pictures" 2>/dev/null)" ''
links='[.drafts[0].components[] | .paragraphs // [] | .[].runs[] | select(.link).link] | join(" ")'
is 'its links survive' "$(seen "$links")" 'https://link.coupang.com/re/AF?a=1&b=2 https://link.coupang.com/a/2'
is 'its lines are the post'"'"'s' "$(seen '[.drafts[0].components[0].paragraphs[].text | select(. != "")] | .[1:] | join("/")')" \
  '첫 번째 상품/쿠팡에서 전기포트를 검색하면/가장 먼저 나오는 상품 & 값입니다 😀'
is 'no toggle that was on is in it' "$(seen '[.drafts[0].components[] | .paragraphs // [] | .[].runs[] | select(.strike)] | length')" 0
agent find
is 'the draft is found' "$(of .result) $(of .found)" 'ok yes'
TITLE='다른 글' agent find
is 'another one is not' "$(of .result) $(of .found)" 'ok no'

knobs layout=top typing=sink losing_links=1
agent publish 'link_card=true'
is 'keys through the sink, a paste that loses links, a link card' "$(of .result)" ok
is 'the links were made again' "$(seen "$links")" 'https://link.coupang.com/re/AF?a=1&b=2 https://link.coupang.com/a/2'
is 'the card is there' "$(seen '[.drafts[0].components[] | select(.type == "oglink").href] | join(" ")')" 'https://link.coupang.com/a/2'

for seed in 3 8; do
  knobs layout=$([ $seed = 3 ] && echo frame || echo top) typing=sink late_popup=8 seed=$seed slow_image=700
  agent publish
  is "pop-ups at any time ($seed)" "$(of .result) $(got)" 'ok 1 0 0 0 0'
  is "every line is there all the same ($seed)" "$(seen '[.drafts[0].components[] | .paragraphs // [] | .[].text | select(. != "")] | length')" 9
done

# ---- a post ----
knobs layout=frame
agent publish "$publishing"
like 'publishing wants the owner'"'"'s word' "$(of .result) $(of .reason)" '^broken Naver.s terms'
is 'nothing was opened for it' "$(seen .counts.editor_loads)" 0
agent publish "$publishing" "$allowed" 'visibility="neighbor"'
like 'a post is out' "$(of .result) $(of .id) $(of .url)" '^ok 2239[0-9]+ http'
is 'one click, one post' "$(seen .counts.publish_requests) $(got)" '1 0 1 1 0 0'
is 'with its settings' "$(seen '.posts[0] | "\(.category)/\(.visibility)/\(.tags | join(","))/\(.time)"')" \
  '쿠팡 추천/open_neighbor/전기포트,주방용품/now'
agent find "$publishing" "$allowed"
is 'the feed cannot tell of it' "$(of .found)" no
agent find "$publishing" "$allowed" 'visibility="neighbor"'
is 'which is known' "$(of .found)" unknown
knobs layout=top
agent publish "$publishing" "$allowed" 'schedule="07:30"'
is 'a reserved post' "$(of .result) $(seen '.posts[0] | "\(.reserved) \(.time[11:])"')" 'ok true 07:30'

# ---- finding ----
knobs
agent publish "$publishing" "$allowed"
id=$(of .id)
agent find "$publishing" "$allowed"
is 'a post is found in the feed' "$(of .found) $(of .id)" "yes $id"
printf '<p>같은 제목, 다른 글 <a href="https://link.coupang.com/a/99">x</a></p>' >"$T/other.html"
HTML=$T/other.html agent find "$publishing" "$allowed"
is 'one of the same title with other links is not ours' "$(of .found)" no
knobs feed_fails=1
agent find "$publishing" "$allowed"
is 'without a feed nobody knows' "$(of .found)" unknown

# ---- check, login, limits ----
knobs layout=frame
agent check
is 'the editor is as expected' "$(of .result) $(of '[.selectors[] | select(.name == "editor.title" or .name == "publish.final").state] | join(" ")')" 'ok found found'
is 'and untouched' "$(got)" '0 0 0 0 0'
knobs selector_gone=tpb.save
agent check
like 'what is gone is named' "$(of .result) $(of .reason)" '^broken .*missing or hidden: draft.save;'
is 'and listed' "$(of '.selectors[] | select(.name == "draft.save").state')" missing
knobs selector_gone=se-title-text
LANGUAGE=ko agent check
is 'without a title all is told, in Korean too' \
  "$(of .result) $(of '.selectors[] | select(.name == "editor.title").state')" 'broken missing'
knobs selector_gone=tpb.save
echo 'draft.save = [data-click-area="'"$(rev <<<tpb.save | sed 's/^/gone-/')"'"]' >"$T/mine.conf"
agent publish "selectors_file=\"$T/mine.conf\""
is 'a line of the owner'"'"'s mends it' "$(of .result) $(got)" 'ok 1 0 0 0 0'
echo 'draft.svae = x' >"$T/mine.conf"
agent publish "selectors_file=\"$T/mine.conf\""
like 'a slip in it is named' "$(of .result) $(of .reason)" '^broken .*mine.conf:1: .*draft.svae'

knobs login=0
request login | jq -c '.headless = true | .timeout_ms = 20000' >"$T/request.json"
timeout 60 "$B/agents/naver" <"$T/request.json" >"$T/login.json" 2>/dev/null &
LOGIN=$!
pids+=("$LOGIN")
wait_for 20 sh -c "curl -s --noproxy '*' $URL/_editor/state | jq -e '.counts.login_pages > 0'"
door login -X POST >/dev/null
wait "$LOGIN"
is 'a login by hand is waited for' "$(jq -r '"\(.result) \(.blog_id)"' "$T/login.json")" 'ok myblog'

knobs
TITLE=$(printf '가%.0s' {1..101}) agent publish
like 'a title over the limit' "$(of .result) $(of .reason)" '^refused .*101'
agent publish 'blog_id=null'
like 'no blog' "$(of .result) $(of .reason)" '^broken blog_id'
agent publish 'endpoint="https://blog.example.com"'
like 'another host' "$(of .result) $(of .reason)" '^broken endpoint'
agent publish 'browser_args=["--disable-blink-features=AutomationControlled"]'
like 'nothing is hidden' "$(of .result) $(of .reason)" '^broken browser_args'
agent publish 'driver="/nonexistent/chromedriver"'
like 'no driver' "$(of .result) $(of .reason)" '^broken /nonexistent/chromedriver'
is 'none of these touched the blog' "$(got)" '0 0 0 0 0'
like 'it says what it can' "$(agent describe; of '[.drafts, .findable, .images] | map(tostring) | join(" ")')" 'true true true'
sleep 0.2
is 'no browser is left' "$(pgrep -fc -- "--user-data-dir=$T/profile")" 0
