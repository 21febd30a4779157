#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# reload.sh - insmod, traffic, rmmod, again and again (NC_RELOADS, 20)
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
reloads=${NC_RELOADS:-20}

one() {
	nc_load
	nc_stream "" -n 4 -t 1M -z
	nc_unload
	[ ! -e /sys/kernel/netchannel ]
	[ ! -e /proc/net/netchannel ]
}

many() {
	local i

	for i in $(seq "$reloads"); do
		one > "$NC_TMP/one" 2>&1 || {
			cat "$NC_TMP/one"
			nc_note "at round $i of $reloads"
			return 1
		}
	done
}

# Loading and unloading with nothing in between races with its own start.
at_once() {
	local i

	for i in $(seq "$reloads"); do
		insmod "$NC_MODULE"
		rmmod netchannel || {
			nc_note "busy without a socket, round $i"
			return 1
		}
	done
}

busy() {
	nc_load
	nc_serve "" 7004
	if rmmod netchannel 2> "$NC_TMP/rmmod"; then
		nc_note "unloaded under a listener"
		return 1
	fi
	sed 's/^/# /' "$NC_TMP/rmmod"
	grep -qi 'in use' "$NC_TMP/rmmod"
	# and works on
	nc_stream "" -c 127.0.0.1 -p 7004 -n 4 -t 1M -z
	wait "$nc_server"
	nc_unload
}

nc_begin 3
nc_unload
nc_stage "load, use, unload $reloads times" many
nc_stage "load, unload $reloads times" at_once
nc_stage "busy while a socket is open" busy
ktap_finished
