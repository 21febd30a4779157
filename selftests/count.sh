#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# count.sh - the number of channels follows the load between its bounds, and
# they are on the cores where they should be
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"

put() { echo "$1" > "$2"; }

# lanes NETNS CLASS: how many the set opened there has; for nc_wait
lanes() {
	local column=8

	[ "$2" = L ] && column=7
	nc_in "$1" awk -v c=$column \
		'$5 == "opened" { n = $c } END { print n + 0 }' \
		/proc/net/netchannel/peers
}

lanes_are() { [ "$(lanes "" "$1")" = "$2" ]; }
lanes_above() { [ "$(lanes "$NS_A" "$1")" -gt "$2" ]; }

knobs_are_checked() {
	local class dir=/sys/kernel/netchannel/netdriver k bad

	for class in latency throughput; do
		k=$dir/channels_$class
		nc_channels $class 3 5
		for bad in 2 0 17 -1 x "1 2" ""; do
			nc_fails put "$bad" $k
			[ "$(cat $k)" = 5 ]
		done
		for bad in 6 0 17 -1 x "1 2" ""; do
			nc_fails put "$bad" ${k}_min
			[ "$(cat ${k}_min)" = 3 ]
		done
		put 3 $k
		put 1 ${k}_min
	done
}

begins_with_least() {
	nc_channels latency 1 4
	nc_channels throughput 1 4
	nc_stream "" -n 1 -t 4K
	lanes_are L 1
	lanes_are T 1
}

# The network is what is slow, on any machine, and holds little itself, so lanes
# have a queue, if the sockets' buffers are no smaller than that.
grows() {
	local rc=0

	nc_namespaces
	if ! tc -n "$NS_A" qdisc add dev veth0 root tbf rate 16mbit burst 16k \
		limit 64k; then
		[ -z "${NC_EXPECT_ALL:-}" ] || return 1
		return "$KSFT_SKIP"
	fi
	nc_trace nc_lanes 1
	nc_serve "$NS_B" 7012 -H 10.77.0.2
	nc_client "$NS_A" -c 10.77.0.2 -p 7012 -n 4 -a 2 -z -1 -b 1M \
		-m 512K -t 8M -t 4s
	nc_wait lanes_above T 1 || rc=1
	nc_in "$NS_A" cat /proc/net/netchannel/peers
	wait "$nc_pid" || rc=1
	nc_served $rc || rc=1
	nc_trace nc_lanes 0
	[ $rc = 0 ] || return 1
	[ -e $NC_TRACING/events/netchannel/nc_lanes ] || return 0
	grep "nc_lanes: .* class=1 lanes=1->2" $NC_TRACING/trace
}

# Everything is moved, and no channel is lost, whatever is opened and closed.
follows_the_knobs() {
	local n before

	before=$(nc_stat "" ChannelDead)
	nc_trace nc_chan_state 1
	nc_client "" -n 8 -z -m 64K -t "$(nc_amount 16)" -t 12s
	for n in 8 2 16 1 4; do
		nc_channels throughput $n
		nc_channels latency $((17 - n))
		nc_wait lanes_are T $n
		nc_wait lanes_are L $((17 - n))
	done
	wait "$nc_pid"
	nc_no_channel_died "$before"
	nc_trace nc_chan_state 0
}

shrinks_when_idle() {
	nc_channels throughput 4
	nc_channels latency 4
	nc_stream "" -n 2 -t 4K
	nc_wait lanes_are T 4
	nc_wait lanes_are L 4
	nc_channels throughput 1 4
	nc_channels latency 1 4
	nc_wait lanes_are T 3
	nc_wait lanes_are L 3
}

# cpus_of CLASS: of all channels, opened or accepted
cpus_of() {
	awk -v class="$1" '$2 == class { print $9 }' \
		/proc/net/netchannel/channels | sort -nu
}

apart() {
	[ "$(nproc)" -gt 1 ] || return "$KSFT_SKIP"
	nc_unload && nc_load
	nc_channels throughput 5
	nc_channels latency 5
	nc_stream "" -n 2 -t 4K
	nc_wait lanes_are T 5
	nc_wait lanes_are L 5
	nc_note "T on $(cpus_of T | xargs), L on $(cpus_of L | xargs)"
	[ -z "$(comm -12 <(cpus_of T | sort) <(cpus_of L | sort))" ]
	[ "$(cpus_of T | wc -l)" = $((($(nproc) + 1) / 2)) ] ||
		[ "$(nproc)" -gt 8 ]
}

nc_begin 6
nc_unload && nc_load
nc_stage "knobs are checked" knobs_are_checked
nc_stage "begins with the least" begins_with_least
nc_stage "grows under load" grows
nc_stage "follows the knobs under load" follows_the_knobs
nc_stage "shrinks when idle" shrinks_when_idle
nc_stage "classes are apart" apart
ktap_finished
