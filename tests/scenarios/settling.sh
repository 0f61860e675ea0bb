# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after lib.sh: what becomes of a post whose answer was lost, from
# unknown to published, absent or parked. A scenario says for its agent:
#   fresh        the other side is empty and well, requests are counted from 0
#   lose made    the next post is made, and its answer lost;  lose lost: not made
#   well         from now on nothing is lost
#   there        how many posts are at the other side
#   sent         how many requests to make a post came there
rows=()

at() { # MINUTES: what is due then, on a clock that is so much ahead
  CPAUTO_TEST_WALL_OFFSET=$(($1 * 60000)) CPAUTO_TEST_BOOT_OFFSET=$(($1 * 60000)) once
}
state() { sql 'SELECT group_concat(state) FROM posts'; }
looks() { sql 'SELECT sum(finds) FROM posts'; }
begin() { # the daemon's side as at the start
  rm -rf "$T"/state/* "$T"/cache/*
  curl -s --noproxy '*' -X POST "$API/_sandbox/reset" >/dev/null
  : >"$T/log"
  fresh
}
seen() { printf '%s, there %s, sent %s' "$(state)" "$(there)" "$(sent)"; }
row() { rows+=("# $1"); }

# One that is well: each request that makes a post is sent once.
settle_well() { # AGENT
  begin
  well
  once
  is "$1, an answer: published" "$(seen)" 'published, there 1, sent 1'
  row "$(printf '%-14s %-9s %s' "$1" answered "$(seen)")"
}

# Made, its answer lost, and it can be found: out, and never sent again.
settle_found() { # AGENT
  begin
  lose made
  once
  is "$1, made and no answer: unknown" "$(seen)" 'unknown, there 1, sent 1'
  well
  once
  is 'it is not looked for at once' "$(seen)" 'unknown, there 1, sent 1'
  at 2
  is 'found: published' "$(seen)" 'published, there 1, sent 1'
  at 120
  is 'and that is all' "$(seen)" 'published, there 1, sent 1'
  row "$(printf '%-14s %-9s %s' "$1" made "$(seen)")"
}

# Not made: two looks at least 15 minutes apart, the later one after 45; then again.
settle_absent() { # AGENT
  begin
  lose lost
  once
  is "$1, not made and no answer: unknown" "$(seen)" 'unknown, there 0, sent 1'
  well
  at 2
  is 'not found once' "$(seen), looks $(looks)" 'unknown, there 0, sent 1, looks 1'
  at 15
  is 'not looked for again within 15 minutes' "$(looks)" 1
  at 18
  is 'not found twice, and still too early to be sure' "$(seen), looks $(looks)" 'unknown, there 0, sent 1, looks 2'
  at 50
  is 'surely absent: sent again, published' "$(seen)" 'published, there 1, sent 2'
  at 120
  is 'and that is all' "$(seen)" 'published, there 1, sent 2'
  row "$(printf '%-14s %-9s %s' "$1" 'not made' "$(seen)")"
}

# It cannot be found: the owner is asked, and what the owner says is done.
settle_parked() { # AGENT
  local how says
  for how in made lost; do
    [ $how = made ] && says=published || says=absent
    begin
    lose $how
    once
    is "$1 that cannot look, $how: unknown" "$(state), sent $(sent)" 'unknown, sent 1'
    well
    at 2
    at 60
    at 1500
    is 'parked, for good' "$(state), sent $(sent)" 'parked, sent 1'
    like 'the owner is told how to go on' "$(cat "$T/log")" 'cpauto posts settle 1 --published or --absent'
    cpauto posts settle 1 --$says >"$T/settle" 2>&1
    at 1501
    at 1502
    is "settled as $says" "$(state), there $(there), sent $(sent)" \
      "published, there 1, sent $([ $how = made ] && echo 1 || echo 2)"
    row "$(printf '%-14s %-9s parked, settled as %s: %s' "$1" "$how" $says "$(seen)")"
  done
}
settled() { # the table
  printf '%s\n' '# agent          the post  in the end' "${rows[@]}"
}
