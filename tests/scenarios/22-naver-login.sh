#!/bin/bash
# shellcheck disable=SC1091,SC2154
# cpauto login with a window that can be seen (Xvfb): it waits for a person, whom
# this test plays at the server; nothing is typed or pressed in it.
. "$(dirname "$0")/lib.sh"
command -v Xvfb >/dev/null || skip_all 'Xvfb is not installed (package xvfb)'
. "$(dirname "$0")/naver.sh"

Xvfb -displayfd 3 -screen 0 1400x1100x24 -nolisten tcp 3>"$T/display" >"$T/xvfb.log" 2>&1 &
pids+=("$!")
wait_for 20 test -s "$T/display" || { echo 'Bail out! Xvfb does not start'; exit 1; }
DISPLAY=:$(cat "$T/display")
export DISPLAY
unset WAYLAND_DISPLAY XAUTHORITY
profile=$T/login/profile
cat >"$T/cpauto.conf" <<END
coupang: { access_key_file = "$T/keys/access"; secret_key_file = "$T/keys/secret"; };
publishers = ( { name = "naver"; agent = "naver"; blog_id = "myblog"; endpoint = "$URL";
  profile = "$profile"; browser_args = [ "--no-sandbox" ]; step_timeout = "20s"; } );
lists = ( { name = "주방"; keywords = [ "전기포트" ]; publisher = "naver"; } );
END
chmod 600 "$T/cpauto.conf"
login() { # in the background: its output in login.out, its pid in $LOGIN
  cpauto login naver >"$T/login.out" 2>&1 &
  LOGIN=$!
  pids+=("$LOGIN")
}
# The browser's first process: the others of it name its profile too, and their kind.
browser() {
  local p
  for p in $(pgrep -f -- "--user-data-dir=$profile"); do
    tr '\0' '\n' <"/proc/$p/cmdline" | grep -q -- '^--type=' || { echo "$p"; return; }
  done
}
words() { tr '\0' ' ' <"/proc/$(browser)/cmdline"; }
login_page() { seen '.counts.login_pages > 0' | grep -q true; }

knobs login=0
login
ok 'the login page is opened' wait_for 60 login_page
is 'in a window, which is no headless one' \
  "$(words | grep -c -- "--user-data-dir=$profile") $(words | grep -c -- --headless)" '1 0'
sleep 1
ok 'it waits' kill -0 "$LOGIN"
is 'nobody has pressed anything meanwhile' "$(seen .knobs.login)" 0
door login -X POST >/dev/null
wait "$LOGIN"
is 'once somebody logged in it ends well' "$?" 0
like 'and says so' "$(cat "$T/login.out")" 'naver +it can work'
is 'the profile is for its owner alone' "$(stat -c %a "$profile")" 700
is 'the window is closed' "$(browser)" ''

knobs blog_id=other
login
wait "$LOGIN"
is 'another blog than the configured one is an error' "$?" 78
like 'and named' "$(cat "$T/login.out")" 'logged in as other, not as myblog'

knobs login=0
login
wait_for 60 login_page
kill "$(browser)"
wait "$LOGIN"
is 'a window that is closed is not waited for' "$?" 75
like 'and named' "$(cat "$T/login.out")" 'window was closed'
is 'no browser is left' "$(browser)" ''
