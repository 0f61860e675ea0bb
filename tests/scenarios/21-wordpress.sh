#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2153,SC2154
# The agent wordpress against a real WordPress, well and badly behaved: in the
# end there is one post, or none and a reason.
. "$(dirname "$0")/lib.sh"
. "$tree/tests/wordpress/lib.sh"
. "$tree/tests/scenarios/settling.sh"

wordpress
AGENT_ENDPOINT=$URL/
BLOG=$URL
K1=8b1f6c0e2d4a97539b1e7f0c3a5d2846
K2=0c3a5d28468b1f6c0e2d4a97539b1e7f
S1=cp-8b1f6c0e2d4a9753
secret() { printf '%s\n' "$1" >"$T/keys/password"; }
wp() { ask wordpress "$@"; }
result() { jq -r .result; }
terms() { # of a post: its categories and tags
  wp_sql "select group_concat(concat(taxonomy, '=', t.name) order by taxonomy, t.name) from wp_terms t
    join wp_term_taxonomy x using (term_id) join wp_term_relationships r using (term_taxonomy_id)
    where r.object_id = $1"
}
pictures() { wp_sql "select count(*) from wp_posts where post_type = 'attachment'"; }
secret "$APP_PASSWORD"

is 'all of it is done as an author' "$(wp_role)" 'a:1:{s:6:"author";b:1;}'

# ---- what it says of itself ----
is 'describe' "$(wp describe $K1 | jq -c '[.result, .findable, .idempotent, .drafts, .update]')" \
  '["ok",true,true,true,true]'
is 'check' "$(wp check $K1 | result)" ok
AGENT_ENDPOINT=$REST/
is 'also where the address is that of the API' "$(wp check $K1 | result)" ok
AGENT_ENDPOINT=$URL/
: >"$REQUESTS"
is 'check again' "$(wp check $K1 | result)" ok
is 'asked one thing and changed nothing' "$(wp_asked 'GET /?rest_route=/wp/v2/users/me') $(grep -c . "$REQUESTS") $(wp_posts)" '1 1 0'

# ---- in one go ----
wp_empty
is 'not found before' "$(wp find $K1 | jq -c '[.result, .found]')" '["ok","no"]'
: >"$REQUESTS"
wp publish $K1 >"$T/a"
is 'published' "$(result <"$T/a")" ok
ID=$(jq -r .id "$T/a")
is 'with its address' "$(jq -r .url "$T/a")" "$BLOG/$S1/"
is 'one post, out' "$(wp_posts) $(wp_posts publish)" '1 1'
is 'each thing was sent once' "$(grep ^POST "$REQUESTS" | sed 's/.*v2.\([a-z]*\).*/\1/' | sort | uniq -c | xargs)" \
  '1 media 2 posts 2 tags'
is 'its title, emoji and all' "$(wp_sql "select post_title from wp_posts where ID = $ID")" \
  '무선 전기포트 비교 🫖 A&amp;B &amp; C &lt;1.7L&gt;'
is 'its category and tags' "$(terms "$ID")" 'category=주방,post_tag=전기포트,post_tag=주방'
curl -s --noproxy '*' "$REST/wp/v2/posts/$ID" >"$T/rest"
jq -r .content.rendered "$T/rest" >"$T/shown"
like 'the disclosure comes first' "$(head -1 "$T/shown")" '^<p><b>이 포스팅은 쿠팡 파트너스'
is "the pictures are the blog's own" "$(grep -c "src=\"$BLOG/wp-content/uploads/.*png\"" "$T/shown") $(grep -c shop.example "$T/shown")" '2 0'
ok 'they are there' curl -sf --noproxy '*' -o "$T/got.png" "$(grep -o "$BLOG/wp-content/[^\"]*png" "$T/shown" | head -1)"
is 'as large as it was' "$(php8.2 -r 'echo join("x", array_slice(getimagesize($argv[1]), 0, 2));' "$T/got.png")" 64x48
is 'one and the same is sent once' "$(pictures)" 1
is 'with its words for the blind' "$(wp_sql "select meta_value from wp_postmeta where meta_key = '_wp_attachment_image_alt'")" a
is 'the first stands for the post' "$(jq .featured_media "$T/rest")" "$(wp_sql "select ID from wp_posts where post_type = 'attachment'")"
like 'the link is whole' "$(cat "$T/shown")" 'href="https://link.coupang.com/re/AFFSDP\?lptag=AF1&#?[a-z0-9]*;pageKey=1" rel="nofollow sponsored noopener"'
is 'no line was broken, no paragraph is empty' "$(grep -c '<br\|<p></p>' "$T/shown")" 0
is 'found afterwards' "$(wp find $K1 | jq -c '[.found, .id, .draft]')" "[\"yes\",\"$ID\",null]"
is 'another of the same title is not it' "$(wp find $K2 | jq -r .found)" no
is 'a repeat is harmless' "$(wp publish $K1 | jq -c '[.result, .id]') $(wp_posts)" "[\"ok\",\"$ID\"] 1"
wp publish $K2 >/dev/null
is 'a second post uses the picture that is there' "$(wp_posts publish) $(pictures)" '2 1'
is 'nothing was wrong on the way' "$(cat "$T/agent.log")" ''

# ---- in two stages ----
wp_empty
wp publish $K1 '{"stage":"draft"}' >"$T/a"
ID=$(jq -r .id "$T/a")
is 'a draft' "$(jq -c '[.result, .draft]' "$T/a") $(wp_posts draft) $(wp_posts)" '["ok",true] 1 1'
is 'which keeps its slug' "$(wp_sql "select post_name from wp_posts where ID = $ID")" $S1
is 'found as one' "$(wp find $K1 | jq -c '[.found, .id, .draft]')" "[\"yes\",\"$ID\",true]"
is 'asked for again it is the same' "$(wp publish $K1 '{"stage":"draft"}' | jq -r .id) $(wp_posts)" "$ID 1"
stage2="{\"stage\":\"publish\",\"id\":\"$ID\"}"
is 'published by its id' "$(wp publish $K1 "$stage2" | jq -c '[.result, .id, .url, .draft]') $(wp_posts publish) $(wp_posts)" \
  "[\"ok\",\"$ID\",\"$BLOG/$S1/\",null] 1 1"
before=$(wp_sql "select md5(concat(post_content, post_title, post_date, post_modified)) from wp_posts where ID = $ID")
is 'a repeat is harmless' "$(wp publish $K1 "$stage2" | jq -c '[.result, .id]')" "[\"ok\",\"$ID\"]"
is 'and changes nothing' "$(wp_posts) $(wp_sql "select md5(concat(post_content, post_title, post_date, post_modified)) from wp_posts where ID = $ID")" "1 $before"
is 'a draft is enough where the owner says so' \
  "$(wp publish $K2 '{"stage":"draft"}' '{"status":"draft"}' | jq -c '[.result, .draft]') $(wp_posts draft)" '["ok",null] 1'
wp_empty
is 'for the owner alone' "$(wp publish $K1 '{}' '{"status":"private"}' | result) $(wp_posts private)" 'ok 1'
is 'which is out too' "$(wp find $K1 | jq -c '[.found, .draft]')" '["yes",null]'

# ---- what the owner does on the blog ----
wp_empty
ID=$(wp publish $K1 '{"stage":"draft"}' | jq -r .id)
stage2="{\"stage\":\"publish\",\"id\":\"$ID\"}"
curl -sf --noproxy '*' -o /dev/null -u "$USER:$APP_PASSWORD" -X DELETE "$BLOG/?rest_route=/wp/v2/posts/$ID"
like 'a draft thrown away is not published' "$(wp publish $K1 "$stage2")" '"refused".*trash'
like 'nor made again' "$(wp publish $K1)" '"refused".*trash'
is 'find leaves it to the owner' "$(wp find $K1 | jq -c '[.result, .found]') $(wp_posts)" '["ok","unknown"] 1'
wp_sql "delete from wp_posts where ID = $ID"
like 'nor one that is deleted' "$(wp publish $K1 "$stage2")" '"refused".*deleted'
wp_empty
# A draft of the admin's is not shown to the author.
wp_sql "insert into wp_posts (post_author, post_type, post_status, post_name, post_title, post_content, post_excerpt,
  to_ping, pinged, post_content_filtered, post_date, post_modified)
  values (1, 'post', 'draft', '$S1', 'x', 'x', '', '', '', '', now(), now())"
wp publish $K1 >"$T/a"
is 'a slug that another has' "$(result <"$T/a") $(wp_posts publish)" 'ok 1'
is 'is made another' "$(wp_sql "select post_name from wp_posts where ID = $(jq -r .id "$T/a")")" "$S1-2"
is 'and found' "$(wp find $K1 | jq -c '[.found, .id]') $(wp publish $K1 | result) $(wp_posts)" "[\"yes\",$(jq .id "$T/a")] ok 1"
wp_sql "delete from wp_posts where post_author = 1 and post_name = '$S1'"

# ---- prices refreshed ----
wp_empty
ID=$(wp publish $K1 | jq -r .id)
is 'a post that is out is changed' "$(TITLE='새 값 1,000원' wp update $K1 "{\"id\":\"$ID\"}" | jq -c '[.result, .id]')" "[\"ok\",\"$ID\"]"
is 'and stays one, with its terms' "$(wp_posts publish) $(wp_sql "select post_title from wp_posts where ID = $ID") $(terms "$ID")" \
  '1 새 값 1,000원 category=주방,post_tag=전기포트,post_tag=주방'
like 'not one that is another' "$(wp update $K2 "{\"id\":\"$ID\"}")" '"refused".*left as it is'
like "not another user's" "$(wp update $K1 '{"id":"1"}')" '"refused".*another'
is 'which are as they were' "$(wp_sql "select count(*) from wp_posts where post_title in ('새 값 1,000원', 'Hello world!') and post_status = 'publish'")" 2

# ---- the answer is lost after the post was made ----
lost() { # lost TEXT FAULT [VALUE]
  wp_empty
  wp_fault "$2" "${3:-}"
  is "$1: unknown" "$(wp publish $K1 '{"stage":"draft"}' '{"request_timeout":"1500ms"}' | result)" unknown
  wp find $K1 >"$T/a"
  is 'a draft is found' "$(jq -c '[.result, .found, .draft]' "$T/a")" '["ok","yes",true]'
  stage2="{\"stage\":\"publish\",\"id\":$(jq .id "$T/a")}"
  wp_fault "$2" "${3:-}"
  is 'and published: unknown' "$(wp publish $K1 "$stage2" '{"request_timeout":"1500ms"}' | result)" unknown
  is 'it is out' "$(wp find $K1 | jq -c '[.result, .found, .draft]')" '["ok","yes",null]'
  is 'a repeat says so too' "$(wp publish $K1 "$stage2" | result)" ok
  is 'one post, made once and published once' "$(wp_posts publish) $(wp_posts) $(wp_asked 'POST.*/wp/v2/posts')" '1 1 2'
}
lost '5xx after the post was made' 500-after-post
lost 'cut in the middle' cut-after-post
lost 'JSON that is none' garbage-after-post
wp_empty
wp_fault 500-after-post
is 'both in one, lost at the draft' "$(wp publish $K1 | result)" unknown
is 'sent again it goes on with that draft' "$(wp publish $K1 | result) $(wp_posts publish) $(wp_posts)" 'ok 1 1'

lost 'the time is over after it' sleep-after-post 4
ok 'the blog is done with it' wait_for 20 wp_idle

# ---- nothing was made ----
wp_empty
AGENT_ENDPOINT=http://127.0.0.1:1
like 'nobody there' "$(wp publish $K1)" '"later"'
AGENT_ENDPOINT=$URL
wp_fault 500-before always
is '500 before anything was sent' "$(wp publish $K1 | result) $(wp find $K1 | result)" 'later later'
rm -f "$FAULTS"/*
wp_fault bom
is 'a byte order mark is no trouble' "$(wp check $K1 | result)" ok
wp_fault garbage
like 'a warning of PHP in its place is' "$(wp check $K1)" '"broken".*WP_DEBUG_DISPLAY'
is 'none of it made a post' "$(wp_posts)" 0

# ---- what the blog does not take ----
wp_empty
wp_fault no-media
like 'a picture is refused' "$(wp publish $K1)" '"refused".*no room is left'
cp "$T/1.png" "$T/keep.png"
echo '<?php phpinfo();' >"$T/1.png"
like 'a picture that is none' "$(wp publish $K1)" '"refused".*1\.png'
large_picture "$T/1.png"
head -c 3000 "$T/1.png" >"$T/cut"
is 'a large one with EXIF' "$(wp publish $K2 | result)" ok
is 'is sent smaller and without it' "$(sent_pictures | head -1)" '1200x800 no-exif'
wp_empty
is 'as large as the owner says' "$(wp publish $K2 '{}' '{"image_max_width":300,"image_max_bytes":30000}' | result) $(sent_pictures | head -1)" 'ok 300x200 no-exif'
wp_empty
mv "$T/cut" "$T/1.png"
like 'one that is cut' "$(wp publish $K1)" '"refused"'
like 'a limit that is none' "$(wp check $K1 '{}' '{"image_max_bytes":"2MB"}')" '"broken".*image_max_bytes'
mv "$T/keep.png" "$T/1.png"
wp_sql "update wp_terms set name = '부엌' where name = '주방'"
like 'a category that is not there' "$(wp publish $K1)" '"refused".*주방.*create_categories'
like 'and may not be made by an author' "$(wp publish $K1 '{}' '{"create_categories":true}')" '"broken".*role'
like 'which check says before' "$(wp check $K1 '{}' '{"create_categories":true}')" '"broken".*manage_categories'
is 'no post, no draft' "$(wp_posts)" 0
wp_sql "update wp_usermeta set meta_value = 'a:1:{s:6:\"editor\";b:1;}' where user_id = $AUTHOR_ID and meta_key = 'wp_capabilities'"
is 'an editor makes it' "$(wp publish $K1 '{}' '{"create_categories":true}' | result)" ok
is 'once' "$(wp publish $K2 '{}' '{"create_categories":true}' | result) $(wp_sql "select count(*) from wp_terms t
  join wp_term_taxonomy using (term_id) where taxonomy = 'category' and name = '주방'")" 'ok 1'
wp_empty
wp_sql "delete t, x from wp_terms t join wp_term_taxonomy x using (term_id) where taxonomy = 'post_tag' and name = '전기포트'"
ID=$(wp publish $K1 '{}' '{"create_tags":false}' | jq -r .id)
is 'a tag that may not be made is left out' "$(terms "$ID")" 'category=주방,post_tag=주방'

# ---- who may ----
wp_empty
secret "${APP_PASSWORD}x"
for op in check find publish; do
  like "$op with a wrong password" "$(wp $op $K1)" '"broken".*password'
done
is 'no post, no picture, no tag came of it' "$(wp_posts) $(pictures) $(wp_asked ^POST)" '0 0 0'
secret "$APP_PASSWORD"
like 'nobody of that name' "$(WHO=nobody wp check $K1)" '"broken".*password'
secret "$PASSWORD"
like 'the password of the log-in is none for programs' "$(wp check $K1)" '"broken".*application password'
wp_sql "update wp_usermeta set meta_value = 'a:1:{s:11:\"contributor\";b:1;}' where user_id = $AUTHOR_ID and meta_key = 'wp_capabilities'"
secret "$APP_PASSWORD"
like 'one who may not publish' "$(wp check $K1)" '"broken".*role'
is 'makes nothing' "$(wp publish $K1 | result) $(wp_posts publish)" 'broken 0'
wp_sql "update wp_usermeta set meta_value = 'a:1:{s:6:\"author\";b:1;}' where user_id = $AUTHOR_ID and meta_key = 'wp_capabilities'"
is 'no secret in any log' "$(grep -cF "$APP_PASSWORD" "$T/agent.log" "$T/request" | grep -cv ':0$')" 0

# ---- the whole way, through the daemon ----
wp_empty
sandbox --calls=100 --ttl=30d
AGENT_ENDPOINT=$URL
like 'an address that is no blog' "$(wp check $K1)" '"broken".*no REST API'
conf
sed -i "s|^publishers = .*|publishers = ( { name = \"blog\"; agent = \"wordpress\"; endpoint = \"$BLOG\"; user = \"$USER\"; password_file = \"$T/keys/password\"; create_categories = false; timeout = \"60s\"; } );|
  s|publisher = \"outbox\"|publisher = \"blog\"|; s|, \"전기포트\"||" "$T/cpauto.conf"
wp_fault 500-after-post
ok 'the daemon ends well' once
is 'the post may be out or not' "$(posts unknown) $(wp_posts)" '1 1'
later() { CPAUTO_TEST_WALL_OFFSET=$1 CPAUTO_TEST_BOOT_OFFSET=$1 once; }
ok 'two minutes later' later 120000
is 'it was found and published' "$(posts published) $(wp_posts publish) $(wp_posts)" '1 1 1'
is 'of one draft and one step more' "$(wp_asked 'POST.*/wp/v2/posts')" 2
is 'and its address is known' "$(sql 'SELECT url FROM posts')" \
  "$BLOG/$(wp_sql "select post_name from wp_posts where post_type = 'post' and post_author = $AUTHOR_ID")/"

# ---- brought up to date in its place ----
wp_empty
rm -rf "$T/state" "$T/cache"
mkdir -p "$T/state" "$T/cache"
sed -i 's|every = "1d";|every = "1d"; repost = "update";|; s|ttl = "24h"|ttl = "12h"|' "$T/cpauto.conf"
up_to_date

# ---- what becomes of a post whose answer was lost ----
API=http://127.0.0.1:$PORT
sed -i 's| repost = "update";||' "$T/cpauto.conf"
settle_blog wordpress 'POST.*/wp/v2/posts\(&\|$\)'
settle_blind wordpress "update wp_posts set post_status = 'trash' where post_author = $AUTHOR_ID and post_type = 'post'"
settled
