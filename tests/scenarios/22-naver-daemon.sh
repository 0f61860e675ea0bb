#!/bin/bash
# shellcheck disable=SC1091,SC2154
# The daemon publishes through the agent naver: the terms are logged once, and
# what comes up after the final click stops everything until a person says so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/naver.sh"

editor_url=$URL
sandbox
api_url=$URL
URL=$editor_url
# No browser lives under the unit's filter: there it is a service beside it.
driver=
if [ "$(basename "$B")" = confined ]; then
  chromedriver --port=0 --allowed-ips=127.0.0.1 >"$T/driver.out" 2>&1 &
  pids+=("$!")
  wait_for 30 grep -q 'successfully on port' "$T/driver.out"
  driver="driver_url = \"http://127.0.0.1:$(sed -n 's|.*successfully on port \([0-9]*\).*|\1|p' "$T/driver.out")\";"
fi
naver_conf() { # KEYWORDS: a list of posts of one product each
  cat >"$T/cpauto.conf" <<END2
coupang: { endpoint = "$api_url"; access_key_file = "$T/keys/access"; secret_key_file = "$T/keys/secret"; };
budget: { pace = "0s"; };
hours: { active = "00:00-24:00"; };
publishers = ( { name = "blog"; agent = "naver"; blog_id = "myblog"; endpoint = "$URL"; profile = "$T/profile";
  mode = "publish"; unattended = true; $driver step_timeout = "20s"; browser_args = [ "--no-sandbox" ];
  per_day = 3; gap = "0s"; similar = 0; } );
lists = ( { name = "주방"; keywords = [ $1 ]; every = "1d"; limit = 1; template = "single"; publisher = "blog"; } );
END2
  chmod 600 "$T/cpauto.conf"
}
terms() { grep -c "blog.*terms of use forbid" "$T/log"; }
check_terms() { cpauto check blog 2>&1 | grep -c 'terms of use forbid'; }

naver_conf '"전기포트"'
: >"$T/log"
once
is 'a post is out' "$(posts published) $(seen '.posts | length')" '1 1'
is 'the terms are in the log' "$(terms)" 1

# A captcha after the final click, then a restart: nothing else is sent.
door set -X POST -G -d captcha=publish >/dev/null
naver_conf '"전기포트", "에어프라이어", "무선 청소기"'
once
is 'a captcha after the final click: one post is unclear, the other waits' \
  "$(posts unknown) $(posts ready) $(seen '.counts.final_clicks')" '1 1 2'
is 'with new processes of everything the log does not repeat the terms' "$(terms)" 1
is 'cpauto check shows them each time' "$(check_terms) $(check_terms)" '1 1'
like 'the log says what to do' "$(cat "$T/log")" "publisher 'blog' needs you: .*captcha.*cpauto unblock"
door set -X POST -G -d captcha=0 >/dev/null
once
is 'after a restart, the captcha gone: still nothing' "$(posts ready) $(seen '.counts.final_clicks')" '1 2'
like 'the publishers tell why' "$(cpauto status --json 2>&1)" 'captcha'
ok 'a person clears it' cpauto unblock
once
is 'then the other one goes out' "$(posts published) $(posts ready) $(seen '.counts.final_clicks')" '2 0 3'
is 'and the terms are still told once' "$(terms)" 1
is 'nothing was sent twice' "$(seen '[.posts[].title] | length == (unique | length)')" true
sleep 0.2
is 'no browser is left' "$(pgrep -fc -- "--user-data-dir=$T/profile")" 0
