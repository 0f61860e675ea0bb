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

write_and_publish '/myblog/postwrite'
write_and_publish '/myblog?Redirect=Write' frame
echo 'editor selftest: write, image, save, publish: both layouts'
