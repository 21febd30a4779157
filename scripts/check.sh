#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh - all static checks (TAP)
#
#	check.sh [NAME...]
#
# Each check is scripts/check-NAME.sh: prints what it finds, exit 0 = nothing,
# 4 = its tool is missing.
set -eu
. "$(dirname "$0")/lib.sh"

cd "$NC_TOP"
if [ $# = 0 ]; then
	for x in scripts/check-*.sh; do
		x=${x#scripts/check-}
		set -- "$@" "${x%.sh}"
	done
fi
echo "TAP version 13"
echo "1..$#"
n=0 failed=0
for x; do
	n=$((n + 1))
	rc=0
	out=$("scripts/check-$x.sh" 2>&1) || rc=$?
	[ -z "$out" ] || echo "$out" | sed 's/^/# /'
	case $rc in
	0) echo "ok $n $x" ;;
	4) echo "ok $n $x # SKIP" ;;
	*) echo "not ok $n $x"; failed=1 ;;
	esac
done
exit $failed
