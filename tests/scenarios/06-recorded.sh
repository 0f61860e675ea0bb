#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# The main job on really recorded answers of the API, where they are there.
. "$(dirname "$0")/lib.sh"

recorded=${CPAUTO_RECORDED:-$tree/../shared/data/coupang}
[ -d "$recorded" ] || skip_all "no recorded answers in $recorded"
sandbox --replay "$recorded"
conf 'lists = (
  { name = "ten"; keywords = [ "노트북" ]; every = "1d"; template = "roundup"; publisher = "outbox"; },
  { name = "three"; keywords = [ "노트북" ]; every = "1d"; template = "best3"; limit = 3; publisher = "outbox"; },
  { name = "one"; keywords = [ "노트북" ]; every = "1d"; template = "single"; limit = 1; publisher = "outbox"; } );'
ok 'the daemon does its work' once
is 'one call serves three lists' "$(stats .accepted)" 1
posts=$(posts published)
is 'three posts are out' "$posts" 3
for p in "$T"/out/*/post.html; do
  ok 'with the disclosure, to the letter' "$B/cpauto" lint "$p"
  like 'with the recorded name' "$(cat "$p")" 'MSI 2022 Prestige|Prestige'
done
is 'nothing was refused' "$(posts refused)" 0
