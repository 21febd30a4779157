#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# reload.sh - insmod, traffic, rmmod, again and again (NC_RELOADS, 10)
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
reloads=${NC_RELOADS:-10}
batch=20	# rounds in a stage (the last one is whole): shows how far a run is
[ "$reloads" -ge $batch ] || batch=$reloads

one() {
	nc_load
	nc_stream "" -n 4 -t 256K -z
	nc_unload
	[ ! -e /sys/kernel/netchannel ]
	[ ! -e /proc/net/netchannel ]
}

many() {	# many FROM
	local i

	for i in $(seq "$1" $(($1 + batch - 1))); do
		one > "$NC_TMP/one" 2>&1 || {
			cat "$NC_TMP/one"
			nc_note "at round $i"
			return 1
		}
	done
}

# Loading and unloading with nothing in between races with its own start.
at_once() {	# at_once FROM
	local i

	for i in $(seq "$1" $(($1 + batch - 1))); do
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

nc_begin $((2 * ((reloads + batch - 1) / batch) + 1))
nc_unload
for i in $(seq 1 "$batch" "$reloads"); do
	nc_stage "load, use, unload, $batch times from $i" many "$i"
done
for i in $(seq 1 "$batch" "$reloads"); do
	nc_stage "load, unload, $batch times from $i" at_once "$i"
done
nc_stage "busy while a socket is open" busy
ktap_finished
