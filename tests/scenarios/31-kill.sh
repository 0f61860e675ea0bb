#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# A sample of the points at which tests/soak/20-kill kills, and proof that a daemon
# which records too late, a publisher which posts twice, and a disk which is not
# synced are found. tests/scenarios/31-kill.sh SEED repeats a sample.
[ -w /dev/shm ] && export TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../kill/lib.sh"

seed=${1:-$(date +%s)}
echo "# seed $seed"
ok "killed at 40 points of three scenes, every promise holds (seed $seed)" \
  kill_lab --seed "$seed" --scenes 3 --points 40
sed 's/^/# /' "$T/ok.out"

# Killed by the system, a renderer is tried again: the post is not to blame.
ok 'a renderer that is killed once costs no post' kill_lab --replay draft:0.3:exit_group:1:self:0

# One that must be found: its report must say what was broken, in these words.
found() { # TEXT PATTERN OPTION...
  local text=$1 pattern=$2
  shift 2
  kill_lab "$@" >"$T/found" 2>&1
  is "$text: it is called broken" $? 1
  like "$text: in these words" "$(cat "$T/found")" "$pattern"
}
found 'a call that is recorded after the act' '3 calls within one hour, 2 are allowed' \
  --fault forget --replay lost:0.2.1:exit_group:1:all:0
found 'a post that is recorded after the act' 'post [0-9a-f]+ is out 2 times' \
  --fault forget --replay strike:0.7.1:exit_group:1:all:0
found 'a publisher that posts twice' 'post [0-9a-f]+ is out 2 times' \
  --fault twice --only lost --points 1
found 'a disk that is not synced' 'a call began with [1-9] files of the state not synced' \
  --fault nosync --only lost --points 1
