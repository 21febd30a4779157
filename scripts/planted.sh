#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# planted.sh - show that the debug kernels report planted faults (TAP)
#
#	planted.sh [k] [l]
set -eu
. "$(dirname "$0")/lib.sh"

plan=()
[ $# -gt 0 ] || set -- k l
for v; do
	case $v in
	k) plan+=(k:uaf k:leak k:abba k:sleep) ;;
	l) plan+=(l:abba l:sleep) ;;
	*) die "nothing is planted in $v" ;;
	esac
done

report() {	# what the log must say
	case $1 in
	uaf) echo 'KASAN: slab-use-after-free in planted_uaf' ;;
	leak) echo 'kmemleak: [1-9][0-9]* new suspected' ;;
	abba) echo 'possible circular locking dependency|possible recursive|circular locking' ;;
	sleep) echo 'scheduling while atomic|sleeping function called' ;;
	esac
}

nc_lock_vm
echo "TAP version 13"
echo "1..${#plan[@]}"
n=0 failed=0 v='' dir=''
for p in "${plan[@]}"; do
	n=$((n + 1))
	kind=${p#*:}
	if [ "$v" != "${p%:*}" ]; then
		v=${p%:*}
		dir=$("$NC_TOP/scripts/build.sh" --no-module "$v")
	fi
	out=$NC_CACHE/out/planted-$v-$kind
	rm -rf "$out"
	rc=0
	# shellcheck disable=SC2016
	NC_QUIET=1 "$NC_TOP/scripts/vm.sh" --build "$dir" --out "$out" --timeout 300 "$v" -- \
		'insmod vm/planted/planted.ko kind='"$kind"'; [ '"$kind"' != leak ] || vm/kmemleak 20' \
		> "$out.log" 2>&1 || rc=$?
	if [ "$rc" = 99 ] && grep -qE "$(report "$kind")" "$out/splats"; then
		echo "ok $n planted-$v-$kind is reported"
	else
		sed 's/^/# /' "$out.log"
		echo "not ok $n planted-$v-$kind is reported # exit $rc, log $out/console"
		failed=1
	fi
done
exit $failed
