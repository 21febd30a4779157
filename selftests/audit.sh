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

# balanced GAUGE KIND: alive is what was created and not destroyed. An idle peer
# may go while the counters are read.
balanced() {
	nc_in "" awk -v alive="$1" -v kind="$2" '
		{ v[$1] = $2 }
		END { exit v[kind "Created"] - v[kind "Destroyed"] != v[alive] }
		' /proc/net/netchannel/stat
}

balance() {
	nc_wait balanced "$1" "$2" > /dev/null ||
		finding "$1: $(grep -e "^$1 " -e "^$2" /proc/net/netchannel/stat | tr '\n' ' ')"
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
