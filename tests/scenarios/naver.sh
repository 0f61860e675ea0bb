# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the scenarios of the agent naver: a real browser and the editor
# stand-in (tests/editor), a post, and a run of the agent.
editor=${EDITOR_STANDIN:-$tree/tests/editor}
for program in chromium chromedriver python3 jq; do
  command -v "$program" >/dev/null || skip_all "$program is not installed"
done
[ -e "$editor/server.py" ] || skip_all 'there is no editor stand-in'

mkdir -p "$T/profile" "$T/pictures"
python3 "$editor/server.py" --port-file "$T/port" --seed 7 >"$T/editor.log" 2>&1 &
pids+=("$!")
wait_for 10 test -s "$T/port" || { echo 'Bail out! the editor stand-in does not start'; exit 1; }
URL=http://127.0.0.1:$(cat "$T/port")
door() { curl -s --noproxy '*' "$URL/_editor/$1" "${@:2}"; }
seen() { door state | jq -r "$1"; }
knobs() { # KNOB=VALUE...: the stand-in as at its start, but for these
  local k
  door reset -X POST >/dev/null
  for k in "$@"; do door set -X POST -G --data-urlencode "$k" >/dev/null; done
}

# Two pictures of one colour each, and a large one that says where it was taken.
python3 - "$T/pictures" <<'END'
import struct, sys, zlib
def part(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
def picture(name, colour, width, height, more=b''):
    rows = b''.join(b'\0' + colour * width for _ in range(height))
    with open(f'{sys.argv[1]}/{name}.png', 'wb') as out:
        out.write(b'\x89PNG\r\n\x1a\n' + part(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + more
            + part(b'IDAT', zlib.compress(rows)) + part(b'IEND', b''))
picture('사진 0', b'\xc0\x20\x20', 300, 200)
picture('사진 1', b'\x20\x20\xc0', 300, 200)
picture('large', b'\x20\xc0\x20', 3000, 2000, part(b'tEXt', b'Comment\0SECRET-PLACE'))
END
cat >"$T/post.html" <<'END'
<p><b>이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다.</b></p>
<h2>첫 번째 상품</h2>
<p>쿠팡에서 전기포트를 검색하면<br>
가장 먼저 나오는 <b>상품</b> &amp; 값입니다 😀</p>
<div align="center"><a href="https://link.coupang.com/a/1"><img src="https://ads.example/0.png" alt="" width="300" height="200"></a></div>
<p><a href="https://link.coupang.com/re/AF?a=1&amp;b=2">무선 전기포트</a><br>
24,900원 · 로켓배송</p>
<blockquote><p><b>24,900원</b><br>
무료배송</p></blockquote>
<hr>
<table border="1"><thead><tr><th>상품</th><th>가격</th></tr></thead>
<tbody><tr><td><a href="https://link.coupang.com/a/3">전기포트</a></td><td>24,900원</td></tr></tbody></table>
<div align="center"><img src="https://ads.example/1.png" alt="" width="300" height="200"></div>
<p><a href="https://link.coupang.com/a/2"><b>쿠팡에서 지금 가격 보기</b></a></p>
END

# request OP [SETTING=JSON...]: on standard output. HTML: the post's file; CHANGE: of it, for jq.
request() {
  local op=$1 s filter=${CHANGE:-.}
  shift
  for s in "$@"; do filter="$filter | .config.${s%%=*} = ${s#*=}"; done
  jq -cn --arg op "$op" --arg url "$URL" --arg t "$T" --rawfile html "${HTML:-$T/post.html}" \
    --arg step "${STEP:-30s}" --arg title "${TITLE:-전기포트 가격 비교 11월 24일}" '{v: 1, op: $op,
    config: {name: "blog", agent: "naver", blog_id: "myblog", endpoint: $url, profile: ($t + "/profile"),
      step_timeout: $step, browser_args: ["--no-sandbox"]},
    post: {key: "0123456789abcdef0123456789abcdef", marker: "0123456789abcdef0123456789abcdef",
      title: $title, html: $html, text: "", tags: ["전기포트", "주방 용품"], category: "쿠팡 추천",
      images: [{src: "https://ads.example/0.png", path: ($t + "/pictures/사진 0.png"), mime: "image/png"},
        {src: "https://ads.example/1.png", path: ($t + "/pictures/사진 1.png"), mime: "image/png"}]}}' |
    jq -c "$filter"
}
publishing='mode="publish"'
allowed='unattended=true'
agent() { # OP [SETTING=JSON...]: its answer in $A
  request "$@" >"$T/request.json"
  A=$(timeout 310 "$B/agents/naver" <"$T/request.json" 2>"$T/agent.log")
}
of() { jq -r "$1 // empty" <<<"$A"; }
# What the stand-in has got: drafts, posts, final clicks, clicks on what is hidden, old texts restored.
got() { seen '"\(.drafts | length) \(.posts | length) \(.counts.final_clicks) \(.counts.twin_clicks) \(.counts.restores)"'; }
# All that a reader gets of the one post; empty lines do not count.
post() {
  seen '.posts | map({title, category, visibility, tags, reserved, components: [.components[] | {type, name, href, rows,
    lines: [.paragraphs // [] | .[] | select(.text != "") | [.runs[] | {text, link, bold, strike}]]}]}) | tostring'
}
well() { # TEXT KNOB...: with them the post comes out, once, and is $WANTED
  local text=$1
  shift
  knobs "$@"
  agent publish "$publishing" "$allowed"
  is "$text" "$(of .result) $(got)" 'ok 0 1 1 0 0'
  is "$text: the post is the same" "$(post)" "$WANTED"
}
short_post() { # a post that is written in a moment
  cat >"$T/short.html" <<'END'
<p><b>이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다.</b></p>
<p>쿠팡에서 전기포트를 검색하면<br>가장 먼저 나오는 상품입니다.</p>
<div align="center"><img src="https://ads.example/0.png" alt="" width="300" height="200"></div>
<hr>
<p><a href="https://link.coupang.com/a/2">쿠팡에서 지금 가격 보기</a></p>
END
  HTML=$T/short.html
}
# row MODE RESULT GOT REASON KNOB...: what the agent must answer, and what the stand-in may then have.
row() { # MODE RESULT GOT REASON KNOB...
  local mode=$1 result=$2 wanted=$3 reason=$4
  shift 4
  knobs "$@"
  if [ "$mode" = draft ]; then agent publish; else agent publish "$publishing" "$allowed"; fi
  is "$mode, $*: $result" "$(of .result) $(got)" "$result $wanted"
  like "$mode, $*: the reason" "$(of .reason)" "$reason"
}
