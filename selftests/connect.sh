#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# connect.sh - connections that cannot be made fail with TCP's errors
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"

fails_with() {	# fails_with TEXT CLIENT-OPTION...: connecting from A
	local text=$1

	shift
	nc_fails nc_stream "$NS_A" -n 1 -t 1K "$@" > "$NC_TMP/client"
	cat "$NC_TMP/client"
	grep -q "connect (errno .* $text)" "$NC_TMP/client"
}

no_channel_to() {	# no_channel_to HOST: from A
	! nc_in "$NS_A" grep -F " ::ffff:$1 " /proc/net/netchannel/channels
}

# Nobody waits for those hosts any more, so nobody looks for them.
left_alone() {	# left_alone HOST...
	local host created

	for host; do
		nc_wait no_channel_to "$host"
	done
	created=$(nc_stat "$NS_A" ChannelCreated)
	sleep 3		# they would be tried again every two seconds
	nc_stat_is "$NS_A" ChannelCreated "$created"
}

no_host() { fails_with "No route to host" -c 10.77.0.99 -p 7010; }
no_network() { fails_with "Network is unreachable" -c 192.0.2.1 -p 7010; }
nobody_there() { fails_with "Connection refused" -c 10.77.0.2 -p 7010; }
nobody_there_v6() { fails_with "Connection refused" -6 -c fd77::2 -p 7010; }

# The host has a virtual listener, only not on this port.
other_port() {
	nc_serve "$NS_B" 7011 -H 10.77.0.2
	fails_with "Connection refused" -c 10.77.0.2 -p 7010
	nc_stream "$NS_A" -c 10.77.0.2 -p 7011 -n 1 -t 1M
	wait "$nc_server"
}

forbidden() {
	ip -n "$NS_A" route add prohibit 198.51.100.0/24
	fails_with "Permission denied" -c 198.51.100.1 -p 7010
}

# Packets vanish.
silence() {
	nc_in "$NS_A" sh -c 'echo 1 > /proc/sys/net/ipv4/tcp_syn_retries'
	[ "$NC_PROTO" = 6 ] || nc_sysctl "$NS_A" syn_retries 1
	ip -n "$NS_A" neigh replace 10.77.0.98 lladdr 02:00:00:00:00:01 \
		dev veth0
	fails_with "Connection timed out" -c 10.77.0.98 -p 7010
	[ "$NC_PROTO" = 6 ] || left_alone 10.77.0.98 10.77.0.99
}

# One connection: then A has channels to B.
once() {
	nc_across 10.77.0.2 7012 -n 1 -t 64K
}

# A server has so many sets of channels; who comes next is told.
too_many() {	# too_many KNOB DEFAULT ADDRESS
	nc_in "$NS_B" ip addr add "$3/24" dev veth0
	once
	nc_serve "$NS_B" 7013 -H "$3"
	nc_knob "netdriver/$1" 1
	fails_with "Connection refused" -c "$3" -p 7013
	nc_knob "netdriver/$1" "$2"
	nc_stream "$NS_A" -c "$3" -p 7013 -n 1 -t 64K
	wait "$nc_server"
}

no_channels() {	# no_channels NETNS
	nc_in "$1" sed 1d /proc/net/netchannel/channels > "$NC_TMP/channels" &&
		[ ! -s "$NC_TMP/channels" ]
}

# A server lets go of channels that nobody uses, if its client does not.
lets_go() {
	nc_sysctl "$NS_B" peer_timeout 1
	once
	if ! nc_wait no_channels "$NS_B" || ! nc_wait no_channels "$NS_A"; then
		nc_note "$(cat "$NC_TMP/channels")"
		return 1
	fi
	nc_sysctl "$NS_B" peer_timeout 60
	once
}

nc_begin 10 tcp
nc_namespaces
nc_stage "no such host" no_host
nc_stage "no such network" no_network
nc_stage "nobody listens" nobody_there
nc_stage "nobody listens, IPv6" nobody_there_v6
nc_stage "another port" other_port
nc_stage "prohibited" forbidden
nc_stage "silence" silence
if [ "$NC_PROTO" = 6 ]; then
	for _ in 1 2 3; do
		ktap_test_skip "TCP has no channels"
	done
else
	nc_stage "too many sets of an address" \
		too_many sets_per_address 64 10.77.0.3
	nc_stage "too many sets" too_many accepted_peers 16384 10.77.0.4
	nc_stage "a server lets go" lets_go
fi
ktap_finished
