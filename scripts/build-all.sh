#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# build-all.sh - build the module on every kernel, or on some (TAP)
#
#	build-all.sh [--kernels] [VEHICLE...]   --kernels: only prepare them
set -eu
. "$(dirname "$0")/lib.sh"

kernels=
if [ "${1:-}" = --kernels ]; then
	kernels=1
	shift
fi
[ $# -gt 0 ] || set -- 6.1 6.12 k l
echo "TAP version 13"
echo "1..$#"
n=0 failed=0
for v; do
	n=$((n + 1))
	what="kernel $v"
	status="not ok"
	start=$SECONDS
	if [ -n "$kernels" ]; then
		if "$NC_TOP/scripts/kernel.sh" kdir "$v" > /dev/null; then status=ok; fi
	else
		what="build for $v"
		if "$NC_TOP/scripts/build.sh" "$v" > /dev/null; then status=ok; fi
	fi
	[ "$status" = ok ] || failed=1
	echo "$status $n $what # $((SECONDS - start)) s"
done
exit $failed
