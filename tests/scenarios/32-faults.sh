#!/bin/bash
# shellcheck disable=SC1091,SC2154
# A sample of the laboratory of faults: allocations and calls fail in daemon,
# CLI and agents; SOAK_SEED chooses which, a broken point says how to see it again.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all 'python3 is not there'
[ -e "$B/faults/inject.so" ] || skip_all 'make labs makes what this needs'
seed=${SOAK_SEED:-20261126}
echo "# seed $seed"
part() { # TEXT PART POINTS [MORE...]
  ok "$1" env B="$B" "$tree/tests/faults/lab" --seed "$seed" --points "$3" "${@:4}" "$2"
}
part 'programs that do wrong are found out' selftest 0
part 'the daemon without memory' daemon-memory 8
part 'the daemon whose calls fail' daemon-calls 12
part 'no process can be had for a gate' daemon-calls 1 --point fork:4:ENOMEM:once:0
part 'an agent cannot be started' daemon-calls 1 --point pipe:12:EMFILE:once:0
part 'the agents without memory' agent-memory 34
part 'the agents whose calls fail' agent-calls 51
part 'cpauto without memory' cli-memory 20
part 'cpauto whose calls fail' cli-calls 20
part 'on a tiny disk' disk 4
