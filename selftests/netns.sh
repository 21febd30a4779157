#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# netns.sh - network namespaces: apart from each other, and gone under load
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"

# The same port in two namespaces; knobs of one do not show in the other.
apart() {
	nc_serve "$NS_A" 7005
	nc_serve "$NS_B" 7005
	nc_stream "$NS_A" -c 127.0.0.1 -p 7005 -n 4 -t 4M -z
	nc_stream "$NS_B" -c 127.0.0.1 -p 7005 -n 4 -t 4M -z
	nc_sysctl "$NS_A" port 7777
	[ "$(nc_in "$NS_B" cat /proc/sys/net/netchannel/port)" = 6339 ]
	[ "$(cat /proc/sys/net/netchannel/port)" = 6339 ]
	nc_sysctl "$NS_A" port 6339
	# nothing of it is visible here
	[ "$(wc -l < /proc/net/netchannel/channels)" = 1 ]
}

quiet() { [ "$(nc_stat "" Sockets)" = 0 ]; }
gone() { [ "$(nc_stat "" Peers)" = 0 ] && [ "$(nc_stat "" Channels)" = 0 ]; }

# A namespace goes while its sockets are busy; the other end stays and fails.
# Sockets closed in order whose peer vanished are orphans: they hold their
# namespace for orphan_timeout, as TCP's do.
under_load() {
	local i server client

	for i in 1 2 3; do
		nc_namespaces_again
		nc_sysctl "$NS_A" orphan_timeout 5
		nc_sysctl "$NS_B" orphan_timeout 5
		nc_serve "$NS_B" 7006 -H 10.77.0.2 -w 600 > /dev/null
		server=$nc_server
		nc_client "$NS_A" -c 10.77.0.2 -p 7006 -n 16 -t 256M -w 600 \
			> /dev/null
		client=$nc_pid
		nc_wait nc_stat_above "" Sockets 16
		sleep "0.$i"
		kill -9 "$client" || true
		ip netns del "$NS_A"
		sleep "0.$i"
		kill -9 "$server" 2> /dev/null || true
		ip netns del "$NS_B"
		wait "$client" "$server" 2> /dev/null || true
	done
	if ! nc_wait quiet || ! nc_wait gone; then
		nc_show ""
		return 1
	fi
}

nc_namespaces_again() {
	local ns

	for ns in "$NS_A" "$NS_B"; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
	done
	nc_namespaces
}

# Sockets outlive the name of their namespace; its last socket ends it.
socket_holds_it() {
	nc_namespaces_again
	nc_serve "$NS_A" 7007
	nc_client "$NS_A" -c 127.0.0.1 -p 7007 -n 4 -t 32M -z
	nc_wait nc_stat_above "" Sockets 4
	ip netns del "$NS_A"
	wait "$nc_pid" "$nc_server"
	nc_wait quiet && nc_wait gone
}

many() {
	local i

	for i in $(seq 10); do
		ip netns add "$NS_A.$i"
		ip -n "$NS_A.$i" link set lo up
		nc_stream "$NS_A.$i" -n 2 -t 256K -z > /dev/null || return
		ip netns del "$NS_A.$i"
	done
	nc_wait gone
}

nc_begin 4
nc_namespaces
nc_stage "apart" apart
nc_stage "gone under load" under_load
nc_stage "held by sockets" socket_holds_it
nc_stage "ten, one after another" many
ktap_finished
