#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The agent metaweblog against a real WordPress, well and badly behaved.
. "$(dirname "$0")/lib.sh"
. "$tree/tests/wordpress/lib.sh"
. "$tree/tests/scenarios/settling.sh"

wordpress
AGENT_ENDPOINT=$ENDPOINT
K1=8b1f6c0e2d4a97539b1e7f0c3a5d2846
K2=0c3a5d28468b1f6c0e2d4a97539b1e7f
K3=97539b1e7f0c3a5d28468b1f6c0e2d4a
secret() { printf '%s\n' "$1" >"$T/keys/password"; }
mw() { ask metaweblog "$@"; }
secret "$PASSWORD"

is 'all of it is done as an author' "$(wp_role)" 'a:1:{s:6:"author";b:1;}'

# ---- what it says of itself ----
is 'describe' "$(mw describe $K1 | jq -c '[.result, .findable, .idempotent, .drafts]')" '["ok",true,false,true]'
is 'without drafts where a draft is the end' \
  "$(mw describe $K1 '{}' '{"publish":"draft"}' | jq -c '[.result, .drafts]')" '["ok",false]'
is 'check' "$(mw check $K1 | jq -r .result)" ok
is 'asked one thing and changed nothing' "$(cat "$REQUESTS")$(wp_posts)" 'POST /xmlrpc.php metaWeblog.getCategories0'

# ---- in one go ----
wp_empty
is 'not found before' "$(mw find $K1 | jq -c '[.result, .found]')" '["ok","no"]'
: >"$REQUESTS"
start=$(date +%s%N)
mw publish $K1 >"$T/a"
echo "# a post with two pictures took $((($(date +%s%N) - start) / 1000000)) ms"
is 'published' "$(jq -r .result "$T/a")" ok
like 'with an id and an address' "$(jq -r '.id, .url' "$T/a" | tr '\n' ' ')" "^[0-9]+ $URL/.+ $"
is 'each request once' "$(sed 's/.* //' "$REQUESTS" | tr '\n' ' ')" \
  'metaWeblog.newMediaObject metaWeblog.newMediaObject metaWeblog.newPost metaWeblog.getPost '
ID=$(jq -r .id "$T/a")
is 'one post' "$(wp_posts) $(wp_posts publish)" '1 1'
is 'its title, emoji and all' "$(wp_sql "select post_title from wp_posts where ID = $ID")" '무선 전기포트 비교 🫖 A&amp;B &amp; C &lt;1.7L&gt;'
is 'its category and tags' "$(wp_sql "select group_concat(t.name order by t.name) from wp_terms t
  join wp_term_taxonomy x using (term_id) join wp_term_relationships r using (term_taxonomy_id)
  where r.object_id = $ID")" '전기포트,주방,주방'
curl -s --noproxy '*' "$REST/wp/v2/posts/$ID" | jq -r .content.rendered >"$T/shown"
like 'the disclosure comes first' "$(head -1 "$T/shown")" '^<p><b>이 포스팅은 쿠팡 파트너스'
is 'the pictures are the blog'\''s own' "$(grep -c "src=\"$URL/wp-content/uploads/.*png\"" "$T/shown") $(grep -c shop.example "$T/shown")" '2 0'
ok 'they are there' curl -sf --noproxy '*' -o "$T/got.png" "$(grep -o "$URL/wp-content/[^\"]*png" "$T/shown" | head -1)"
is 'as large as it was' "$(php8.2 -r 'echo join("x", array_slice(getimagesize($argv[1]), 0, 2));' "$T/got.png")" 64x48
like 'the link is whole' "$(cat "$T/shown")" 'href="https://link.coupang.com/re/AFFSDP\?lptag=AF1&#?[a-z0-9]*;pageKey=1" rel="nofollow sponsored noopener"'
is 'no empty paragraph' "$(grep -c '<p>\(<!--[^>]*-->\)\?</p>' "$T/shown")" 0
is 'found afterwards' "$(mw find $K1 | jq -c '[.found, .id, .draft]')" "[\"yes\",\"$ID\",null]"
is 'another of the same title is not it' "$(mw find $K2 | jq -r .found)" no
is 'nothing was wrong on the way' "$(cat "$T/agent.log")" ''

# ---- in two stages ----
wp_empty
mw publish $K1 '{"stage":"draft"}' >"$T/a"
ID=$(jq -r .id "$T/a")
is 'a draft' "$(jq -r '.result, .draft' "$T/a" | tr '\n' ' ')$(wp_posts draft) $(wp_posts)" 'ok true 1 1'
is 'found as one' "$(mw find $K1 | jq -c '[.found, .id, .draft]')" "[\"yes\",\"$ID\",true]"
stage2="{\"stage\":\"publish\",\"id\":\"$ID\"}"
: >"$REQUESTS"
mw publish $K1 "$stage2" >"$T/b"
is 'published by its id' "$(jq -c '[.result, .id, .draft]' "$T/b") $(wp_posts publish) $(wp_posts)" "[\"ok\",\"$ID\",null] 1 1"
like 'with its address' "$(jq -r .url "$T/b")" "^$URL/[^?]+/$"
is 'each request once again' "$(sed 's/.* //' "$REQUESTS" | tr '\n' ' ')" \
  'metaWeblog.getPost metaWeblog.editPost metaWeblog.getPost '
before=$(wp_sql "select md5(concat(post_content, post_title, post_date, post_modified)) from wp_posts where ID = $ID")
is 'a repeat is harmless' "$(mw publish $K1 "$stage2" | jq -c '[.result, .id]')" "[\"ok\",\"$ID\"]"
is 'and changes nothing' "$(wp_posts) $(wp_sql "select md5(concat(post_content, post_title, post_date, post_modified)) from wp_posts where ID = $ID")" "1 $before"
is 'the terms stayed' "$(wp_sql "select count(*) from wp_term_relationships where object_id = $ID")" 3
is 'the marker too' "$(mw find $K1 | jq -c '[.found, .draft]')" '["yes",null]'
wp_sql "delete from wp_posts where ID = $ID"
like 'a draft that the owner deleted' "$(mw publish $K1 "$stage2")" '"refused".*no longer'
wp_empty

# ---- prices refreshed ----
ID=$(mw publish $K1 | jq -r .id)
update="{\"id\":\"$ID\"}"
slug=$(wp_sql "select post_name from wp_posts where ID = $ID")
: >"$REQUESTS"
is 'a post that is out is changed' "$(TITLE='새 값 1,000원' mw update $K1 "$update" | jq -c '[.result, .id]')" "[\"ok\",\"$ID\"]"
is 'each request once, the pictures are there already' "$(sed 's/.* //' "$REQUESTS" | tr '\n' ' ')" \
  'metaWeblog.getPost metaWeblog.editPost metaWeblog.getPost '
is 'it is that post' "$(wp_posts publish) $(wp_posts) $(wp_sql "select post_title, post_name from wp_posts where ID = $ID" | tr '\t' ' ')" \
  "1 1 새 값 1,000원 $slug"
is 'its terms, its pictures and its marker stayed' "$(wp_sql "select count(*) from wp_term_relationships where object_id = $ID")\
 $(wp_sql "select post_content from wp_posts where ID = $ID" | grep -o 'wp-content/uploads/[^"]*png' | grep -c .) $(mw find $K1 | jq -r .found)" '3 2 yes'
like 'not one that is another' "$(mw update $K2 "$update")" '"refused".*left as it is'
like "not another user's" "$(mw update $K1 '{"id":"1"}')" '"(refused|broken)"'
is 'which are as they were' "$(wp_sql "select count(*) from wp_posts where post_title in ('새 값 1,000원', 'Hello world!') and post_status = 'publish'")" 2
for fault in 500-after-post cut-after-post garbage-after-post; do
  wp_fault $fault
  is "$fault: unknown, and changed" "$(TITLE="$fault" mw update $K1 "$update" | jq -r .result) $(wp_sql "select post_title from wp_posts where ID = $ID")" "unknown $fault"
  is 'sent again' "$(TITLE="$fault" mw update $K1 "$update" | jq -r .result) $(wp_posts)" 'ok 1'
done
wp_sql "update wp_posts set post_content = replace(post_content, '<!-- cpauto', '<!--') where ID = $ID"
like 'one without the marker is a person'"'"'s' "$(mw update $K1 "$update")" '"refused".*mark'
wp_sql "update wp_posts set post_status = 'trash' where ID = $ID"
like 'one in the trash stays there' "$(mw update $K1 "$update")" '"refused"'
wp_sql "delete from wp_posts where ID = $ID"
like 'one that is gone is not made again' "$(mw update $K1 "$update") $(wp_posts)" '"refused".*deleted.* 0$'
wp_empty

# ---- the answer is lost after the post was made ----
lost() { # lost TEXT FAULT [VALUE [CONFIG]]
  wp_empty
  wp_fault "$2" "${3:-}"
  is "$1: unknown" "$(mw publish $K1 '{}' "${4:-{\}}" | jq -r .result)" unknown
  is 'found' "$(mw find $K1 | jq -c '[.result, .found, .draft]')" '["ok","yes",null]'
  is 'one post, one request for it' "$(wp_posts publish) $(wp_posts) $(wp_asked newPost)" '1 1 1'
}
lost '5xx after the post was made' 500-after-post
lost 'cut in the middle' cut-after-post
lost 'XML that is none' garbage-after-post
lost 'the time is over after it' sleep-after-post 4 '{"request_timeout":"1500ms"}'
ok 'the blog is done with it' wait_for 20 wp_idle
wp_empty
wp_fault 500-after-post
is 'the same for a draft' "$(mw publish $K1 '{"stage":"draft"}' | jq -r .result)" unknown
mw find $K1 >"$T/a"
is 'which is found as one' "$(jq -c '[.found, .draft]' "$T/a")" '["yes",true]'
stage2="{\"stage\":\"publish\",\"id\":$(jq .id "$T/a")}"
wp_fault 500-after-post
is 'and the second stage is unclear' "$(mw publish $K1 "$stage2" | jq -r .result)" unknown
is 'then repeated' "$(mw publish $K1 "$stage2" | jq -r .result) $(wp_posts publish) $(wp_posts)" 'ok 1 1'
is 'one edit was asked for' "$(wp_asked editPost) $(wp_asked newPost)" '1 1'

# ---- nothing was made ----
wp_empty
AGENT_ENDPOINT=http://127.0.0.1:1/xmlrpc.php
like 'nobody there' "$(mw publish $K1)" '"later".*retry_after|retry_after.*"later"'
AGENT_ENDPOINT=$ENDPOINT
wp_fault 500-before always
is '500 while pictures are sent, then for the post' "$(mw publish $K1 | jq -r .result)" unknown
rm -f "$FAULTS"/*
is 'not found, surely' "$(mw find $K1 | jq -c '[.result, .found]') $(wp_posts)" '["ok","no"] 0'
wp_fault 500-before
is 'find where the server fails' "$(mw find $K1 | jq -r .result)" later
wp_fault garbage
is 'check of what is no XML-RPC' "$(mw check $K1 | jq -r .result)" broken
wp_fault garbage
is 'find of it' "$(mw find $K1 | jq -r .result)" later
wp_fault bom
is 'a byte order mark and blank lines are no trouble' "$(mw check $K1 | jq -r .result)" ok
AGENT_ENDPOINT=$URL/
is 'an address that is a page' "$(mw check $K1 | jq -r .result)" broken
AGENT_ENDPOINT=$URL/wp-login.php
is 'another one' "$(mw check $K1 | jq -r .result)" broken
AGENT_ENDPOINT=$ENDPOINT

# ---- who may ----
wp_empty
secret "$PASSWORD-wrong"
for op in check find publish; do
  like "a wrong password: $op" "$(mw $op $K1)" '"result": ?"broken".*application password'
done
is 'no post, and it stopped at the first picture' "$(wp_posts) $(wp_asked newMediaObject) $(wp_asked newPost)" '0 1 0'
secret "$APP_PASSWORD"
is 'an application password' "$(mw check $K1 | jq -r .result)" ok
secret "$SUBSCRIBER_PASSWORD"
WHO=$SUBSCRIBER
like 'one who may not write: check' "$(mw check $K1)" '"broken".*author'
like 'and publish' "$(mw publish $K1)" '"broken".*author'
WHO=
secret "$PASSWORD"
chmod 644 "$T/keys/password"
is 'a password that others may read' "$(mw check $K1 | jq -r .result)" broken
chmod 600 "$T/keys/password"
is 'no password is in the log' "$(grep -cF -e "$PASSWORD" -e "$APP_PASSWORD" "$T/agent.log")" 0

# ---- pictures ----
wp_empty
: >"$T/agent.log"
wp_fault no-media
is 'a picture that is refused costs no post' "$(mw publish $K1 | jq -r .result) $(wp_posts)" 'ok 1'
like 'the log says so' "$(cat "$T/agent.log")" '^<4>.*no picture 1.*shop.example/a.jpg.*no room'
wp_sql "select post_content from wp_posts where post_type = 'post' and post_author = $AUTHOR_ID" >"$T/shown"
is 'it stays where it was, the other is the blog'\''s' \
  "$(grep -o 'src=\\*"[^"]*"' "$T/shown" | sed 's/.*\(shop.example\|wp-content\).*/\1/' | tr '\n' ' ')" 'shop.example wp-content '
wp_empty
echo 'no picture' >"$T/2.png"
is 'a picture that is none' "$(mw publish $K1 | jq -r .result) $(wp_asked newMediaObject)" 'ok 1'
rm "$T/2.png"

wp_empty
large_picture "$T/1.png"
is 'a large one with EXIF' "$(mw publish $K1 | jq -r .result)" ok
is 'is sent smaller and without it' "$(sent_pictures | head -1)" '1200x800 no-exif'
wp_empty
is 'as large as the owner says' "$(mw publish $K1 '{}' '{"image_max_width":300}' | jq -r .result) $(sent_pictures | head -1)" 'ok 300x200 no-exif'
wp_empty
head -c 3000 "$T/1.png" >"$T/2.png"
: >"$T/agent.log"
is 'one that is cut stays where it was' "$(mw publish $K1 | jq -r .result) $(wp_asked newMediaObject)" 'ok 1'
like 'which the log says' "$(cat "$T/agent.log")" '^<4>.*2.png'
is 'a limit that is none' "$(mw check $K1 '{}' '{"image_max_bytes":"2MB"}' | jq -r .result)" broken
rm "$T"/[12].png

# ---- drafts only ----
wp_empty
is 'a draft is the end of it' \
  "$(mw publish $K3 '{"stage":"draft"}' '{"publish":"draft"}' | jq -c '[.result, .draft]') $(wp_posts draft) $(wp_posts)" '["ok",null] 1 1'
is 'found as the post' "$(mw find $K3 '{}' '{"publish":"draft"}' | jq -c '[.found, .draft]')" '["yes",null]'

# ---- odd text ----
wp_empty
TITLE=$(printf '제목 \x01]]> &amp; <b> \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb "a" \x27b\x27 \\')
is 'hostile characters' "$(mw publish $K2 | jq -r .result) $(wp_posts)" 'ok 1'
like 'only the control character is gone' "$(wp_sql "select post_title from wp_posts where post_type = 'post' and post_author = $AUTHOR_ID")" \
  '^제목 \]\]&gt; &amp;amp; &lt;b&gt; 👩‍💻 "a" .b. '
TITLE=

# ---- two of one title, whose slugs would be one ----
wp_empty
is 'two of the same title' "$(mw publish $K1 | jq -r .result) $(mw publish $K2 | jq -r .result) $(wp_posts publish)" 'ok ok 2'
is 'have two slugs' "$(wp_sql "select count(distinct post_name) from wp_posts where post_type = 'post' and post_author = $AUTHOR_ID")" 2
is 'and each is found as itself' "$(mw find $K1 | jq .id) $(mw find $K2 | jq .id)" \
  "$(wp_sql "select concat('\"', ID, '\"') from wp_posts where post_type = 'post' and post_author = $AUTHOR_ID order by ID" | xargs -d '\n' echo)"
wp_empty
mw publish $K2 >/dev/null

# ---- one that took the marker out ----
wp_sql "update wp_posts set post_title = '같은 &lt;제목&gt; &amp; &#039;', post_content = '본문' where post_type = 'post' and post_author = $AUTHOR_ID"
is 'the same title without any marker is no clear no' "$(TITLE="같은 <제목> & '" mw find $K2 | jq -r .found)" unknown

# ---- the whole way ----
whole() { # a new daemon's state, one run, what WordPress was asked
  wp_empty
  rm -rf "$T/state" "$T/cache"
  mkdir -p "$T/state" "$T/cache"
  conf 'lists = ( { name = "주방"; keywords = [ "에어프라이어", "전기포트" ]; every = "1d"; publisher = "outbox"; category = "주방"; } );'
  sed -i "s|^publishers = .*|publishers = ( { name = \"outbox\"; agent = \"metaweblog\"; endpoint = \"$ENDPOINT_WP\"; user = \"$USER\"; password_file = \"$T/keys/password\"; ${1:-} } );|" "$T/cpauto.conf"
}
BLOG=$URL ENDPOINT_WP=$ENDPOINT
sandbox --calls=100 --ttl=30d
whole
ok 'the configuration is good' cpauto check
once
is 'the daemon publishes' "$(posts published) $(wp_posts publish) $(wp_posts)" '2 2 2'
is 'each by one draft and one edit' "$(wp_asked newPost) $(wp_asked editPost)" '2 2'
like 'the daemon knows the address' "$(sql "SELECT url FROM posts WHERE state = 'published' LIMIT 1")" "^$BLOG/"
like 'with the pictures of the shop at the blog' "$(wp_sql "select post_content from wp_posts where post_status = 'publish' and post_author = $AUTHOR_ID limit 1")" "src=.*$BLOG/wp-content/uploads"
whole 'publish = "draft";'
once
is 'drafts, where those are wanted' "$(posts published) $(wp_posts draft) $(wp_posts)" '2 2 2'
whole
wp_fault 500-after-post
once
is 'an answer that is lost makes no second post' "$(posts published) $(posts unknown) $(wp_posts publish) $(wp_posts)" '1 1 1 2'
# The clock goes on by minutes until it was looked for and published.
CPAUTO_TEST_WALL_OFFSET=120000 CPAUTO_TEST_BOOT_OFFSET=120000 once
CPAUTO_TEST_WALL_OFFSET=300000 CPAUTO_TEST_BOOT_OFFSET=300000 once
is 'and is found and published' "$(posts published) $(posts unknown) $(wp_posts publish) $(wp_posts)" '2 0 2 2'
is 'with no further draft' "$(wp_asked newPost) $(wp_asked editPost)" '2 2'

# ---- brought up to date in its place ----
whole
sed -i 's|^lists = .*|lists = ( { name = "주방"; keywords = [ "에어프라이어" ]; every = "1d"; publisher = "outbox"; category = "주방"; repost = "update"; } );|; s|ttl = "24h"|ttl = "12h"|' "$T/cpauto.conf"
up_to_date

# ---- what becomes of a post whose answer was lost ----
API=$URL
sed -i 's| repost = "update";||' "$T/cpauto.conf"
settle_blog metaweblog newPost
settle_blind metaweblog "update wp_posts set post_content = replace(post_content, '<!-- cpauto', '<!--') where post_author = $AUTHOR_ID"
settled
