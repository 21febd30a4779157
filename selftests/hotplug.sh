#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hotplug.sh - processors go away and come back under load
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"

cpus=()
for c in /sys/devices/system/cpu/cpu[1-9]*; do
	[ ! -w "$c/online" ] || cpus+=("$c")
done

set_online() { echo "$2" > "$1/online"; }

under_load() {
	local c rc=0 client i

	nc_client "" -n 16 -t "$((10 * NC_SLOW))s"
	client=$nc_pid
	for i in $(seq 5); do
		for c in "${cpus[@]}"; do
			set_online "$c" 0
			sleep "0.$((i % 3))"
		done
		for c in "${cpus[@]}"; do
			set_online "$c" 1
			sleep "0.$((i % 2))"
		done
	done
	wait "$client" || rc=1
	return $rc
}

# What was made while a processor was away uses the others.
while_away() {
	local c rc=0

	for c in "${cpus[@]}"; do
		set_online "$c" 0
	done
	nc_unload && nc_load && nc_stream "" -n 8 -t "$(nc_amount 8)" || rc=1
	for c in "${cpus[@]}"; do
		set_online "$c" 1
	done
	nc_stream "" -n 8 -t "$(nc_amount 8)" || rc=1
	return $rc
}

nc_begin 2
if [ ${#cpus[@]} = 0 ]; then
	ktap_test_skip "no processor can be taken away"
	ktap_test_skip "no processor can be taken away"
	ktap_finished
fi
nc_stage "under load" under_load
nc_stage "while away" while_away
ktap_finished
