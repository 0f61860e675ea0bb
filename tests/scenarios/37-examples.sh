#!/bin/bash
# shellcheck disable=SC1091,SC2016,SC2154
# Every example of the manual pages is tried: commands are run against a state in
# which they make sense, configurations and templates are checked, JSON is held
# to the contract. What is neither is a text, and has to be named here.
. "$(dirname "$0")/lib.sh"

X=$T/examples
mkdir -p "$X" "$T"/{bin,etc,home,backups,tree/build,first}
"$tree/tests/scenarios/examples.pl" "$X" "$tree"/man/*.[0-9]

# ---- a tree of its own, so that a template of the manual can lie in it
cp -rL "$B"/{cpauto,cpautod,cpauto-sandbox,cpauto-picture,agents} "$T/tree/build/"
cp -r "$tree/etc" "$T/tree/etc"
B=$T/tree/build
stub() { cat >"$T/bin/$1" && chmod 755 "$T/bin/$1"; }
stub cpauto <<END
#!/bin/sh
for a; do [ "\$a" = -c ] && exec "$B/cpauto" "\$@"; done
exec "$B/cpauto" -c "$T/cpauto.conf" "\$@"
END
ln -s "$B/cpautod" "$T/bin/cpautod"
stub sudo <<'END'
#!/bin/sh
[ "$1" = -u ] && shift 2
exec "$@"
END
stub systemctl <<END
#!/bin/sh
case \$1 in start|stop|reload|restart|status|enable|disable|edit|daemon-reload|list-timers) ;; *) exit 64 ;; esac
for a; do case \$a in cpauto*@*) [ -e "$tree/systemd/cpauto.service" ] || exit 1 ;; esac; done
END
# Queries of the journal: a field must be one that the program writes, an option
# one that journalctl has.
journalctl --help >"$T/journalctl.help" 2>&1 || : >"$T/journalctl.help"
stub journalctl <<END
#!/bin/bash
for a; do
  case \$a in
    CPAUTO_[A-Z]*=*|MESSAGE_ID=*) grep -rqF "\"\${a%%=*}\"" "$tree/src" || grep -rqF "\${a%%=*}=" "$tree/src" || exit 65 ;;
    --*) [ ! -s "$T/journalctl.help" ] || grep -qF -- "\${a%%=*}" "$T/journalctl.help" || exit 64 ;;
  esac
done
echo '{"CPAUTO_CALLS_LEFT":"4","MESSAGE":"x"}'
END
stub xdg-open <<'END'
#!/bin/sh
[ -e "$1" ]
END
# A blog that takes everything, also changes, and lets one log in.
stub blog <<'END'
#!/bin/sh
case $(jq -r .op) in
  describe) echo '{"v":1,"result":"ok","name":"blog","findable":true,"update":true,"unattended":true,"images":true,"html_profile":"any"}' ;;
  find) echo '{"v":1,"result":"ok","found":"yes","id":"2231","url":"https://blog.example/2231"}' ;;
  *) echo '{"v":1,"result":"ok","id":"2231","url":"https://blog.example/2231"}' ;;
esac
END
cp "$T/bin/blog" "$T/bin/textfile"
mv "$T/bin/blog" "$B/agents/blog"
ln -s "$T/bin/textfile" "$B/agents/textfile"
export PATH=$T/bin:$PATH HOME=$T/home

# ---- a state with what the examples speak of
sandbox --calls 50
CALLS=50 conf 'lists = (
  { name = "주방"; keywords = [ "에어프라이어", "전기포트", "무선 청소기" ]; every = "3d"; publisher = "naver"; },
  { name = "선물"; keywords = [ "머그컵" ]; every = "3d"; publisher = "naver"; approve = "manual"; } );' \
  "events = ( { name = \"phone\"; agent = \"exec\"; program = \"$T/bin/textfile\"; on = [ \"budget\" ]; } );"
sed -i "s|^publishers = .*|publishers = ( { name = \"naver\"; agent = \"blog\"; directory = \"$T/out\"; } );|" "$T/cpauto.conf"
ok 'a first run' once
is 'four posts' "$(sql 'SELECT count(*) FROM posts')" 4
"$B/cpauto" -c "$T/cpauto.conf" queue add '캠핑 의자' --list 선물 >/dev/null
ok 'and a keyword that was added' once
"$B/cpauto" -c "$T/cpauto.conf" backup "$T/backups/cpauto-2026-11-23.db" >/dev/null
cp -r "$STATE_DIRECTORY" "$CACHE_DIRECTORY" "$T/first/"
cp "$X"/cpauto-agent.7-*.program "$T/home/" 2>/dev/null
for p in "$T"/home/*.program; do grep -q KEY.txt "$p" && cp "$p" "$T/home/textfile" && chmod 755 "$T/home/textfile"; done
printf '<p><b>이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다.</b></p><p>글</p>' >"$T/home/old-post.html"
cp "$T/cpauto.conf" "$T/home/my.conf"

# set_posts STATE: posts 17 and 18 are in it
set_posts() {
  sqlite3 "$STATE_DIRECTORY/state.db" "UPDATE posts SET id = id + 16 WHERE id <= 2;
    UPDATE posts SET state = '$1', url = NULL, seal = NULL, reason = 'as the example wants it',
      next_ms = created_ms, published_ms = CASE '$1' WHEN 'published' THEN created_ms END,
      external_id = CASE '$1' WHEN 'published' THEN '2231' END WHERE id IN (17, 18)"
}
fresh() {
  rm -rf "$T/state" "$T/cache" "$T"/run/*
  cp -r "$T/first/state" "$T/first/cache" "$T/"
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# shell NAME FILE: the example, in a state of its own
shell() {
  local text wish="" dir=$T/home/$1
  text=$(sed -e "s|/var/backups|$T/backups|g; s|18080|$(free_port)|g; s|/var/lib/cpauto|$T/state|g" -e 's| -f  *#| #|' "$2")
  fresh
  case $text in
    *posts\ settle*) set_posts parked; wish=1 ;;
    *posts\ retry*) set_posts refused; wish=1 ;;
    *posts\ update*) set_posts published; wish=1 ;;
    *posts\ approve*|*posts\ reject*) set_posts waiting; wish=1 ;;
    *warn-unposted*) set_posts published; wish=1 ;;
    *queue\ resume*|*queue\ pause*|*queue\ now*|*queue\ remove*|*unblock*) set_posts published; wish=1 ;;
    *queue\ add*) set_posts published; wish=1; "$B/cpauto" -c "$T/cpauto.conf" queue remove '캠핑 의자' >/dev/null ;;
    *) set_posts published ;;
  esac
  [ -z "$wish" ] || daemon
  mkdir -p "$dir" "$T/home/.local/share/bash-completion/completions"
  cp "$T"/home/{old-post.html,my.conf,textfile} "$dir/"
  # A server that an example leaves behind ends with its shell.
  (cd "$dir" && printf '%s\n' "$text" | sed -E 's/^(cpauto sandbox .*[0-9])$/\1 --help/; s/^(cpauto sandbox .*) &$/\1 --die-with-parent >server.log 2>\&1 \& for i in $(seq 100); do curl -s --noproxy "*" "127.0.0.1:$(grep -oE "[0-9]+$" <<<"\1")" >\/dev\/null \&\& break; sleep 0.1; done/' >run &&
    timeout 60 bash -e -o pipefail ./run >said 2>&1)
  local rc=$?
  if [ -n "$wish" ]; then
    stop TERM
    wish=$(sql 'SELECT kind, text FROM requests WHERE outcome IS NOT 0')
  fi
  is "$1: $(head -n 1 "$2")" "$rc$([ $rc -eq 0 ] || tail -n 3 "$dir/said")$wish" 0
}

# config NAME FILE: taken by cpautod --check, with what it leaves open added
config() {
  local f=$T/etc/$1.conf
  sed -e "s|/var/lib/cpauto|$T/state|g; s|/etc/cpauto/|$T/etc/|g; s|/usr/local/bin|$T/bin|g" "$2" >"$f.part"
  # A group of a list stands alone: in the list that its members belong to.
  if grep -q '^{ name' "$f.part"; then
    { echo 'publishers = ('; cat "$f.part"; echo ');'; } >"$f"
  else
    cp "$f.part" "$f"
  fi
  rm "$f.part"
  ! grep -q '^events = ' "$f" || echo 'lists = ( { name = "주방"; keywords = [ "전기포트" ]; } );' >>"$f"
  grep -qE '^ *keywords|^lists = |@include' "$f" ||
    echo "lists = ( { name = \"주방\"; keywords = [ \"전기포트\" ]; publisher = \"$(grep -oE '^ *\{ name = "[^"]+"' "$f" | cut -d'"' -f2 | grep . || echo outbox)\"; } );" >>"$f"
  grep -q '^publishers = ' "$f" ||
    echo "publishers = ( { name = \"outbox\"; agent = \"outbox\"; directory = \"$T/out\"; } );" >>"$f"
  grep -q '^coupang: ' "$f" ||
    echo "coupang: { access_key_file = \"$T/keys/access\"; secret_key_file = \"$T/keys/secret\"; };" >>"$f"
  local named
  for named in $(grep -oE '[a-z_]+_file = "[^"]+"|@include "[^"]+"' "$f" | cut -d'"' -f2); do
    case $named in /*) ;; *) named=$T/etc/$named ;; esac
    [ -e "$named" ] || case $named in
      *.conf) echo 'lists = ( { name = "주방"; keywords = [ "전기포트" ]; } );' >"$named" ;;
      *.txt) echo 머그컵 >"$named" ;;
      *) echo x >"$named" ;;
    esac
  done
  chmod -R go= "$T/etc"
  fresh
  ok "$1: the configuration is right" "$B/cpauto" -c "$f" check
  ok "$1: and the daemon takes it" "$B/cpautod" -c "$f" --check
}

json() { # NAME FILE: each object is one of the contract
  sed -e 's/{ … }/{}/g; s/, … }/ }/g' "$2" >"$T/json"
  is "$1: each is JSON, and what is no request is an answer" "$(jq -c 'select(
    .v != 1 or (if .op then (.op | type) != "string" or (.config | type) != "object" else
      (.result as $r | ["ok", "later", "unknown", "refused", "broken", "blocked"] | index($r) | not) or
      (.result != "ok" and ((.reason // "") == "")) end))' "$T/json" 2>&1)" ''
  ok "$1: and some are there" test "$(jq -c . "$T/json" | wc -l)" -gt 0
}

template() { # NAME FILE: a post is made with it
  cp "$2" "$T/tree/etc/templates/example.mustache"
  fresh
  ok "$1: the template makes a post" cpauto_tree preview 전기포트 --sandbox --template example -o "$T/post.html"
  like "$1: with its products" "$(cat "$T/post.html")" 'link.coupang.com|127.0.0.1'
  ok "$1: that keeps the rules" cpauto_tree lint "$T/post.html"
  rm "$T/tree/etc/templates/example.mustache"
}
cpauto_tree() { "$B/cpauto" -c "$T/cpauto.conf" "$@"; }

text() { # NAME FILE: shown, not typed
  local first
  first=$(head -n 1 "$2")
  case $first in
    *taken*ended*back*|*'planned -> '*) return ;; # drawings
    '{{! title: '*) return ;;                     # a form, used in the template above
    '이 포스팅은'*)
      fresh
      cpauto_tree preview 전기포트 --sandbox --text >"$T/said" 2>/dev/null
      ok "$1: the disclosure is the one of a post" grep -qF "$first" "$T/said" ;;
    *'calls left, next at'*)
      like "$1: the status is as it is made" "$(cat "$2")" \
        "^[0-9]+ of [0-9]+ calls left, next at [0-9]{2}:[0-9]{2} for '.*'; [0-9]+ posts waiting for approval$"
      for part in 'of %d calls left' 'next at %s for' 'waiting for approval'; do
        ok "$1: \"$part\" stands in the program" grep -rqF "$part" "$tree/src"
      done ;;
    'CPAUTO WARNING - '*)
      for part in 'CPAUTO %s - ' 'a post is not out after %s (%s)' 'unposted='; do
        ok "$1: \"$part\" stands in the program" grep -rqF "$part" "$tree/src"
      done ;;
    /etc/cpauto.conf:*)
      # The same mistake in the same line gives the same words.
      { printf '#\n%.0s' $(seq 10); printf 'lists = ( { name = "a"; keywords = [ "b" ];\n every = 3;\n } );\n'; } >"$T/wrong.conf"
      is "$1: the error is as it is made" \
        "$("$B/cpautod" -c "$T/wrong.conf" --check 2>&1 | sed "s|.*$T/wrong.conf|/etc/cpauto.conf|" | grep '^/etc' | head -n 1)" \
        "$(tr '\n' ' ' <"$2" | sed 's/ *$//')" ;;
    *) is "$1: a text that this test knows" "$first" 'a line of its own in 37-examples.sh' ;;
  esac
}

for example in "$X"/*; do
  name=$(basename "$example")
  case $name in
    *.shell) shell "${name%.*}" "$example" ;;
    *.config) config "${name%.*}" "$example" ;;
    *.json) json "${name%.*}" "$example" ;;
    *.template) template "${name%.*}" "$example" ;;
    *.program) ok "${name%.*}: is a program (24-exec.sh runs it)" grep -q 'publish' "$example" ;;
    *) text "${name%.*}" "$example" ;;
  esac
done
is 'no example reached the limit' "$(stats .refused)" 0
