# shellcheck shell=bash disable=SC2034
# Sourced by every scenario: real programs, the stand-in server, TAP.
set -u
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$tree/$B ;; esac
T=$(mktemp -d "${TMPDIR:-/tmp}/cpauto-test.XXXXXX") || exit 2
mkdir -p "$T"/{state,cache,run,keys,out}
pids=()
n=0
failures=0
export STATE_DIRECTORY=$T/state CACHE_DIRECTORY=$T/cache RUNTIME_DIRECTORY=$T/run CPAUTO_LOG=stderr
# What is said is looked at in English; 12-korean.sh is the exception.
export LC_ALL=C.UTF-8
unset LANGUAGE
unset CREDENTIALS_DIRECTORY NOTIFY_SOCKET WATCHDOG_USEC JOURNAL_STREAM

finish() {
  local p
  # What is killed cannot say what it ran through (tests/coverage).
  if [ -n "${CPAUTO_TEST_GENTLE:-}" ]; then
    kill "${pids[@]}" 2>/dev/null
    for p in {1..60}; do kill -0 "${pids[@]}" 2>/dev/null && sleep 0.05; done
  fi
  for p in "${pids[@]}"; do
    disown "$p" 2>/dev/null
    kill -9 "$p" 2>/dev/null
  done
  echo "1..$n"
  if [ "$failures" -gt 0 ] && [ -n "${KEEP:-}" ]; then echo "# kept: $T"; else rm -rf "$T"; fi
  [ "$failures" -eq 0 ] || exit 1
}
trap finish EXIT

ok() { # ok TEXT COMMAND...: the command must succeed
  local text=$1
  shift
  n=$((n + 1))
  if "$@" >"$T/ok.out" 2>&1; then
    echo "ok $n - $text"
  else
    echo "not ok $n - $text"
    echo "# $*"
    sed 's/^/# /' "$T/ok.out" | head -40
    failures=$((failures + 1))
  fi
}
is() { # is TEXT GOT WANTED
  n=$((n + 1))
  if [ "$2" = "$3" ]; then
    echo "ok $n - $1"
  else
    echo "not ok $n - $1"
    printf 'got:    %s\nwanted: %s\n' "$2" "$3" | sed 's/^/# /'
    failures=$((failures + 1))
  fi
}
like() { # like TEXT GOT REGEX
  n=$((n + 1))
  if grep -qE -- "$3" <<<"$2"; then
    echo "ok $n - $1"
  else
    echo "not ok $n - $1"
    printf 'got:    %s\nwanted: %s\n' "$2" "$3" | head -40 | sed 's/^/# /'
    failures=$((failures + 1))
  fi
}
skip_all() { n=1; echo "ok 1 # skip $1"; exit 0; }

# wait_for SECONDS COMMAND...: until it succeeds, looked at 20 times a second.
# CPAUTO_TEST_PATIENCE: so many times as long, where programs are slow.
wait_for() {
  local end=$((SECONDS + $1 * ${CPAUTO_TEST_PATIENCE:-1}))
  shift
  until "$@" >"$T/wait.out" 2>&1; do
    [ $SECONDS -ge $end ] && { cat "$T/wait.out"; return 1; }
    sleep 0.05
  done
}

# sandbox OPTIONS...: the stand-in server; its address in $URL, its pid in $SERVER.
sandbox() {
  rm -f "$T/port"
  "$B/cpauto-sandbox" --port-file "$T/port" --log "$T/server.log" --quiet --die-with-parent "$@" \
    >"$T/server.out" 2>&1 &
  SERVER=$!
  pids+=("$SERVER")
  wait_for 10 test -s "$T/port" || { echo "Bail out! the stand-in server does not start"; cat "$T/server.out"; exit 1; }
  PORT=$(cat "$T/port")
  URL=http://127.0.0.1:$PORT
}
stats() { curl -s --noproxy '*' "$URL/_sandbox/stats" | jq -r "$1"; }
fault() { curl -s --noproxy '*' -X POST "$URL/_sandbox/fault?kind=$1&n=${2:-1}" >/dev/null; }

# conf [LINES...]: writes $T/cpauto.conf for the server; further lines are taken as they are.
umask 077
printf 'test-access\n' >"$T/keys/access"
printf 'test-secret\n' >"$T/keys/secret"
conf() {
  {
    cat <<END
coupang: { endpoint = "${URL:-http://127.0.0.1:1}"; access_key_file = "$T/keys/access"; secret_key_file = "$T/keys/secret"; timeout = "${TIMEOUT:-5s}"; };
budget: { calls = ${CALLS:-10}; window = "${WINDOW:-1h}"; margin = "${MARGIN:-60s}"; pace = "${PACE:-0s}"; };
cache: { ttl = "${TTL:-24h}"; };
hours: { active = "00:00-24:00"; };
publishers = ( { name = "outbox"; agent = "${AGENT:-outbox}"; directory = "$T/out"; timeout = "${PUBLISH_TIMEOUT:-20s}"; } );
END
    if [ $# -gt 0 ]; then printf '%s\n' "$@"; else
      echo 'lists = ( { name = "주방"; keywords = [ "에어프라이어", "전기포트" ]; every = "1d"; publisher = "outbox"; } );'
    fi
  } >"$T/cpauto.conf"
  chmod 600 "$T/cpauto.conf"
}
cpauto() { "$B/cpauto" -c "$T/cpauto.conf" "$@"; }
once() { timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --once "$@" >>"$T/log" 2>&1; }
daemon() { # starts one in the background with a new log: its pid in $DAEMON
  : >"$T/log"
  "$B/cpautod" -c "$T/cpauto.conf" "$@" >>"$T/log" 2>&1 &
  DAEMON=$!
  pids+=("$DAEMON")
  wait_for 10 grep -q 'is ready' "$T/log"
}
stop() { # ends the daemon with a signal (default TERM); its exit code in $RC
  kill "-${1:-TERM}" "$DAEMON" 2>/dev/null
  wait "$DAEMON" 2>/dev/null
  RC=$?
}
listen() { # as systemd would: what is told to $T/notify is appended to $T/told, a line each
  cat >"$T/listen.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], "ab", buffering=0) as f:
    while True:
        f.write(s.recv(65536) + b"\n")
END
  /usr/bin/env python3 "$T/listen.py" "$T/notify" "$T/told" &
  pids+=($!)
  wait_for 10 test -S "$T/notify"
}
sql() { sqlite3 -readonly -cmd '.timeout 5000' "$T/state/state.db" "$1"; }
posts() { sql "SELECT count(*) FROM posts WHERE state = '$1'"; }
folders() { find "$T/out" -mindepth 2 -maxdepth 2 -name post.html 2>/dev/null | grep -c .; }
has_posts() { [ "$(posts "$1")" -ge "$2" ]; }
