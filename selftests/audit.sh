#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# audit.sh - after a test: what did it leave behind?
#
# Counts created = destroyed, unloads the module (orphans may hold it for a
# bounded time) and looks for threads, files, sockets, processes and namespaces
# that should be gone. Exit 0: clean.
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
trap nc_cleanup EXIT
bad=0

finding() {
	nc_note "left behind: $*"
	bad=1
}

balance() {	# balance GAUGE KIND
	local made gone alive

	made=$(nc_stat "" "${2}Created") || return 0
	gone=$(nc_stat "" "${2}Destroyed")
	alive=$(nc_stat "" "$1" 2> /dev/null || echo $((made - gone)))
	[ $((made - gone)) = "$alive" ] ||
		finding "$1: created $made, destroyed $gone, alive $alive"
}

none_left() { [ -z "$(nc_processes "$1")" ]; }

nc_wait none_left user > /dev/null ||
	finding "processes: $(nc_processes user)"
if [ -n "$(ip netns list)" ]; then
	finding "namespaces: $(ip netns list | tr '\n' ' ')"
fi
if nc_loaded; then
	if [ -e /proc/net/netchannel/stat ]; then
		nc_wait nc_stat_is "" Sockets 0 > /dev/null ||
			finding "Sockets $(nc_stat "" Sockets), orphans too"
		balance Sockets Socket
		balance Peers Peer
		balance Channels Channel
		nc_wait nc_stat_is "" Segs 0 > /dev/null ||
			finding "Segs $(nc_stat "" Segs)"
	fi
	nc_unload || bad=1
fi
nc_loaded || nc_wait none_left kernel > /dev/null ||
	finding "threads: $(nc_processes kernel)"
[ ! -e /sys/kernel/netchannel ] || nc_loaded ||
	finding /sys/kernel/netchannel
[ ! -e /proc/net/netchannel ] || nc_loaded || finding /proc/net/netchannel
[ ! -e /proc/sys/net/netchannel ] || nc_loaded ||
	finding /proc/sys/net/netchannel
if command -v ss > /dev/null; then
	tcp=$(ss -Htan "sport = :$NC_PORT or dport = :$NC_PORT" |
		grep -v TIME-WAIT)
	[ -z "$tcp" ] || nc_loaded || finding "TCP sockets: $tcp"
fi
exit $bad
