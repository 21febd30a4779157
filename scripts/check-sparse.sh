#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-sparse.sh - sparse on our files: byte order, address spaces, RCU
#
# Uses the 6.1 headers: Debian 12's sparse is older than the newest kernel's.
# Only what it says about our own files counts.
set -eu
. "$(dirname "$0")/lib.sh"
command -v sparse > /dev/null || exit 4
[ -e "$NC_TOP/Kbuild" ] || exit 4
kdir=$("$NC_TOP/scripts/kernel.sh" kdir 6.1)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for x in core vns netscheduler netdriver uapi compat Kbuild; do
	cp -r "$NC_TOP/$x" "$tmp/"
done
find "$tmp" \( -name '*.o' -o -name '.*.cmd' -o -name '*.ko' \) -delete
make -C "$kdir" M="$tmp" C=2 CF="-D__CHECK_ENDIAN__" -j"$NC_JOBS" \
	netchannel.o > "$tmp/log" 2>&1 || { grep -E 'error' "$tmp/log" | head; exit 1; }
out=$(grep -E '(warning|error):' "$tmp/log" | grep -F "$tmp/" |
	sed "s#$tmp/##g" | sort -u || true)
[ -z "$out" ] || { echo "$out"; exit 1; }
