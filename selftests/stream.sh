#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# stream.sh - the stream test in several settings; with NC_ROUNDS=N instead N
# times in the first of them, each time from another seed
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
rounds=${NC_ROUNDS:-0}

loop_transport() {
	nc_sysctl "" transport loop
	nc_stream "" -n 16 -t "$(nc_amount 12)"
	nc_sysctl "" transport tcp
}

# Both schedulers move the same bytes.
scheduler() {
	nc_stream "" -S "$1" -n 12 -t "$(nc_amount 8)"
}

loopback() { nc_stream "" -t "$(nc_amount "$1")"; }

if [ "$rounds" -gt 0 ]; then
	nc_begin "$rounds" tcp
	for i in $(seq "$rounds"); do
		nc_stage "loopback, round $i" loopback 24
	done
	ktap_finished
fi
nc_begin 11 tcp
nc_namespaces
nc_stage "loopback" loopback 32
nc_stage "loopback IPv6" nc_stream "" -6 -t "$(nc_amount 16)"
nc_stage "one socket" nc_stream "" -n 1 -z -t "$(nc_amount 128)"
nc_stage "many sockets" nc_stream "" -n 100 -t "$(nc_amount 16)"
nc_stage "small buffers" nc_stream "" -b 4K -n 8 -t "$(nc_amount 4)"
nc_stage "small calls" nc_stream "" -m 64 -n 8 -t "$(nc_amount 1)"
nc_stage "round after round" nc_stream "" -n 8 -t 6s
nc_stage "namespaces" nc_across 10.77.0.2 7001 -t "$(nc_amount 24)"
nc_stage "namespaces IPv6" nc_across fd77::2 7001 -t "$(nc_amount 16)"
if [ "$NC_PROTO" = 6 ]; then
	ktap_test_skip "loop transport"
	ktap_test_skip "scheduler"
else
	nc_stage "loop transport" loop_transport
	nc_stage "scheduler" scheduler shortest
fi
ktap_finished
