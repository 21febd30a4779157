#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# planted.sh - show that the debug kernels report planted faults (TAP)
#
#	planted.sh [k] [l]
set -eu
. "$(dirname "$0")/lib.sh"

# All of a kernel in one boot. Lockdep is the first: it ends with its own report,
# and with that of KASAN.
kinds() {
	case $1 in
	k) echo abba sleep leak uaf ;;
	l) echo abba sleep ;;
	*) die "nothing is planted in $1" ;;
	esac
}

report() {	# what the log must say
	case $1 in
	uaf) echo 'KASAN: slab-use-after-free in planted_uaf' ;;
	leak) echo 'kmemleak: [1-9][0-9]* new suspected' ;;
	abba) echo 'possible circular locking dependency|possible recursive|circular locking' ;;
	sleep) echo 'scheduling while atomic|sleeping function called' ;;
	esac
}

[ $# -gt 0 ] || set -- k l
plan=0
for v; do
	kinds=$(kinds "$v")
	plan=$((plan + $(wc -w <<< "$kinds")))
done

nc_lock_vm
echo "TAP version 13"
echo "1..$plan"
n=0 failed=0
for v; do
	kinds=$(kinds "$v")
	dir=$("$NC_TOP/scripts/build.sh" --no-module "$v")
	out=$NC_CACHE/out/planted-$v
	rm -rf "$out"
	rc=0
	# shellcheck disable=SC2016
	NC_QUIET=1 "$NC_TOP/scripts/vm.sh" --build "$dir" --out "$out" --timeout 300 "$v" -- \
		'for kind in '"$kinds"'; do
			insmod vm/planted/planted.ko kind=$kind
			rmmod planted
			[ $kind != leak ] || vm/kmemleak 20
		done' > "$out.log" 2>&1 || rc=$?
	for kind in $kinds; do
		n=$((n + 1))
		if [ "$rc" = 99 ] && grep -qE "$(report "$kind")" "$out/splats"; then
			echo "ok $n planted-$v-$kind is reported"
		else
			sed 's/^/# /' "$out.log"
			echo "not ok $n planted-$v-$kind is reported # exit $rc, log $out/console"
			failed=1
		fi
	done
done
exit $failed
