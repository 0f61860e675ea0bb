#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares src/template.c with npm's mustache on generated templates.
#   run.sh BUILD    (SEED=number CASES=number; the seed is printed)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: run.sh BUILD}
program=$build/unit/test_template

if ! command -v node >/dev/null; then
	echo "oracle: skipped: node is not installed"
	exit 0
fi
if ! [ -d "$here/node_modules/mustache" ]; then
	echo "oracle: skipped: npm mustache is not installed; run 'npm ci' in tests/oracle"
	exit 0
fi
[ -x "$program" ] || { echo "oracle: $program is missing; run 'make $program'" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seed=${SEED:-$(date +%s)}
echo "oracle: seed $seed"
node "$here/oracle.js" generate "$seed" "${CASES:-5000}" "$work/cases.json"
TEMPLATE_CASES=$work/cases.json TEMPLATE_RESULTS=$work/results.json \
	"$program" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
node "$here/oracle.js" compare "$work/cases.json" "$work/results.json"
