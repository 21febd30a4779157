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

processes() {
	local p exe

	for p in /proc/[0-9]*; do
		exe=$(readlink "$p/exe" 2> /dev/null) || continue
		case $exe in
		"$PWD"/nc_*) echo "${p#/proc/} $(tr '\0' ' ' < "$p/cmdline")" ;;
		esac
	done
}

kernel_threads() {
	local p

	for p in /proc/[0-9]*; do
		[ -z "$(tr -d '\0' < "$p/cmdline")" ] || continue
		grep -H '^nc_' "$p/comm"
	done 2> /dev/null
}

balance() {	# balance GAUGE KIND
	local made gone alive

	made=$(nc_stat "" "${2}Created") || return 0
	gone=$(nc_stat "" "${2}Destroyed")
	alive=$(nc_stat "" "$1" 2> /dev/null || echo $((made - gone)))
	[ $((made - gone)) = "$alive" ] ||
		finding "$1: created $made, destroyed $gone, alive $alive"
}

no_processes() { [ -z "$(processes)" ]; }

nc_wait no_processes > /dev/null || finding "processes: $(processes)"
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
no_threads() { [ -z "$(kernel_threads)" ]; }
nc_loaded || nc_wait no_threads > /dev/null ||
	finding "threads: $(kernel_threads)"
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
