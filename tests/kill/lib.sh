# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after tests/scenarios/lib.sh: the laboratory with two servers, one of them
# with a lower limit than the configuration's. The clock is shifted by hours, so any date of
# a signature is taken; that is tested elsewhere.
sandbox --calls 1000000 --ttl 1000d --log "$T/calls.log"
kill_url=$URL
sandbox --calls 1 --ttl 1000d --log "$T/strikes.log"
kill_lab() {
  "$B/kill/kill" --build "$B" --base "$T/kill" --url "$kill_url" --log "$T/calls.log" \
    --strike-url "$URL" --strike-log "$T/strikes.log" "$@"
}
