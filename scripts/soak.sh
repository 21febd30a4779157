#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# soak.sh - what only repetition finds (TAP, an hour and more)
#
#	soak.sh [VEHICLE...]	(6.1 6.12 k l)
#
# On every kernel the stream test NC_ROUNDS (20) times, each from another seed;
# on the debug kernels also insmod, traffic and rmmod NC_RELOADS (200) times.
set -eu
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- 6.1 6.12 k l
rounds=${NC_ROUNDS:-20}
reloads=${NC_RELOADS:-200}
rc=0

# soak VEHICLE COMMAND...
soak() {
	local v=$1

	shift
	"$NC_TOP/scripts/vm.sh" --timeout 7200 "$v" -- "NC_TIMEOUT=7000 $*" || rc=1
}

for v; do
	v=$(nc_vehicle "$v")
	soak "$v" "NC_ROUNDS=$rounds vm/run-tests ../tests stream.sh"
	case $v in
	k | l) soak "$v" "NC_RELOADS=$reloads vm/run-tests ../tests reload.sh" ;;
	esac
done
exit $rc
