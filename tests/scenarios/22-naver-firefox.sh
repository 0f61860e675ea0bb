#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The agent naver in a real Firefox. Debian has no geckodriver, so a bridge of the
# tests speaks WebDriver to the agent and Firefox's own protocol to the browser.
. "$(dirname "$0")/lib.sh"
command -v firefox-esr >/dev/null || skip_all 'firefox-esr is not installed'
. "$(dirname "$0")/naver.sh"

CHANGE=".config.driver = \"$editor/gecko-bridge\" | .config.browser_args = []"
export MOZ_HEADLESS=1

agent check
is 'it can work' "$(of .result)" ok

agent publish
is 'a draft, and no post' "$(of .result) $(got)" 'ok 1 0 0 0 0'

knobs
short_post
agent publish "$publishing" "$allowed"
is 'a post is out, by one final click' "$(of .result) $(got)" 'ok 0 1 1 0 0'
WANTED=$(post)
like 'it holds what was asked for' "$WANTED" \
  '^\[\{.*"title":"전기포트 가격 비교 11월 24일".*"category":"쿠팡 추천".*"tags":\["전기포트","주방용품"\]'
is 'its one link too' "$(jq -c '[.[0].components[].lines[][] | .link // empty]' <<<"$WANTED")" '["https://link.coupang.com/a/2"]'

well 'the editor as the top document'   layout=top
well 'a restore pop-up'                 restore=1
well 'late pop-ups'                     late_popup=6 seed=5
well 'toggles left on'                  toggles=bold,strikethrough
well 'a paste that loses links'         losing_links=1
well 'an alert with the final click'    alert=발행\ 안내입니다 alert_at=publish

row publish broken '0 0 0 0 0' 'captcha' captcha=1
STEP=5s row publish unknown '1 0 1 0 0' 'no post came' publish_hangs=lost
is 'no browser is left' "$(pgrep -fc "firefox.*$T/profile")" 0
