#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# One operation is one request, whatever happens on the wire: a sample of the
# matrix of tests/wire, then three of its faults through the daemon, after which
# the budget is exact and nothing was sent twice.
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || skip_all 'openssl is not there'

"$tree/tests/wire/run" --sample "${WIRE_SAMPLE:-80}" --seed "${SOAK_SEED:-11}" >"$T/wire" 2>&1
sed 's/^/# /' "$T/wire" | cut -c1-400 | tail -20
last=$(tail -n 1 "$T/wire")
like 'the matrix was gone through' "$last" '^cells (9|[0-9]{2})[0-9]+ requests [0-9]{3}'
like 'and nothing broke' "$last" ' broken 0 '
case $last in *'tls no') echo "ok $((n += 1)) - # skip no mount namespace here: the rows with TLS were left out" ;; esac

# ---- through the daemon
wire() { # NAME: another server, its port in $WIRE; it does what is in $T/NAME.do
  echo none >"$T/$1.do"
  : >"$T/$1.asked"
  /usr/bin/python3 "$tree/tests/wire/server.py" "$T/$1.port" "$T/$1.asked" "$T/$1.do" >"$T/$1.out" 2>&1 &
  pids+=($!)
  wait_for 10 test -s "$T/$1.port" || { echo "Bail out! no server"; cat "$T/$1.out"; exit 1; }
  WIRE=$(cat "$T/$1.port")
}
export PYTHONDONTWRITEBYTECODE=1
wire api
URL=http://127.0.0.1:$WIRE
wire blog
BLOG=http://127.0.0.1:$WIRE
wire proxy
proxy=http://user:canary@127.0.0.1:$WIRE
mkdir "$T/home"
printf 'proxy = "%s"\nretry = 5\n' "$proxy" >"$T/home/.curlrc"
printf 'default login canary password canary\n' >"$T/home/.netrc"
chmod 600 "$T/home/.netrc"
export HOME=$T/home CURL_HOME=$T/home http_proxy=$proxy https_proxy=$proxy ALL_PROXY=$proxy all_proxy=$proxy HTTPS_PROXY=$proxy HTTP_PROXY=$proxy
export NO_PROXY=nowhere.example no_proxy=nowhere.example SSLKEYLOGFILE=$T/tls-keys
echo 'pass word' >"$T/keys/password"
asked() { grep -c "$2" "$T/$1.asked"; }
use() { # KEYWORDS: with the publisher metaweblog
  rm -rf "$T"/state/* "$T"/cache/*
  : >"$T/api.asked"
  : >"$T/blog.asked"
  : >"$T/log"
  conf "lists = ( { name = \"주방\"; keywords = [ $1 ]; every = \"1d\"; publisher = \"outbox\"; } );"
  sed -i "s|^publishers = .*|publishers = ( { name = \"outbox\"; agent = \"metaweblog\"; endpoint = \"$BLOG/xmlrpc.php\"; user = \"me\"; password_file = \"$T/keys/password\"; request_timeout = \"10s\"; } );|" "$T/cpauto.conf"
}
exact() { # TEXT CALLS: as many searches as calls in the ledger, and as many are spent
  is "$1: asked, recorded, spent" \
    "$(asked api products/search) $(sql 'SELECT count(*) FROM calls') $(cpauto status --json | jq -r '.budget.spent // .budget.used // (.budget.calls - .budget.left)')" "$2 $2 $2"
}

use '"에어프라이어"'
echo 'half-body products/search' >"$T/api.do"
once
exact 'half an answer of the API' 1
once
exact 'and it is not asked again at once' 1
echo none >"$T/api.do"

use '"에어프라이어", "전기포트", "가습기"'
echo 'close newPost' >"$T/blog.do"
echo 'endless-body /cdn/' >"$T/api.do"
once
exact 'answers of the blog that are lost' 3
ok 'pictures were asked for, which are no calls' test "$(asked api /cdn/)" -gt 0
is 'each post was sent once, and its end is not known' "$(asked blog newPost) $(posts unknown) $(posts published)" '3 3 0'
once
is 'nor is it sent again' "$(asked blog newPost)" 3
like 'the owner is told' "$(cpauto posts list)" 'unknown'

use '"에어프라이어", "전기포트"'
echo '307-elsewhere newPost' >"$T/blog.do"
echo none >"$T/api.do"
once
exact 'a blog that has moved' 2
is 'asked once, and stopped' "$(asked blog newPost) $(posts ready)" '1 2'

is 'the proxy of the environment was never asked' "$(wc -l <"$T/proxy.asked")" 0
ok 'and no keys of TLS were written down' test ! -e "$T/tls-keys"

ok "a browser's driver that fails where a draft is saved, and anywhere" \
  "$tree/tests/wire/webdriver.py" --mode draft --sample 10 --seed "${SOAK_SEED:-1}"
