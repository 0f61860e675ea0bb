#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# A damaged state: refused with the remedy, left as it is; a backup and the way
# back; and a sample of power cuts and fallen bits (all of them in make soak).
. "$(dirname "$0")/lib.sh"

rc() { "$@" >"$T/said" 2>&1; echo $?; }
sandbox
conf
ok 'a run' once
is 'makes two posts' "$(posts published)" 2
like 'a backup says what is in it' "$(cpauto backup "$T/b.db")" '2 calls, 2 posts \(2 published\), 2 keywords; its last entry is of 20'
is 'it is for the owner alone' "$(stat -c %a "$T/b.db")" 600
is 'it is not replaced unasked' "$(rc cpauto backup "$T/b.db")" 73
like 'which is said' "$(cat "$T/said")" '--force'
is 'but with --force' "$(rc cpauto backup "$T/b.db" --force)" 0
is 'nothing stays beside it' "$(find "$T" -maxdepth 1 -name 'b.db*' | wc -l)" 1

# One bit of one call falls over.
cp "$T/state/state.db" "$T/whole.db"
python3 - "$T/state/state.db" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.index("에어프라이어".encode(), data.index(b"search"))
data[at] ^= 1 # of the text of a row
open(sys.argv[1], "wb").write(data)
END
ok 'a bit fell over' test "$(cmp -l "$T/whole.db" "$T/state/state.db" | wc -l)" = 1
cp "$T/state/state.db" "$T/damaged.db"
total=$(stats .total)
out=$(folders)
one_line() { [ "$(wc -l <"$T/said")" = 1 ]; }
is 'cpautod refuses it' "$(rc timeout 20 "$B/cpautod" -c "$T/cpauto.conf" --once)" 65
like 'with the remedy' "$(cat "$T/said")" 'damaged.*cpauto restore FILE'
ok 'in one line' one_line
is 'so does status' "$(rc cpauto status)" 65
like 'with the remedy' "$(cat "$T/said")" 'damaged.*cpauto restore FILE'
ok 'in one line' one_line
is 'and check' "$(rc cpauto check)" 78
like 'with the remedy' "$(tr '\n' ' ' <"$T/said")" 'damaged.*cpauto restore FILE'
is 'and backup, for it would be worth nothing' "$(rc cpauto backup "$T/b2.db")" 65
ok 'no half backup is left' test ! -e "$T/b2.db"
is 'nothing was called' "$(stats .total)" "$total"
is 'nothing was posted' "$(folders)" "$out"
ok 'the file is as it was' cmp "$T/damaged.db" "$T/state/state.db"

# The way back.
is 'what is no backup is refused' "$(rc cpauto restore "$T/log")" 65
is 'a file that is not there too' "$(rc cpauto restore "$T/none")" 66
ok 'the file is as it was' cmp "$T/damaged.db" "$T/state/state.db"
is 'a backup is put back' "$(rc cpauto restore "$T/b.db")" 0
like 'what was there is kept' "$(cat "$T/said")" 'state.db.before-20'
like 'no call is given back' "$(cat "$T/said")" '10 count as made now, so none is made for 1 h 1 min'
like 'strikes are not known' "$(cat "$T/said")" 'strikes since'
ok 'to the byte' cmp "$T/damaged.db" "$T"/state/state.db.before-*
is 'no call is left' "$(cpauto status --json | jq .budget.left)" 0
cpauto queue now 에어프라이어 >/dev/null
ok 'the daemon goes on' once
is 'and calls nothing' "$(stats .total)" "$total"
daemon
is 'under a daemon nothing is restored' "$(rc cpauto restore "$T/b.db")" 75
like 'and it is said how' "$(cat "$T/said")" 'systemctl stop cpauto'
is 'but a backup is made' "$(rc cpauto backup "$T/b3.db")" 0
stop TERM

# A post that went out after the backup: looked for, not sent again.
rm -rf "$T"/state/* "$T"/cache/* "$T"/out/*
conf 'lists = ( { name = "주방"; keywords = [ "가습기" ]; every = "1d"; publisher = "outbox"; approve = "manual"; } );'
ok 'a post waits' once
is 'for approval' "$(posts waiting)" 1
ok 'backed up' cpauto backup "$T/b4.db"
cpauto posts approve 1 >/dev/null
ok 'then it goes out' once
is 'once' "$(folders)" 1
ok 'the backup is put back' cpauto restore "$T/b4.db"
is 'the post waits again' "$(posts waiting)" 1
like 'and says what to look at' "$(cpauto posts show 1)" 'look at the blog'
cpauto posts approve 1 >/dev/null
: >"$T/log"
ok 'approved again' once
like 'it is looked for first' "$(cat "$T/log")" 'post 1 may have gone out after the backup'
is 'and found' "$(posts published)" 1
is 'it is out once' "$(folders)" 1

# A sample of each.
export DAMAGE_CUTS=25 DAMAGE_FLIPS=25 DAMAGE_CACHE=25 SOAK_SEED=${SOAK_SEED:-20261123}
[ -n "${CPAUTO_TEST_QUICK:-}" ] || {
  ok "cuts, fallen bits and spoiled caches, seed $SOAK_SEED" env B="$B" "$tree/tests/soak/40-damage"
  sed -n 's/^SOAK/#/p' "$T/ok.out"
}
