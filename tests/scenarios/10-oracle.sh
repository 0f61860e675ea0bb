#!/bin/bash
# shellcheck disable=SC1091,SC2034,SC2154
# Templates compared with npm's mustache on generated input, where npm is there.
. "$(dirname "$0")/lib.sh"

command -v npm >/dev/null && command -v node >/dev/null || skip_all 'node and npm are not installed'
cd "$tree/tests/oracle" || exit 2
[ -d node_modules/mustache ] || npm ci --ignore-scripts --no-audit --no-fund >"$T/npm" 2>&1 ||
  skip_all 'npm mustache cannot be installed here'
ok '2,000 generated templates render alike' env CASES=2000 ./run.sh "$B"
sed 's/^/# /' "$T/ok.out"
