#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pair.sh - two VMs with different kernels talk to each other (TAP)
#
#	pair.sh [VEHICLE VEHICLE]
set -eu
. "$(dirname "$0")/lib.sh"

a=$(nc_vehicle "${1:-6.1}")
b=$(nc_vehicle "${2:-6.12}")
vm=$NC_TOP/scripts/vm.sh
nc_lock_vm
dir=("$("$NC_TOP/scripts/build.sh" "$a")" "$("$NC_TOP/scripts/build.sh" "$b")")
out=$NC_CACHE/out/pair-$$
rm -rf "$out"
mkdir -p "$out"
export NC_QUIET=1

guest() {	# guest NUMBER VEHICLE
	local other=$((3 - $1)) net

	net="dgram,local.type=unix,local.path=$out/net$1"
	net="$net,remote.type=unix,remote.path=$out/net$other"
	"$vm" --build "${dir[$1 - 1]}" --cpus 1 --mem 1024 --timeout 900 --out "$out/$1" \
		--net "$net" --mac "$1" "$2" -- "vm/pair $1 $a $b"
}

echo "TAP version 13"
echo "1..4"
pids=()
guest 1 "$a" &
pids+=($!)
guest 2 "$b" &
pids+=($!)
failed=0
for i in 0 1; do
	wait "${pids[i]}" || failed=1
done
[ $failed = 0 ] || say "logs $out"
exit $failed
