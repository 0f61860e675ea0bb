#!/bin/bash
# shellcheck disable=SC1091,SC2016,SC2034,SC2154
# The agent exec: the two programs of cpauto-agent(7), taken out of the manual,
# and programs that others can change, that fail, lie or leave something behind.
. "$(dirname "$0")/lib.sh"

mkdir -p "$T/bin"
shown() { # SECTION: the first block of it, as a reader sees it
  awk -v s=".Ss $1" '$0 == s { on = 1 } on && /^\.Bd/ { text = 1; next } /^\.Ed/ { if (text) exit } text' \
    "$tree/man/cpauto-agent.7" | sed -e 's/\\(dq/"/g' -e 's/\\(aq/'"'"'/g' -e 's/\\e/\\/g' -e 's/^\\&//'
}
program() { cat >"$T/bin/$1" && chmod 755 "$T/bin/$1"; }
use() { # PROGRAM MORE: a configuration with it
  conf 'lists = ( { name = "주방"; keywords = [ "가습기" ]; every = "1d"; publisher = "outbox"; } );'
  sed -i "s|^publishers = .*|publishers = ( { name = \"outbox\"; agent = \"exec\"; program = \"$1\"; directory = \"$T/out\"; timeout = \"5s\"; ${2:-} } );|" "$T/cpauto.conf"
}
anew() {
  rm -rf "$T"/state/* "$T"/cache/* "$T"/out/*
  curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
  : >"$T/log"
}
ask() { # OP CONFIG POST: the answer of the agent itself
  printf '{"v":1,"op":"%s","config":{%s},"post":{%s}}' "$1" "$2" "${3:-}" | "$B/agents/exec" 2>"$T/err"
}

sandbox

# ---- the two of the manual
shown 'A whole publisher' | program textfile
shown 'The same in Python' | program markdown
command -v python3 >/dev/null || { echo '# no python3: its example is left out' && rm "$T/bin/markdown"; }
for p in textfile markdown; do
  [ -e "$T/bin/$p" ] || continue
  anew
  use "$T/bin/$p"
  is "$p: check is content" "$(cpauto check >"$T/said" 2>&1; echo $?)" 0
  ok "$p: a run" once
  is "$p: one post is out" "$(posts published)" 1
  is "$p: as one file" "$(find "$T/out" -type f | wc -l)" 1
  ok "$p: with the disclosure" grep -rq '쿠팡 파트너스 활동의 일환' "$T/out"
  key=$(basename "$(find "$T/out" -type f)" | cut -d. -f1)
  c="\"program\":\"$T/bin/$p\",\"directory\":\"$T/out\""
  is "$p: it finds it" "$(ask find "$c" "\"key\":\"$key\"" | jq -r .found)" yes
  is "$p: and no other" "$(ask find "$c" '"key":"none"' | jq -r .found)" no
  is "$p: it describes itself" "$(ask describe "$c" | jq -r '.name, .findable' | xargs)" "$p true"
  is "$p: without a folder it is broken" "$(ask check "\"program\":\"$T/bin/$p\",\"directory\":\"$T/none\"" | jq -r .result)" broken
done

# ---- what it is given
program echo <<'E2'
#!/bin/sh
request=$(cat)
echo "<4>a warning of mine" >&2
printf '{"v":1,"result":"ok","args":"%s|%s|%s","secret":"%s","config":%s}' "$1" "$2" "$#" \
  "$(cat "$CPAUTO_SECRET_WORD")" "$(printf %s "$request" | jq -c .config)"
E2
echo hidden >"$T/keys/word"
export CPAUTO_SECRET_WORD=$T/keys/word
got=$(ask check "\"program\":\"$T/bin/echo\",\"args\":[\"a b\",\"\$(id)\"],\"name\":\"가\"")
unset CPAUTO_SECRET_WORD
is 'arguments arrive as they are' "$(jq -r .args <<<"$got")" 'a b|$(id)|2'
is 'secrets too' "$(jq -r .secret <<<"$got")" hidden
is 'the request is without program and args' "$(jq -c .config <<<"$got")" '{"name":"가"}'
is 'what it logs is passed on' "$(cat "$T/err")" '<4>a warning of mine'

# ---- what must not be run
program good <<'E2'
#!/bin/sh
cat >/dev/null; echo '{"v":1,"result":"ok"}'; : >"$0.ran"
E2
broken() { # TEXT PROGRAM PATTERN [MORE]
  rm -f "$T/bin/good.ran"
  got=$(ask publish "\"program\":\"$2\"${4:-}")
  is "$1: broken" "$(jq -r .result <<<"$got")" broken
  like "$1: with the reason" "$(jq -r .reason <<<"$got")" "$3"
  ok "$1: and nothing was run" test ! -e "$T/bin/good.ran"
}
broken 'a path that is not whole' bin/good 'whole path'
broken 'no path' '' 'whole path'
broken 'a missing program' "$T/bin/none" 'none'
broken 'a folder' "$T/bin" 'no file'
chmod 775 "$T/bin/good"
broken 'one that a group can change' "$T/bin/good" 'chmod go-w'
chmod 757 "$T/bin/good"
broken 'one that all can change' "$T/bin/good" 'chmod go-w'
chmod 644 "$T/bin/good"
broken 'one that nobody can run' "$T/bin/good" 'chmod 755'
chmod 755 "$T/bin/good"
chmod 777 "$T/bin"
broken 'one in a folder that all can change' "$T/bin/good" 'folder'
ln -s "$T/bin/good" "$T/link"
broken 'a link to it' "$T/link" 'folder'
chmod 755 "$T/bin"
broken 'args that are no list' "$T/bin/good" 'args' ',"args":"a"'
broken 'an argument that is no text' "$T/bin/good" 'number 2' ',"args":["a",7]'
is 'the same runs when all is well' "$(ask publish "\"program\":\"$T/bin/good\"" | jq -r .result)" ok
if [ "$(id -u)" -eq 0 ]; then
  chown 65534 "$T/bin/good"
  broken "another user's" "$T/bin/good" 'belong to root'
fi
printf '#!/no/such/shell\n' | program odd
broken 'one without an interpreter' "$T/bin/odd" 'first line'

# ---- what it may answer: what is not clear is unknown
answers() { # TEXT RESULT PATTERN, the program on standard input
  program odd
  got=$(timeout 20 "$B/agents/exec" <<<"{\"v\":1,\"op\":\"publish\",\"config\":{\"program\":\"$T/bin/odd\"},\"post\":{}}" 2>/dev/null)
  is "$1: $2" "$(jq -r .result <<<"$got")" "$2"
  like "$1: the reason" "$(jq -r .reason <<<"$got")" "$3"
}
answers 'refused' refused 'too long for us' <<'E2'
#!/bin/sh
cat >/dev/null; echo '{"v":1,"result":"refused","reason":"too long for us"}'
E2
answers 'no answer' unknown 'without an answer' <<'E2'
#!/bin/sh
cat >/dev/null
E2
answers 'no JSON' unknown 'cannot be read' <<'E2'
#!/bin/sh
echo '{"v":1,"result":"ok"'
E2
answers 'another version' unknown '"v": 1' <<'E2'
#!/bin/sh
echo '{"v":2,"result":"ok"}'
E2
answers 'an unknown word' unknown 'result' <<'E2'
#!/bin/sh
echo '{"v":1,"result":"fine"}'
E2
answers 'a list' unknown 'result' <<'E2'
#!/bin/sh
echo '[1]'
E2
answers 'an exit status, whatever it says' unknown 'exit status 3' <<'E2'
#!/bin/sh
cat >/dev/null; echo '{"v":1,"result":"refused","reason":"x"}'; exit 3
E2
answers 'a crash' unknown 'signal 11' <<'E2'
#!/bin/sh
kill -SEGV $$
E2
answers 'an answer without end' unknown 'MiB|signal|exit' <<'E2'
#!/bin/sh
head -c 20000000 /dev/zero
E2
answers 'one that leaves a child behind' refused 'left a child' <<'E2'
#!/bin/sh
sleep 15 &
echo $! >"$0.child"
echo '{"v":1,"result":"refused","reason":"left a child"}'
E2
kill "$(cat "$T/bin/odd.child")"

# ---- through the daemon: one that hangs is ended with all that it started
program odd <<'E2'
#!/bin/sh
sleep 321 &
sleep 321
E2
anew
use "$T/bin/odd"
once
is 'one that hangs: unknown' "$(posts unknown)" 1
ok 'and nothing of it is left' sh -c '! pgrep -f "^sleep 321$"'
