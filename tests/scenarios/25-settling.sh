#!/bin/bash
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC2317
# What becomes of a post whose answer was lost, for each agent that needs no
# real blog; the servers and folders count.
. "$(dirname "$0")/lib.sh"
. "$tree/tests/scenarios/settling.sh"
command -v python3 >/dev/null || skip_all 'python3 is not there'

sandbox --ttl=30d --calls=100
API=$URL
use() { # AGENT MORE: a configuration with one keyword and this publisher
  TTL=3d conf 'lists = ( { name = "주방"; keywords = [ "가습기" ]; every = "5d"; category = "주방"; publisher = "outbox"; } );'
  sed -i "s|^publishers = .*|publishers = ( { name = \"outbox\"; agent = \"$1\"; timeout = \"20s\"; $2 } );|" "$T/cpauto.conf"
}

# ---- outbox: the daemon is killed after it has taken the post up, the folder there or not
use outbox "directory = \"$T/out\";"
fresh() {
  rm -rf "$T"/out/* "$T/hold" "$T/sent"
  : >"$T/sent"
}
there() { folders; }
sent() { sql 'SELECT sum(attempts) FROM posts'; }
well() { once() { timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --once >>"$T/log" 2>&1; }; }
# As the kill leaves it on the disk: sending, by the clock of now.
lose() {
  if [ "$1" = made ]; then
    once() {
      timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --once >>"$T/log" 2>&1
      sqlite3 "$T/state/state.db" "UPDATE posts SET state = 'sending', published_ms = NULL, external_id = NULL, url = NULL, seal = NULL"
      timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --once >>"$T/log" 2>&1
    }
  else
    once() {
      timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --once >>"$T/log" 2>&1
      rm -rf "$T"/out/*
      sqlite3 "$T/state/state.db" "UPDATE posts SET state = 'sending', published_ms = NULL, external_id = NULL, url = NULL, seal = NULL"
      timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --once >>"$T/log" 2>&1
    }
  fi
}
settle_well outbox
settle_found outbox
settle_absent outbox

# ---- exec: a program that keeps each post as a file and then dies, or dies before
once() { timeout 60 "$B/cpautod" -c "$T/cpauto.conf" --once >>"$T/log" 2>&1; }
mkdir -p "$T/bin"
cat >"$T/bin/blog" <<E2
#!/bin/sh
request=\$(cat)
get() { printf %s "\$request" | jq -r "\$1"; }
file=$T/out/\$(get .post.key)
how=\$(cat "$T/how")
case \$(get .op) in
publish) echo . >>"$T/sent"
  [ "\$how" = lost ] && kill -9 \$\$
  get .post.text >"\$file"
  [ "\$how" = made ] && kill -9 \$\$
  echo '{"v":1,"result":"ok","id":"1"}' ;;
find) [ -e "$T/blind" ] && { echo '{"v":1,"result":"refused","reason":"it cannot look"}'; exit; }
  [ -e "\$file" ] && found=yes || found=no
  echo '{"v":1,"result":"ok","found":"'\$found'"}' ;;
esac
E2
chmod 755 "$T/bin/blog"
use exec "program = \"$T/bin/blog\";"
fresh() {
  rm -rf "$T"/out/*
  : >"$T/sent"
  : >"$T/how"
}
there() { find "$T/out" -type f | wc -l; }
sent() { wc -l <"$T/sent"; }
well() { : >"$T/how"; }
lose() { echo "$1" >"$T/how"; }
settle_well exec
settle_found exec
settle_absent exec
: >"$T/blind"
settle_parked exec

# ---- naver-openapi and naver-cafe: the connection ends after the post or before it
gate() { # a new server, which has no post
  [ -n "${GATE_PID:-}" ] && { disown "$GATE_PID"; kill "$GATE_PID"; }
  rm -f "$T/gate.port"
  : >"$T/gate.log"
  echo good >"$T/mode"
  "$tree/tests/gateway" "$T/gate.port" "$T/gate.log" "$T/mode" ${GATE:+"${GATE##*:}"} >"$T/gate.out" 2>&1 &
  GATE_PID=$!
  pids+=("$GATE_PID")
  wait_for 10 test -s "$T/gate.port" || { echo 'Bail out! no gateway'; cat "$T/gate.out"; exit 1; }
  GATE=http://127.0.0.1:$(cat "$T/gate.port")
  echo gateway-1 >"$T/keys/at"
  touch "$T/keys/at"
}
gate
token="endpoint = \"$GATE\"; access_token_file = \"$T/keys/at\"; request_timeout = \"5s\";"
fresh() { gate; }
there() { curl -s --noproxy '*' "$GATE/rss" | grep -o '<item>' | grep -c .; }
sent() { grep -cE '^(blog|cafe) ' "$T/gate.log"; }
well() { echo good >"$T/mode"; }
lose() { [ "$1" = made ] && echo die >"$T/mode" || echo lose >"$T/mode"; }
use naver-openapi "$token category_no = 7; feed = \"$GATE/rss\";"
settle_well naver-openapi
settle_found naver-openapi
settle_absent naver-openapi
use naver-openapi "$token category_no = 7;"
settle_parked naver-openapi
use naver-cafe "$token clubid = 12; menuid = 3; images = false;"
settle_well naver-cafe
settle_parked naver-cafe
settled
