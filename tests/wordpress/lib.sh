# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after tests/scenarios/lib.sh: a real WordPress for the scenario.
WP=$T/wp
mkdir "$WP"
trap '"$tree/tests/wordpress/stop" "$WP"; finish' EXIT

wordpress() { # starts it; its KEY=VALUE become variables; skips where a package is missing
  "$tree/tests/wordpress/start" "$WP" $$ >"$T/wp.out" 2>&1
  case $? in
    0) . "$WP/env" ;;
    77) skip_all "$(tail -n 1 "$T/wp.out")" ;;
    *) echo "Bail out! $(tail -n 5 "$T/wp.out")"; exit 1 ;;
  esac
}
wp_sql() { mariadb --no-defaults -S "$SOCKET" -u root -N -B wp -e "set names utf8mb4; $1"; }
wp_posts() { # how many there are, of a status or at all
  wp_sql "select count(*) from wp_posts where post_type = 'post' and post_author = $AUTHOR_ID
    ${1:+and post_status = '$1'}"
}
wp_empty() { # as at the start
  wp_sql "delete from wp_posts where post_author = $AUTHOR_ID and post_type in ('post', 'attachment', 'revision')"
  : >"$REQUESTS"
  rm -f "$FAULTS"/*
}
wp_role() { # of the user that all is done as
  wp_sql "select meta_value from wp_usermeta where user_id = $AUTHOR_ID and meta_key = 'wp_capabilities'"
}
wp_fault() { printf '%s\n' "${2:-}" >"$FAULTS/$1"; } # one answer goes wrong: see faults.php
# Those that sleep still look for other faults when they wake.
wp_idle() { [ "$(grep -c Accepted "$WP/log.php")" = "$(grep -c Closing "$WP/log.php")" ]; }
wp_asked() { grep -c -- "$1" "$REQUESTS"; } # how many requests came that say so

# picture FILE: a small PNG of WIDTH by HEIGHT pixels
picture() {
  perl -MCompress::Zlib -e 'my ($w, $h) = (64, 48);
    sub chunk { pack("N", length $_[1]) . $_[0] . $_[1] . pack("N", crc32($_[0] . $_[1])) }
    print "\x89PNG\r\n\x1a\n", chunk("IHDR", pack("NNC5", $w, $h, 8, 2, 0, 0, 0)),
      chunk("IDAT", compress(("\0" . "\xc0\x40\x20" x $w) x $h)), chunk("IEND", "")' >"$1"
}

# large_picture FILE: a JPEG of 3000 by 2000 pixels that says where it was taken
large_picture() {
  php8.2 -r '$i = imagecreatetruecolor(3000, 2000);
    for ($n = 0; $n < 300; $n++)
      imagefilledellipse($i, $n * 37 % 3000, $n * 91 % 2000, 200, 200, imagecolorallocate($i, $n * 7 % 256, $n * 3 % 256, $n % 256));
    ob_start(); imagejpeg($i, null, 90); $j = ob_get_clean();
    file_put_contents($argv[1], substr($j, 0, 2) . "\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0SECRET-PLACE" . substr($j, 2));' "$1"
}
# sent_pictures: of each that the blog has in its library, its size and whether EXIF is in it
sent_pictures() {
  local url
  wp_sql "select guid from wp_posts where post_type = 'attachment' and post_author = $AUTHOR_ID order by ID" |
    while read -r url; do
      curl -sf --noproxy '*' -o "$T/sent" "$url"
      php8.2 -r '$d = file_get_contents($argv[1]); $s = getimagesize($argv[1]);
        echo "$s[0]x$s[1] ", strpos($d, "SECRET-PLACE") === false && strpos($d, "Exif") === false ? "no-exif" : "exif", "\n";' "$T/sent"
    done
}

# post KEY TITLE: a post as the daemon hands it over, with two pictures, as JSON
post() {
  [ -e "$T/1.png" ] || picture "$T/1.png"
  [ -e "$T/2.png" ] || picture "$T/2.png"
  jq -n --arg key "$1" --arg title "$2" --arg t "$T" '
    "이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다." as $d |
    { key: $key, marker: $key, title: $title, disclosure: $d,
      html: ("<p><b>" + $d + "</b></p>\n<h2>무선 전기포트 &amp; 1.7L 🫖</h2>\n" +
        "<div align=\"center\"><img src=\"https://shop.example/a.jpg?x=1&amp;y=2\" alt=\"a\" width=\"64\" height=\"48\"></div>\n" +
        "<div align=\"center\"><img src=\"https://shop.example/b.jpg\" alt=\"b\" width=\"64\" height=\"48\"></div>\n" +
        "<p>본문 <a href=\"https://link.coupang.com/re/AFFSDP?lptag=AF1&amp;pageKey=1\" rel=\"nofollow sponsored noopener\">보기</a></p>\n"),
      text: $d, markdown: $d, tags: ["전기포트", "주방"], category: "주방",
      images: [ { src: "https://shop.example/a.jpg?x=1&y=2", alt: "a", path: ($t + "/1.png"), mime: "image/png" },
        { src: "https://shop.example/b.jpg", alt: "b", path: ($t + "/2.png"), mime: "image/png" } ],
      products: [] }'
}

# ask AGENT OP KEY [MORE [CONFIG]]: runs it as the daemon does and prints the
# answer; MORE and CONFIG are objects that are added. TITLE is the post's title.
ask() {
  jq -cn --argjson post "$(post "$3" "${TITLE:-무선 전기포트 비교 🫖 A&B & C <1.7L>}")" --arg op "$2" \
    --arg endpoint "$AGENT_ENDPOINT" --arg user "${WHO:-$USER}" --argjson more "${4:-{\}}" \
    --argjson config "${5:-{\}}" '{ v: 1, op: $op, post: $post, config: ({ name: "blog",
      endpoint: $endpoint, user: $user, request_timeout: "20s" } + $config) } + $more' \
    >"$T/request"
  (cd / && env -i PATH="$PATH" LANG=C.UTF-8 CPAUTO_SECRET_PASSWORD="$T/keys/password" \
    timeout 60 "$B/agents/$1" <"$T/request" 2>>"$T/agent.log")
}

# days N COMMAND...: with the clock that many days on
days() {
  local ms=$(($1 * 86400000))
  shift
  CPAUTO_TEST_WALL_OFFSET=$ms CPAUTO_TEST_BOOT_OFFSET=$ms "$@"
}
wp_post() { # of the one post: its columns
  wp_sql "select $1 from wp_posts where post_type = 'post' and post_author = $AUTHOR_ID" | tr '\t' ' '
}

# up_to_date: the daemon publishes; days later prices moved; the same post says so.
up_to_date() {
  local id name before
  ok 'the configuration that updates is good' cpauto check --agents
  once
  is 'one post is out' "$(posts published) $(wp_posts publish) $(wp_posts)" '1 1 1'
  id=$(wp_post ID) name=$(wp_post post_name) before=$(wp_post 'md5(post_content)')
  days 2 once
  is 'the same prices change nothing' "$(wp_posts) $(wp_post 'md5(post_content)')" "1 $before"
  # As if it had been posted at half of today's prices.
  sqlite3 "$T/state/state.db" "UPDATE posts SET post = json_set(post, '$.answer.products[0].productPrice', 1), seal = NULL"
  wp_fault 500-after-post
  days 4 once
  is 'other prices are written over it, though the answer is lost' \
    "$(wp_posts) $(wp_post 'ID, post_name, post_status') $(sql "SELECT state FROM posts WHERE updates = 1")" "1 $id $name publish ready"
  ok 'its text is another' test "$(wp_post 'md5(post_content)')" != "$before"
  before=$(wp_post 'md5(post_content)')
  CPAUTO_TEST_WALL_OFFSET=$((4 * 86400000 + 120000)) CPAUTO_TEST_BOOT_OFFSET=$((4 * 86400000 + 120000)) once
  is 'and sent again, it is the same post' \
    "$(wp_posts) $(wp_post 'ID, post_name, post_status') $(wp_post 'md5(post_content)') $(sql "SELECT state, external_id FROM posts WHERE updates = 1")" \
    "1 $id $name publish $before published|$id"
  # By hand, whatever the prices are.
  : >"$T/log"
  cpauto posts update 2 >"$T/by-hand" 2>&1
  days 5 once
  is 'by hand too' "$(wp_posts) $(wp_post 'ID, post_name') $(sql "SELECT count(*) FROM posts WHERE updates = 1 AND state = 'published'")" "1 $id $name 2"
  like 'the log says in whose place' "$(cat "$T/log")" "post 3 is out through '.*', in the place of post 1"
  # Deleted by the owner: it does not come back.
  wp_sql "delete from wp_posts where ID = $id"
  cpauto posts update 3 >"$T/by-hand" 2>&1
  days 6 once
  is 'one that the owner deleted is not made again' "$(wp_posts) $(sql "SELECT state FROM posts ORDER BY id DESC LIMIT 1")" '0 refused'
}

# settle_blog AGENT ASKED: settling.sh's rows for it; ASKED is how a request that
# makes a post looks. Needs $API, and $T/cpauto.conf with one keyword.
settle_blog() {
  local asked=$2
  fresh() { wp_empty; }
  there() { wp_posts; }
  eval "sent() { wp_asked '$asked'; }"
  lose() { if [ "$1" = made ]; then wp_fault 500-after-post; else wp_fault 500-before-post; fi; }
  well() { rm -f "$FAULTS"/*; }
  settle_well "$1"
  echo "# $1, one post, what came to the blog:"
  sed -e 's/&_=[0-9]*//; s/&*_fields=[^& ]*//g; s/search=[^& ]*/search=…/; s/[0-9a-f]\{16,\}/…/g; s/=cp-[^& ]*/=…/g; s/\(title\|alt_text\)=[^& ]*/\1=…/g' "$REQUESTS" |
    sort | uniq -c | sed 's/^/#  /'
  is 'whatever changes something came once' "$(grep ^POST "$REQUESTS" | grep -v 'get[A-Z]' | grep -v newMediaObject | sort | uniq -d)" ''
  is 'a picture for each that the post has' "$(grep -cE 'newMediaObject|^POST.*/wp/v2/media' "$REQUESTS")" \
    "$(sql "SELECT count(DISTINCT json_extract(value, '\$.path')) FROM posts, json_each(posts.post, '\$.images')")"
  settle_found "$1"
  is 'and out' "$(wp_posts publish)" 1
  settle_absent "$1"
  is 'and out' "$(wp_posts publish)" 1
}
# settle_blind AGENT SQL: after SQL the agent cannot tell.
settle_blind() {
  begin
  lose made
  once
  wp_sql "$2"
  at 2
  at 60
  is "$1 that cannot tell: parked, and never sent again" "$(state), sent $(sent)" 'parked, sent 1'
  cpauto posts settle 1 --published >"$T/settle" 2>&1
  at 61
  is 'settled by the owner' "$(state), sent $(sent)" 'published, sent 1'
  row "$(printf '%-14s %-9s parked, settled as published: %s' "$1" made "$(seen)")"
}
