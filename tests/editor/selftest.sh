#!/bin/bash
# SPDX-License-Identifier: MIT
# Drives the stand-in with a real browser: does it do what README.md says?
# Usage: tests/editor/selftest.sh; needs curl, jq, chromedriver, chromium.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
pids=()
session=
finish() {
	local pid
	[ -n "$session" ] && curl -s -m 20 -X DELETE "$drv/session/$session" \
		>"$tmp/out" || true
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 1' INT TERM

die() { echo "editor selftest: $*" >&2; exit 1; }

# Waits until a command is true, 20 s at most.
until_true() {
	local n=0
	until "$@"; do
		n=$((n + 1))
		[ $n -lt 400 ] || die "still not so: $*"
		sleep 0.05
	done
}

/usr/bin/python3 "$here/server.py" --port-file "$tmp/port" &
pids+=($!)
chromedriver --port=0 >"$tmp/driver.log" 2>&1 &
pids+=($!)
until_true test -s "$tmp/port"
until_true grep -q 'successfully on port' "$tmp/driver.log"
base=http://127.0.0.1:$(cat "$tmp/port")
drv=http://127.0.0.1:$(sed -n 's/.*successfully on port \([0-9]*\).*/\1/p' \
	"$tmp/driver.log")
E=element-6066-11e4-a52e-4f735466cecf

knob() { curl -sf "$base/_editor/set?$1" >"$tmp/out" || die "knob $1"; }
reset() { curl -sf -X POST "$base/_editor/reset" >"$tmp/out"; }
state() { curl -sf "$base/_editor/state" | jq -r "$1"; }
is() { # is JQ WANTED
	local got
	got=$(state "$1")
	[ "$got" = "$2" ] || die "$1 is '$got', not '$2'"
}
state_is() { [ "$(state "$1")" = "$2" ]; }
becomes() { until_true state_is "$1" "$2"; }

wd() { # wd METHOD PATH [JSON] -> .value
	local answer
	answer=$(curl -s -m 60 -X "$1" -H 'Content-Type: application/json' \
		${3+--data-binary "$3"} "$drv/session/$session$2")
	jq -e '.value | type == "object" and has("error") | not' \
		<<<"$answer" >"$tmp/out" || die "$1 $2: $answer"
	jq -c .value <<<"$answer"
}
js() { # js SCRIPT
	wd POST /execute/sync "$(jq -nc --arg s "$1" '{script: $s, args: []}')"
}
# The first visible match, as the careful tools take it.
see() {
	js "return [...document.querySelectorAll('$1')].find(e =>
		e.checkVisibility() && e.getClientRects().length) || null" |
		jq -r ".[\"$E\"]? // empty"
}
seen() { [ -n "$(see "$1")" ]; }
gone() { ! seen "$1"; }
press() {
	until_true seen "$1"
	wd POST "/element/$(see "$1")/click" '{}' >"$tmp/out"
}
keys() { # keys TEXT: real key events to whatever has the focus
	wd POST /actions "$(jq -nc --arg t "$1" '{actions: [{type: "key",
		id: "k", actions: [$t | split("")[] | ({type: "keyDown", value: .},
		{type: "keyUp", value: .})]}]}')" >"$tmp/out"
}
open_editor() { # open_editor PATH [frame]
	wd POST /frame '{"id":null}' >"$tmp/out"
	wd POST /url "$(jq -nc --arg u "$base$1" '{url: $u}')" >"$tmp/out"
	if [ "${2-}" = frame ]; then
		until_true seen '#mainFrame'
		wd POST /frame "{\"id\":{\"$E\":\"$(see '#mainFrame')\"}}" >"$tmp/out"
	fi
	until_true seen '.se-documentTitle .se-title-text p.se-text-paragraph'
}
ENTER=$'\ue007'
TITLE='.se-documentTitle .se-title-text p.se-text-paragraph'
BODY='.se-component.se-text .se-section-text p.se-text-paragraph'

session=$(curl -s -m 60 "$drv/session" --data-binary "$(jq -nc --arg d \
	"$tmp/profile" '{capabilities: {alwaysMatch: {browserName: "chrome",
	unhandledPromptBehavior: "ignore", pageLoadStrategy: "none",
	"goog:chromeOptions": {args: ["--headless=new", "--no-sandbox",
	"--disable-dev-shm-usage", "--no-first-run", "--disable-gpu",
	"--window-size=1200,900", "--disable-background-networking",
	("--user-data-dir=" + $d)]}}}}')" | jq -r '.value.sessionId // empty')
[ -n "$session" ] || die 'no browser'

# A PNG of one point, and a file that is none.
base64 -d >"$tmp/a.png" <<'PNG'
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmM
IQAAAABJRU5ErkJggg==
PNG
echo 'no image' >"$tmp/b.png"

give_file() {
	press 'button[data-name="image"]'
	local input
	input=$(js 'return document.getElementById("hidden-file")' |
		jq -r ".[\"$E\"]")
	wd POST "/element/$input/value" \
		"$(jq -nc --arg t "$1" '{text: $t}')" >"$tmp/out"
}

write_and_publish() { # write_and_publish PATH [frame]
	reset
	knob 'slow_image=300'
	open_editor "$@"
	press "$TITLE"
	keys "겨울 난로 고르기${ENTER}"
	keys "첫 문단 입니다.${ENTER}둘째 문단."
	give_file "$tmp/a.png"
	until_true seen '.se-component.se-image img[src*="blogfiles"]'
	press 'button[data-click-area="tpb.save"]'
	becomes .counts.saves 1
	is '.drafts[0].title' '겨울 난로 고르기'
	is '[.drafts[0].components[].type] | join(",")' 'text,image,text'
	is '[.drafts[0].components[0].paragraphs[].text] | join("|")' \
		'첫 문단 입니다.|둘째 문단.'
	is '.uploads | length' 1
	press 'button[data-click-area="tpb.publish"]'
	press '[data-click-area="tpb*i.category"]'
	press 'label[for="2_category"]'
	press 'label[for=open_private]'
	press 'input#tag-input'
	keys "난로${ENTER}겨울${ENTER}"
	press 'button[data-testid="seOnePublishBtn"]'
	becomes .counts.publishes 1
	is '.posts[0].category' '쿠팡 추천'
	is '.posts[0].visibility' open_private
	is '.posts[0].tags | join(",")' '난로,겨울'
	is '.posts[0].time' now
	is '.drafts | length' 0
	is '.counts.final_clicks' 1
	is '.counts.twin_clicks' 0
	wd POST /frame '{"id":null}' >"$tmp/out"
	until_true at 'logNo='
}
at() { [[ $(wd GET /url) == *"$1"* ]]; }


# Each test starts from a clean server and an open editor.
fresh() { # fresh KNOBS [PATH [frame]]
	reset
	[ -z "$1" ] || knob "$1"
	open_editor "${2-/myblog/postwrite}" "${3-}"
}
n=0
ok() { n=$((n + 1)); echo "ok $n - $1"; }
save_now() {
	press 'button[data-click-area="tpb.save"]'
	becomes .counts.save_requests "${1-1}"
}
types_are() { is '[.drafts[0].components[].type] | join(",")' "$1"; }
title_and_body() {
	press "$TITLE"
	keys "제목${ENTER}본문"
}
final_click() {
	press 'button[data-click-area="tpb.publish"]'
	press 'button[data-testid="seOnePublishBtn"]'
	becomes .counts.publish_requests 1
}
pasted() { # pasted HTML: into the key sink, as a page's script must do it
	js "const d = document.querySelector('iframe[id^=input_buffer]')
		.contentDocument, t = new DataTransfer();
		t.setData('text/html', $(jq -nc --arg h "$1" '$h'));
		d.body.dispatchEvent(new ClipboardEvent('paste',
		{clipboardData: t, bubbles: true}))" >"$tmp/out"
}
POST_HTML='<p>앞 <a href="https://a.example/x">링크</a></p><h2>소제목</h2>
<blockquote>인용</blockquote><hr><table><tr><td>가</td><td>나</td></tr>
</table><p>끝</p>'

test_layouts() {
	write_and_publish '/myblog/postwrite'
	ok 'write, image, save, publish in the top document'
	write_and_publish '/myblog?Redirect=Write' frame
	ok 'the same in the frame'
	write_and_publish '/GoBlogWrite.naver' frame
	ok 'the same by GoBlogWrite.naver'
}

test_login() {
	local where
	reset
	where=$(curl -s -o "$tmp/out" -w '%{redirect_url}' "$base/MyBlog.naver")
	[ "$where" = "$base/myblog" ] || die "MyBlog leads to $where"
	knob 'login=0'
	where=$(curl -s -o "$tmp/out" -w '%{redirect_url}' "$base/MyBlog.naver")
	[[ $where == *nid.naver.com* ]] || die "logged out, MyBlog leads to $where"
	knob 'login=cookie'
	wd POST /url "{\"url\":\"$base/MyBlog.naver\"}" >"$tmp/out"
	press '.btn_login'
	until_true ends_at /myblog
	ok 'the probe of the login, and a cookie that the profile keeps'
}
ends_at() { [[ $(wd GET /url) == *"$1\"" ]]; }

test_typing() {
	local body=$BODY
	fresh "typing=$1"
	press "$TITLE"
	keys '제목 하나'
	press "$body"
	keys "abc${ENTER}가나 다"$'\ue003\ue003'"x${ENTER}"
	press 'button[data-name="bold"]'
	keys '굵게'
	press 'button[data-name="bold"]'
	keys '보통'
	save_now
	is '.drafts[0].title' '제목 하나'
	is '[.drafts[0].components[0].paragraphs[].text] | join("|")' \
		'abc|가나x|굵게보통'
	is '.drafts[0].components[0].paragraphs[2].runs[0] | "\(.text)\(.bold)"' \
		'굵게true'
	is '.drafts[0].components[0].paragraphs[2].runs | length' 2
	ok "keys: typing=$1"
}

test_send_keys() {
	fresh ''
	until_true seen "$BODY"
	wd POST "/element/$(see "$BODY")/value" '{"text":"한 줄"}' >"$tmp/out"
	save_now
	is '.drafts[0].components[0].paragraphs[0].text' '한 줄'
	ok 'keys sent to the paragraph itself'
}

test_components() {
	fresh ''
	press "$BODY"
	keys "앞"
	press 'button[data-name="quotation"]'
	keys "인용${ENTER}둘"
	press '.se-canvas-bottom-button'
	press 'button[data-name="horizontal-line"]'
	keys "뒤"
	press 'button[data-name="table"]'
	keys '가'$'\ue004''나'
	press '.se-canvas-bottom-button'
	press 'button[data-name="oglink"]'
	press 'input.se-popup-oglink-input'
	keys 'https://a.example/x'
	press '.se-popup-oglink-button'
	press '.se-popup-button-confirm:not([disabled])'
	until_true seen '.se-component.se-oglink'
	save_now
	types_are 'text,quotation,horizontalLine,text,table,oglink,text'
	is '[.drafts[0].components[1].paragraphs[].text] | join("|")' '인용|둘'
	is '.drafts[0].components[4].rows[0] | join("|")' '가|나|'
	is '.drafts[0].components[5].href' 'https://a.example/x'
	ok 'quotation, line, table and card by the toolbar'
}

test_link() {
	fresh "$1"
	press "$BODY"
	keys '여기 링크'
	js 'const p = [...document.querySelectorAll(".se-text p")].find(e =>
		e.checkVisibility()), t = p.querySelector(".__se-node").firstChild;
		getSelection().setBaseAndExtent(t, 3, t, 5)' >"$tmp/out"
	press 'button[data-name="text-link"]'
	press 'input.se-custom-layer-link-input'
	keys 'https://a.example/x'
	press '.se-custom-layer-link-apply-button'
	keys ' 뒤'
	save_now
	is '[.drafts[0].components[0].paragraphs[0].runs[] |
		"\(.text):\(.link // "")"] | join("|")' "$2"
	ok "a link on text: ${1:-plain}"
}

test_paste() {
	fresh "$1"
	press "$BODY"
	pasted "$POST_HTML"
	save_now
	types_are 'text,quotation,horizontalLine,table,text'
	is '[.drafts[0].components[0].paragraphs[].text] | join("|")' \
		'앞 링크|소제목'
	is '.drafts[0].components[0].paragraphs[0].runs | map(.link // empty) |
		join(",")' "$2"
	ok "a paste into the key sink: ${1:-plain}"
}

test_in_the_way() {
	fresh 'restore=1&help=1'
	press '.se-popup-alert-confirm .se-popup-button-cancel'
	press '.se-help-panel-close-button'
	until_true gone '.se-help-panel'
	title_and_body
	save_now
	is '.drafts[0].title' '제목'
	is .counts.restores 0
	is .counts.twin_clicks 0
	ok 'the restore pop-up and the help panel can be closed'
	fresh 'late_popup=1&seed=3'
	press "$BODY"
	# In several requests: the pop-up comes some milliseconds after its key.
	for _ in 1 2 3 4 5 6; do keys "$(printf 'x%.0s' {1..20})"; done
	until_true seen '.se-popup-alert-confirm'
	press '.se-popup-alert-confirm .se-popup-button-cancel'
	becomes .counts.late_popups 1
	save_now
	[ "$(state '.drafts[0].text | length')" -lt 120 ] ||
		die 'a late pop-up took no keys'
	ok 'a late pop-up takes the keys'
}

test_late_in_parent() {
	local i
	fresh 'late_popup=3&seed=5' '/myblog?Redirect=Write' frame
	for i in 1 2 3; do
		until_true late_comes "$i"
		if [ "$i" = 3 ]; then
			gone .se-popup-alert-confirm || die 'not in the parent'
			wd POST /frame '{"id":null}' >"$tmp/out"
		fi
		if [ "$i" = 2 ]; then
			press .se-help-panel-close-button
		else
			press '.se-popup-alert-confirm .se-popup-button-cancel'
		fi
	done
	is .counts.restores 0
	ok 'late pop-ups in the frame and in its parent'
}
late_comes() {
	[ "$(state .counts.late_popups)" -lt "$1" ] || return 0
	press "$BODY"
	keys 'xxxxxxxxxx'
	return 1
}

test_text_lost() {
	fresh 'losing_text=2&leftover=1'
	until_true text_is "$BODY" '지난번에 남은 글'
	press "$BODY"
	keys $'\ue010\ue007'"가나${ENTER}다라${ENTER}마바${ENTER}"
	save_now
	is '[.drafts[0].components[0].paragraphs[].text] | join("|")' \
		'지난번에 남은 글|가|다라|마|'
	ok 'an editor that is not empty, text that is lost'
}

test_toggles() {
	fresh 'toggles=bold,strikethrough'
	until_true seen 'button[data-name="bold"].se-is-selected'
	press 'button[data-name="strikethrough"].se-is-selected'
	press "$BODY"
	keys 'x'
	save_now
	is '.drafts[0].components[0].paragraphs[0].runs[0] |
		"\(.bold)\(.strike)"' truenull
	ok 'toggles left on are on, and can be set off'
}

test_images() {
	fresh 'image_fails_at=2'
	press "$BODY"
	give_file "$tmp/a.png"
	becomes '.uploads | length' 1
	give_file "$tmp/a.png"
	press '.se-popup-alert .se-popup-button-confirm'
	give_file "$tmp/b.png"
	press '.se-popup-alert .se-popup-button-confirm'
	give_file "$tmp/a.png"$'\n'"$tmp/a.png"
	becomes '.uploads | length' 3
	until_true gone '.se-is-uploading'
	save_now
	types_are 'image,image,image,text'
	ok 'an upload that fails leaves no image'
}

test_save_fails() {
	fresh 'save_fails=1'
	title_and_body
	save_now
	is '.drafts | length' 0
	knob 'save_fails=lie'
	save_now 2
	until_true text_is '[data-click-area="tpb*s.count"]' 1
	is '.drafts | length' 0
	knob 'save_fails=0'
	save_now 3
	is '.drafts | length' 1
	curl -sf "$base/myblog/drafts.json" | jq -e '.drafts[0].title == "제목"' \
		>"$tmp/out" || die 'drafts.json'
	press '[data-click-area="tpb*s.count"]'
	until_true seen 'li button[data-testid="draft_1"]'
	ok 'a save that fails in silence'
}
text_is() {
	[ "$(wd GET "/element/$(see "$1")/text")" = "\"$2\"" ]
}

test_publish_hangs() { # test_publish_hangs HOW POSTS
	fresh "publish_hangs=$1"
	title_and_body
	final_click
	becomes '.posts | length' "$2"
	curl -sf "$base/rss/myblog.xml" >"$tmp/feed"
	[ "$(grep -c '<item>' "$tmp/feed")" = "$2" ] || die "feed: $1"
	is .counts.final_clicks 1
	ok "no answer to the final click: $1"
}

test_refusals() {
	fresh 'captcha=1'
	until_true seen 'iframe[id^="ncaptcha-iframe"]'
	fresh 'captcha=publish'
	gone 'iframe[id^="ncaptcha-iframe"]' || die 'a captcha without need'
	title_and_body
	final_click
	until_true seen 'iframe[id^="ncaptcha-iframe"]'
	is '.posts | length' 0
	ok 'a captcha, hidden and seen'
	reset
	knob 'restricted=1'
	curl -s "$base/myblog/postwrite" | grep -q '이용 제한' ||
		die 'no notice of a restriction'
	ok 'a restriction'
	fresh 'session_ends_after=2'
	title_and_body
	press 'button[data-click-area="tpb.save"]'
	press 'button[data-click-area="tpb.save"]'
	until_true at nidlogin
	is '.drafts | length' 1
	ok 'a session that ends half-way'
}

# HOW, posts made, and what is seen of it.
test_publish_fails() {
	fresh "$1"
	title_and_body
	final_click
	[ -z "$3" ] || until_true seen "$3"
	becomes '.posts | length' "$2"
	ok "a publish that goes wrong: $1"
}

test_lies() {
	fresh 'publish_as=private&feed_delay=1'
	title_and_body
	final_click
	is '.posts[0].visibility' open_private
	fresh 'feed_delay=1'
	title_and_body
	final_click
	feed_has 0
	feed_has 1
	knob 'feed_fails=1'
	[ "$(curl -s -o "$tmp/feed" -w '%{http_code}' \
		"$base/rss/myblog.xml")" = 503 ] || die 'the feed works'
	ok 'a post that is not as asked, a feed that is late or down'
}
feed_has() {
	curl -sf "$base/rss/myblog.xml" >"$tmp/feed"
	[ "$(grep -c '<item>' "$tmp/feed")" = "$1" ] || die "feed: not $1"
}

test_layout_knob() {
	local where
	reset
	knob 'layout=top'
	where=$(curl -s -o "$tmp/out" -w '%{redirect_url}' \
		"$base/myblog?Redirect=Write")
	[ "$where" = "$base/myblog/postwrite" ] || die "layout=top: $where"
	knob 'layout=frame'
	where=$(curl -s -o "$tmp/out" -w '%{redirect_url}' \
		"$base/myblog/postwrite")
	[ "$where" = "$base/myblog?Redirect=Write" ] || die "layout=frame: $where"
	ok 'one layout for every path'
}

test_stuck_image() {
	fresh 'image_stuck=1&save_new=1'
	press "$BODY"
	give_file "$tmp/a.png"
	becomes .counts.upload_requests 1
	save_now
	save_now 2
	is '.drafts | length' 2
	is '.drafts[0].components[0].src | startswith("data:")' true
	ok 'an image that never arrives, a draft for every save'
}

test_parent() {
	local pid
	rm -f "$tmp/port2"
	# shellcheck disable=SC2016
	pid=$(bash -c '/usr/bin/python3 "$1" --port-file "$2" >"$2.out" &
		echo $!; until [ -s "$2" ]; do sleep 0.05; done' - \
		"$here/server.py" "$tmp/port2")
	until_true ended "$pid"
	ok 'the server ends with its parent'
}
ended() { ! kill -0 "$1" 2>/dev/null; }

alert_is() {
	[ "$(curl -s "$drv/session/$session/alert/text" | jq -r \
		'.value | strings')" = "$1" ]
}
test_alert() {
	fresh ''
	title_and_body
	curl -sf -G "$base/_editor/set" --data-urlencode 'alert=점검 중' \
		--data-urlencode alert_at=save >"$tmp/out"
	press 'button[data-click-area="tpb.save"]'
	until_true alert_is '점검 중'
	wd POST /alert/accept '{}' >"$tmp/out"
	ok 'an alert'
}

test_reserved() {
	fresh ''
	title_and_body
	press 'button[data-click-area="tpb.publish"]'
	press 'label[for="radio_time2"]'
	press '[class*="input_date"]'
	press '.ui-datepicker-next'
	press '.ui-datepicker td button'
	js 'document.querySelector("[class*=minute_option]").value = "30"' \
		>"$tmp/out"
	press 'button[data-testid="seOnePublishBtn"]'
	becomes '.posts | length' 1
	is '.posts[0].reserved' true
	is '.posts[0].time | test("-01T[0-9][0-9]:30$")' true
	ok 'a reserved post'
}

test_knobs() {
	local code
	code=$(curl -s -o "$tmp/out" -w '%{http_code}' "$base/_editor/set?no=1")
	[ "$code" = 400 ] || die "an unknown knob: $code"
	fresh 'selector_gone=tpb.save'
	gone 'button[data-click-area="tpb.save"]' || die 'still a save button'
	ok 'a selector that is gone, a knob that is none'
}

test_layouts
test_login
test_typing editable
test_typing sink
test_send_keys
test_components
test_link '' '여기 :|링크:https://a.example/x| 뒤:'
test_link 'losing_links=all' '여기 링크 뒤:'
test_paste '' 'https://a.example/x'
test_paste 'losing_links=1' ''
test_in_the_way
test_late_in_parent
test_text_lost
test_toggles
test_images
test_save_fails
test_publish_hangs made 1
test_publish_hangs lost 0
test_publish_hangs made-load 1
test_refusals
test_publish_fails publish_fails=1 0 .se-popup-alert
test_publish_fails publish_fails=silent 0 ''
test_publish_fails restricted=publish 0 .se-popup-alert
test_lies
test_layout_knob
test_stuck_image
test_parent
test_alert
test_reserved
test_knobs
echo "1..$n"
