#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Names, keywords and a publisher's words that try to be HTML, script, template,
# JSON, a log line, terminal codes, headers, paths, SQL, XML or Markdown: inert
# wherever they come out, shown in one table.
. "$(dirname "$0")/lib.sh"

H="$tree/tests/scenarios/36-hostile.py"
mkdir "$T/replay" "$T/agents"
cp "$tree/tests/data/answer-ten.json" "$T/answer-base.json"
keywords='"선풍기<script>x</script>", "'"'"'); DROP TABLE posts; --", "../../evil", "]]><evil/>", "{{x}}[a](javascript:1)"'
for half in 0 1; do
  rm -rf "$T"/state/* "$T"/cache/* "$T"/out/*
  : >"$T/log"
  python3 "$H" answer "$T" $half
  sandbox --replay "$T/replay"
  conf "lists = ( { name = \"목록\"; keywords = [ $keywords ]; every = \"1d\"; publisher = \"outbox\"; } );"
  ok "names, part $((half + 1))" once
  ok 'posts are out' test "$(posts published)" -ge 4
  cpauto posts --json >"$T/posts.json"
  cpauto posts show 1 --json >"$T/show.json"
  for c in 'posts' 'posts show 1' 'explain 1' status queue calls; do
    script -qec "stty cols 80; TERM=xterm NO_COLOR=1 $B/cpauto -c $T/cpauto.conf $c" /dev/null | tr -d '\r'
  done >"$T/terminal"
  python3 "$H" "html=post.html=$T/out/*/post.html" "md=post.md=$T/out/*/post.md" "txt=post.txt=$T/out/*/post.txt" \
    "json=manifest.json=$T/out/*/manifest.json" "copy=copy.html=$T/out/*/copy.html" "copy=index.html=$T/out/index.html" \
    "feed=feed.xml=$T/out/feed.xml" "log=log=$T/log" "term=a terminal=$T/terminal" "json=posts --json=$T/posts.json" \
    "json=posts show --json=$T/show.json" >"$T/table" 2>&1
  while IFS=$'\t' read -r verdict where count why; do
    is "12 inputs in $where ($count)" "$verdict${why:+: $why}" inert
  done <"$T/table"
  is 'the table was printed' "$(grep -c . "$T/table")" 11
  is 'nothing lies outside its folder' "$(find "$T" -name '*evil*' -not -path "$T/out/20*" | grep -c .)" 0
  is 'the database is whole' "$(sql 'PRAGMA integrity_check')" ok
done

# A publisher that answers so.
ln -s "$B/agents/coupang" "$T/agents/"
cat >"$T/agents/outbox" <<'END'
#!/usr/bin/python3
import json, os, sys
json.load(sys.stdin)
text = json.load(open(os.environ["CPAUTO_TEST_DIR"] + "/words"))
sys.stderr.write(text + "\n")
print(json.dumps({"v": 1, "result": os.environ["CPAUTO_TEST_RESULT"], "reason": text, "id": text, "url": text}))
END
chmod +x "$T/agents/outbox"
export CPAUTO_TEST_DIR=$T CPAUTO_TEST_RESULT
conf 'lists = ( { name = "a"; keywords = [ "가습기" ]; publisher = "outbox"; } );'
: >"$T/log"
for ((i = 0; i < $(python3 "$H" count); i++)); do
  python3 "$H" input "$i" >"$T/words"
  [ $((i % 2)) = 0 ] && CPAUTO_TEST_RESULT=refused || CPAUTO_TEST_RESULT=ok
  rm -rf "$T"/state/* "$T"/cache/*
  curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
  once --agents "$T/agents"
  { cpauto posts; cpauto posts show 1; cpauto explain 1; } >>"$T/said"
  cpauto posts show 1 --json >"$T/said$i.json"
done
python3 "$H" "log=log=$T/log" "term=a terminal=$T/said" "json=--json=$T/said*.json" >"$T/table" 2>&1
while IFS=$'\t' read -r verdict where count why; do
  is "12 answers of a publisher in $where ($count)" "$verdict${why:+: $why}" inert
done <"$T/table"
is 'the table was printed' "$(grep -c . "$T/table")" 3

# What the agents make of such posts, and of a draft whose blog calls it so.
ok 'every agent takes them' env B="$B" python3 "$H" send "$T"
python3 "$H" "request=requests of wordpress=$T/sent/wordpress-*" "request=requests of metaweblog=$T/sent/metaweblog-*" \
  "request=requests of naver-openapi=$T/sent/naver-openapi-*" "json=answers of agents=$T/answers/*" \
  "log=logs of agents=$T/agents.log" >"$T/table" 2>&1
while IFS=$'\t' read -r verdict where count why; do
  is "20 posts in $where ($count)" "$verdict${why:+: $why}" inert
done <"$T/table"
is 'the table was printed' "$(grep -c . "$T/table")" 5
for agent in wordpress metaweblog naver-openapi; do
  ok "$agent sent some of them" test "$(find "$T/sent" -name "$agent-*" | wc -l)" -ge 20
done

# The journal, where a /run of our own may be had.
journal() {
  mount -t tmpfs none /run || return 1
  mkdir -p /run/systemd/journal
  coproc LISTEN { exec python3 "$H" listen "$T/journal.json"; }
  read -r _ <&"${LISTEN[0]}"
  rm -rf "$T"/state/* "$T"/cache/*
  curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
  CPAUTO_LOG=journal once --agents "$T/agents"
  echo >&"${LISTEN[1]}"
  wait "$LISTEN_PID"
}
if unshare -m true 2>/dev/null; then
  python3 "$H" input 6 >"$T/words"
  CPAUTO_TEST_RESULT=refused
  conf 'lists = ( { name = "a"; keywords = [ "<script>가습기\")" ]; publisher = "outbox"; } );'
  export -f journal once
  export H T URL B
  unshare -m bash -c journal
  IFS=$'\t' read -r verdict where count why <<<"$(python3 "$H" "journal=the journal=$T/journal.json")"
  is "a keyword and an answer in $where ($count)" "$verdict${why:+: $why}" inert
  ok 'something came there' grep -q MESSAGE "$T/journal.json"
else
  echo '# no journal of our own: that needs root'
fi
