#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh - the suite fails for each fault built into the module (TAP)
#
#	mutants.sh [NAME...]
#
# A mutant is killed when a test says "not ok" or the kernel complains; one
# that does not even boot or build proves nothing and counts as alive.
set -eu
. "$(dirname "$0")/lib.sh"

# name, vehicle, tests to run (until the first failure)
mutants="
DROP_BYTE	6.12	*
SWAP_FRAMES	6.12	*
LEAK_SKB	k	nc_close
IGNORE_WINDOW	6.12	*
FORGET_WAKE	6.12	*
LOSE_DEAD	6.12	*
"
if [ $# -gt 0 ]; then
	mutants=$(for x; do echo "$mutants" | grep "^$x	"; done)
fi
total=$(echo "$mutants" | grep -c .)
vm=$NC_TOP/scripts/vm.sh
nc_lock_vm
echo "TAP version 13"
echo "1..$total"
n=0 failed=0
while read -r name v tests; do
	[ -n "$name" ] || continue
	n=$((n + 1))
	start=$SECONDS
	out=$NC_CACHE/out/mutant-$name
	rm -rf "$out"
	rc=0
	if dir=$("$NC_TOP/scripts/build.sh" "$v" "$name" < /dev/null); then
		NC_QUIET=1 "$vm" --build "$dir" --out "$out" --timeout 1800 "$v" -- \
			"NC_STOP=1 vm/run-tests $dir/tests '$tests'" \
			< /dev/null > "$out.log" 2>&1 || rc=$?
	fi
	by=$(sed -n 's/^not ok [0-9]* //p' "$out.log" 2> /dev/null | head -n 1)
	if [ "$rc" != 0 ] && [ -n "$by" ]; then
		echo "ok $n mutant $name is killed by $by, $((SECONDS - start)) s"
	else
		tail -n 20 "$out.log" 2> /dev/null | sed 's/^/# /'
		echo "not ok $n mutant $name # exit $rc, logs $out"
		failed=1
	fi
done <<< "$mutants"
exit $failed
