#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# From keywords to posts: the whole path, then nothing more to do.
. "$(dirname "$0")/lib.sh"

sandbox
conf
ok 'the daemon does what is due and ends' once
is 'two keywords, two calls' "$(stats .accepted)" 2
is 'no call was refused' "$(stats .refused)" 0
is 'two posts are published' "$(posts published)" 2
is 'two folders stand in the outbox' "$(folders)" 2
ok 'again: nothing is due' once
is 'so no call was made' "$(stats .total)" 2
is 'and no post' "$(folders)" 2

post=$(find "$T/out" -name post.html | sort | head -1)
folder=$(dirname "$post")
for f in post.html post.md post.txt copy.html manifest.json; do
  ok "the folder has $f" test -s "$folder/$f"
done
like 'the disclosure stands in the post' "$(cat "$post")" '쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다'
ok 'the images are there' test "$(find "$folder/images" -type f | wc -l)" -ge 1
ok 'the manifest is JSON with the key' jq -e '.key and .published_at and .disclosure' "$folder/manifest.json"
ok 'there is a feed' grep -q '<feed' "$T/out/feed.xml"
is 'the text has 1,500 characters or more' "$([ "$(wc -m <"$folder/post.txt")" -ge 1500 ] && echo yes)" yes
is 'no secret stands in any file' "$(grep -rl test-secret "$T" --include='*' --exclude-dir=keys | grep -v server)" ''
