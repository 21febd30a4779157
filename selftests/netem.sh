#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# netem.sh - the stream test over a bad network
#
# Delay, loss, duplication and reordering are below TCP, so the channels hide
# them one by one; what is tested is streams cut over channels of which each
# stands still at other times.
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"

weather() {	# weather NETEM-ARGUMENTS...
	local ns

	for ns in "$NS_A" "$NS_B"; do
		tc -n "$ns" qdisc replace dev veth0 root netem limit 10000 "$@"
	done
}

run() {	# run MEGABYTES SOCKETS WEATHER...: both directions, from A to B
	local amount=$1 sockets=$2 rc=0

	shift 2
	weather "$@"
	nc_across 10.77.0.2 7002 -z -n "$sockets" -t "$(nc_amount "$amount")" ||
		rc=$?
	[ $rc = 0 ] || [ "$NC_PROTO" = 6 ] || nc_show "$NS_A"
	return $rc
}

# The network is gone for seconds and comes back.
outage() {
	local rc=0 client

	weather delay 1ms
	nc_serve "$NS_B" 7003 -H 10.77.0.2
	nc_client "$NS_A" -c 10.77.0.2 -p 7003 -n 8 -t "$((8 * NC_SLOW))s"
	client=$nc_pid
	for _ in 1 2; do
		sleep 1
		ip -n "$NS_A" link set veth0 down
		sleep 1
		ip -n "$NS_A" link set veth0 up
	done
	wait "$client" || rc=$?
	nc_served $rc
}

nc_begin 6 tcp
nc_namespaces
if ! weather delay 1ms 2> "$NC_TMP/tc"; then
	cat "$NC_TMP/tc"
	[ -z "${NC_EXPECT_ALL:-}" ] || ktap_exit_fail_msg "no netem"
	for _ in 1 2 3 4 5 6; do
		ktap_test_skip "no netem"
	done
	ktap_finished
fi
nc_stage "delay 5 ms" run 48 16 delay 5ms
nc_stage "jitter, reordered" run 16 8 delay 5ms 4ms
nc_stage "loss 1 %" run 12 8 delay 2ms loss 1%
nc_stage "loss 5 %, bursts" run 2 4 delay 2ms loss 5% 25%
nc_stage "everything" run 6 8 delay 3ms 2ms loss 1% duplicate 2% \
	reorder 10% 50% corrupt 0.1%
nc_stage "outage" outage
ktap_finished
