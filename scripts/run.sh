#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh - run the selftests in one vehicle (TAP)
#
#	run.sh VEHICLE [TEST...]
#
# Without tests: those of selftests/vm/tests.VEHICLE if there is such a list (a
# debug kernel is too slow for all of them in every run), else every one. ALL=1
# runs every one anywhere.
set -eu
. "$(dirname "$0")/lib.sh"

[ $# -ge 1 ] || { sed -n 's/^#\t/usage: /p' "$0" >&2; exit 2; }
v=$(nc_vehicle "$1")
shift
list=$NC_TOP/selftests/vm/tests.$v
if [ $# = 0 ] && [ -e "$list" ] && [ -z "${ALL:-}" ]; then
	mapfile -t names < <(grep -v '^#' "$list")
	set -- "${names[@]}"
fi
nc_lock_vm
dir=$("$NC_TOP/scripts/build.sh" "$v")
exec "$NC_TOP/scripts/vm.sh" --build "$dir" --timeout "${NETCHANNEL_TIMEOUT:-3000}" "$v" -- \
	"$(printf "%q " vm/run-tests ../tests "$@")"
