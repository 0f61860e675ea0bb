#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The disclosure gate by hand, previews, and the terminal: what people see.
. "$(dirname "$0")/lib.sh"

D='이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다.'
lint() { printf '%s' "$2" >"$T/$1"; "$B/cpauto" lint "$T/$1" >"$T/said" 2>&1; }
lint a.html "<p>$D</p><p>본문</p>"
is 'a disclosed post passes' $? 0
lint b.html "<p>본문</p><p>더</p><p>$D</p>"
is 'one with the disclosure at the end does not' $? 65
like 'and says since when' "$(cat "$T/said")" '2024-12-01'
lint c.html "<p style=\"display:none\">$D</p><p>본문</p>"
is 'one that hides it does not' $? 65
lint d.txt "이 글은 수수료를 제공받을 수 있습니다. 본문"
is 'conditional words do not' $? 65
lint e.txt "$D
본문"
is 'plain text passes' $? 0

conf
ok 'a preview needs no server' cpauto preview --sandbox 무선청소기
is 'and made no state' "$(find "$T/state" -mindepth 1)" ''
ok 'check touches nothing' cpauto check
is 'really nothing' "$(find "$T/state" "$T/cache" -mindepth 1)" ''
width=$(COLUMNS=80 "$B/cpauto" --help | wc -L)
ok "help fits 100 columns ($width)" test "$width" -le 100
for c in status queue posts calls plan explain preview lint check show-config unblock sandbox completion; do
  ok "$c has its help" "$B/cpauto" $c --help
done
"$B/cpauto" nonsense >"$T/said" 2>&1
is 'a word too strange is a usage error' $? 64
