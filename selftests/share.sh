#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# share.sh - large copies shared with helpers, at every size that allows it
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
knobs=/sys/kernel/netchannel/vns

set_knob() { echo "$2" > "$knobs/$1"; }

# refused NAME VALUE...: the old value stays
refused() {
	local name=$1 old value

	shift
	old=$(cat "$knobs/$name")
	for value; do
		nc_fails set_knob "$name" "$value" || return
		[ "$(cat "$knobs/$name")" = "$old" ]
	done
}

knobs_are_checked() {
	refused copy_bytes 65535 1073741825 -1 x ""
	refused copy_helpers 16 -1 x ""
	refused copy_cpus 9999999 x "" -
	set_knob copy_cpus "$(cat "$knobs/copy_cpus")"
}

helped() { nc_stat "" CopyHelped; }

# calls of up to 4 MB, so about all bytes go in jobs
helpers_copy() {
	local before

	before=$(helped)
	nc_stream "" -n 4 -t "$(nc_amount 48)" -m 4M
	[ "$(nproc)" -gt 1 ] || return 0
	nc_note "helpers copied $(($(helped) - before)) parts"
	[ "$(helped)" -gt "$before" ]
}

# nobody to help: a caller with one processor does it alone
alone() {
	local before

	before=$(nc_stat "" CopyShared)
	taskset -c 0 ./nc_stream -P "$NC_PROTO" -w $((30 * NC_SLOW)) -n 2 \
		-t "$(nc_amount 16)" -m 4M
	[ "$(nc_stat "" CopyShared)" = "$before" ]
}

while_knobs_change() {
	local client i=0

	nc_client "" -n 6 -t "$((8 * NC_SLOW))s" -m 4M
	client=$nc_pid
	while kill -0 "$client" 2> /dev/null; do
		set_knob copy_helpers $((i % 4))
		set_knob copy_bytes $((65536 << i % 5))
		set_knob copy_cpus "0-$((i % $(nproc)))"
		i=$((i + 1))
		sleep 0.1
	done
	wait "$client"
	nc_note "$i changes of each"
	set_knob copy_helpers 3
	set_knob copy_bytes 65536
	set_knob copy_cpus "0-$(($(nproc) - 1))"
	[ $i -gt 4 ]
}

# a helper may be busy with its pages when a process dies
killed() {
	local i

	for i in $(seq 10); do
		nc_client "" -n 4 -t "$((60 * NC_SLOW))s" -m 4M -z
		sleep "0.$((5 + i % 5))"
		kill -9 "$nc_pid"
		wait "$nc_pid" 2> /dev/null || true
	done
	nc_stream "" -n 4 -t 4M -m 4M -z
}

# what nc_data says of bad pointers, counts and flags holds here too
every_shape() { ./nc_data; }

nc_begin 6
nc_load
set_knob copy_bytes 65536
set_knob copy_helpers 3
nc_stage "knobs are checked" knobs_are_checked
nc_stage "helpers copy" helpers_copy
nc_stage "alone on one processor" alone
nc_stage "while knobs change" while_knobs_change
nc_stage "killed in the middle" killed
nc_stage "every shape of call" every_shape
ktap_finished
