#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Each misbehaviour of the server: one request for one call, the budget exact,
# the daemon goes on, a reason for people.
. "$(dirname "$0")/lib.sh"

sandbox --calls 1000
TIMEOUT=2s CALLS=1000 PACE=0s
kinds='invalid-signature expired hmac-format unknown-key not-authorized 429 500 503 html403 truncated
slow stall close close-after empty duplicates nofields floatprice hostile bigid httpimages badjson hugebody
deepjson redirect emptyobject rcode400 notjson baddate'
for kind in $kinds; do
  rm -rf "$T/state" "$T/cache" "$T/out"
  mkdir -p "$T"/{state,cache,out}
  curl -s --noproxy '*' -X POST "$URL/_sandbox/reset" >/dev/null
  conf "lists = ( { name = \"하나\"; keywords = [ \"무선 청소기\" ]; every = \"1d\"; publisher = \"outbox\"; } );"
  fault "$kind" 1
  : >"$T/log"
  ok "$kind: the daemon ends well" once
  is "$kind: one request, once" "$(stats '.total')" 1
  is "$kind: one row in the ledger, ended" "$(sql 'SELECT count(*), count(ended_wall) FROM calls')" '1|1'
  result=$(sql 'SELECT result FROM calls')
  case $kind in
    duplicates | nofields | floatprice | hostile | bigid | httpimages | baddate)
      is "$kind: answered" "$result" ok
      is "$kind: the post is out" "$(posts published)" 1 ;;
    empty)
      is "$kind: answered" "$result" ok
      like "$kind: says that nothing was found" "$(sql 'SELECT reason FROM keywords')" 'nothing was found' ;;
    429)
      is "$kind: taken for a block" "$result" blocked ;;
    *)
      like "$kind: not taken for an answer" "$result" '^(later|refused|broken|unknown)$'
      ok "$kind: with a reason" test -n "$(sql 'SELECT detail FROM calls')"
      is "$kind: no post" "$(folders)" 0 ;;
  esac
done
