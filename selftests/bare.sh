#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bare.sh - a loaded module that nobody uses does nothing
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"

nc_put() { echo "$1" > "$2"; }

no_port() {
	! ss -Htlnp | tee /dev/stderr | grep -q ":$NC_PORT "
}

no_thread() { [ -z "$(nc_processes kernel | tee /dev/stderr)" ]; }

no_peer() {
	nc_stat_is "" PeerCreated 0
	nc_stat_is "" ChannelCreated 0
	nc_stat_is "" SocketCreated 0
}

# Binding alone opens no channel port either; listening does.
listener_opens_it() {
	nc_serve "" 7008
	ss -Htln | grep -q ":$NC_PORT "
	kill "$nc_server"
	wait "$nc_server" || true
}

knobs() {
	local k dir=/sys/kernel/netchannel old

	for k in $dir/netdriver/channels_{latency,throughput}; do
		old=$(cat "$k")
		[ "$old" -ge 1 ]
		for bad in 0 -1 1000000 x "1 2"; do
			nc_fails nc_put "$bad" "$k"
			[ "$(cat "$k")" = "$old" ]
		done
		echo $((old + 1)) > "$k"
		[ "$(cat "$k")" = $((old + 1)) ]
		echo "$old" > "$k"
	done
	k=$dir/netscheduler/policy
	for policy in shortest rr; do
		echo $policy > $k
		grep -qw $policy $k
	done
	nc_fails nc_put nonsense $k
	[ "$(cat /proc/sys/net/netchannel/transport)" = tcp ]
	nc_fails nc_sysctl "" transport nonsense
	nc_fails nc_sysctl "" port 70000
	nc_fails nc_sysctl "" loop_script nonsense
	[ "$(cat /proc/sys/net/netchannel/transport)" = tcp ]
	[ "$(cat /proc/sys/net/netchannel/port)" = 6339 ]
}

# lanes_with COUNT BYTES: so many opened throughput channels have sent that much
lanes_with() {
	[ "$(nc_in "$NS_A" awk -v least="$2" \
		'$2 == "T" && $4 == "opened" && $8 == "up" && $10 >= least' \
		/proc/net/netchannel/channels | wc -l)" = "$1" ]
}

# More channels are opened for the next peer, and one flow uses them all once
# they are there.
channels() {
	local rc=0 knob=/sys/kernel/netchannel/netdriver/channels_throughput old

	old=$(cat $knob)
	ip netns add "$NS_A"
	ip -n "$NS_A" link set lo up
	nc_channels throughput 4
	nc_stream "$NS_A" -n 1 -t 4K
	nc_wait lanes_with 4 0
	head -c 8M /dev/urandom > "$NC_TMP/sent"
	nc_in "$NS_A" ./nc_file "$NC_TMP/received"
	nc_in "$NS_A" ./nc_file -c 127.0.0.1 "$NC_TMP/sent"
	cmp "$NC_TMP/sent" "$NC_TMP/received"
	nc_in "$NS_A" cat /proc/net/netchannel/channels
	lanes_with 4 1000000 || rc=1
	nc_channels throughput 1 "$old"
	ip netns del "$NS_A"
	[ $rc = 0 ]
}

nc_begin 6
nc_unload && nc_load
nc_stage "no port" no_port
nc_stage "no thread" no_thread
nc_stage "no peer" no_peer
nc_stage "knobs are validated" knobs
nc_stage "a listener opens the port" listener_opens_it
nc_stage "four channels share the load" channels
ktap_finished
