#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh - the suite fails for each fault built into the module (TAP)
#
#	mutants.sh [NAME...]
#
# A mutant is killed when a test says "not ok" that passes without the fault;
# one that does not even boot or build proves nothing and counts as alive.
set -eu
. "$(dirname "$0")/lib.sh"

# name, vehicle, tests to run (until the first failure)
mutants="
DROP_BYTE	6.12	nc_data stream
SWAP_FRAMES	6.12	nc_data stream
LEAK_SKB	k	nc_close
IGNORE_WINDOW	6.12	nc_flow nc_data
FORGET_WAKE	6.12	nc_flow nc_data
LOSE_DEAD	6.12	nc_loop
"
if [ $# -gt 0 ]; then
	mutants=$(for x; do echo "$mutants" | grep "^$x	"; done)
fi
mutants=$(echo "$mutants" | grep .)
vehicles=$(echo "$mutants" | cut -f2 | sort -u)
nc_lock_vm
echo "TAP version 13"
echo "1..$(($(echo "$mutants" | wc -l) + $(echo "$vehicles" | wc -l)))"
n=0 failed=0

# suite VEHICLE MUTANT TEST...: RC and what was not ok, in BY
suite() {
	local v=$1 mutant=$2 dir cmd

	shift 2
	out=$NC_CACHE/out/mutant-${mutant:-none-$v}
	rm -rf "$out" "$out.log"
	RC=0 BY=''
	if ! dir=$("$NC_TOP/scripts/build.sh" "$v" "$mutant" < /dev/null); then
		RC=build
		return
	fi
	cmd=$(printf '%q ' vm/run-tests ../tests "$@")
	NC_QUIET=1 "$NC_TOP/scripts/vm.sh" --build "$dir" --out "$out" --timeout 1800 "$v" -- \
		"NC_STOP=1 $cmd" < /dev/null > "$out.log" 2>&1 || RC=$?
	BY=$(sed -n 's/^not ok [0-9]* \([^ ]*\).*/\1/p' "$out.log" | head -n 1)
}

for v in $vehicles; do
	n=$((n + 1))
	# shellcheck disable=SC2046
	suite "$v" '' $(echo "$mutants" | awk -F'\t' -v v="$v" '$2 == v { print $3 }' |
		tr ' ' '\n' | sort -u)
	if [ "$RC" = 0 ]; then
		echo "ok $n without a fault these tests pass on $v"
	else
		grep -a '^not ok' "$out.log" | sed 's/^/# /' || true
		echo "not ok $n without a fault these tests pass on $v # exit $RC, logs $out"
		failed=1
	fi
done
while IFS=$'\t' read -r name v tests; do
	n=$((n + 1))
	start=$SECONDS
	# shellcheck disable=SC2086
	suite "$v" "$name" $tests
	if [ "$RC" != 0 ] && [ -n "$BY" ]; then
		echo "ok $n mutant $name is killed by $BY # $((SECONDS - start)) s"
	else
		tail -n 20 "$out.log" 2> /dev/null | sed 's/^/# /' || true
		echo "not ok $n mutant $name is killed # exit $RC, logs $out"
		failed=1
	fi
done <<< "$mutants"
exit $failed
