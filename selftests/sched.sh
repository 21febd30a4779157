#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sched.sh - lane policies of other modules: loaded, used, in use, wrong
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
policy=/sys/kernel/netchannel/netscheduler/policy

set_policy() { echo "$1" > $policy; }
policy_is() { [ "$(cat $policy)" = "$1" ]; }
add() { insmod "sched/$1.ko" "${@:2}"; }
loaded() { [ -d "/sys/module/$1" ]; }
gone() { ! loaded "$1" || rmmod "$1" 2> /dev/null; }

# how many flows have it
users() { cat /sys/module/weighted/refcnt; }
unused() { [ "$(users)" = 0 ]; }
used() { [ "$(users)" -gt 0 ]; }

# all sockets of the host, also those made by the stream's server
as_default() {
	add weighted weight=3,1,2
	set_policy weighted
	policy_is weighted
	nc_stream "" -n 16 -t "$(nc_amount 4)"
	nc_stream "" -6 -n 4 -t 512K -m 100
	set_policy class
	nc_wait unused
}

per_socket() {
	nc_stream "" -S weighted -n 12 -t "$(nc_amount 2)"
	nc_stream "" -S weighted -a 0 -n 4 -t "$(nc_amount 4)"
	nc_wait unused
}

in_use() {
	local client

	nc_client "" -S weighted -n 4 -t "$((6 * NC_SLOW))s"
	client=$nc_pid
	nc_wait used
	for _ in 1 2 3; do
		nc_fails rmmod weighted
		sleep 0.2
	done
	# bytes go on, and are exact
	wait "$client"
	nc_wait gone weighted
	nc_fails nc_stream "" -S weighted -t 1M
}

# nobody has it, so the knob does not keep it
default_goes() {
	add weighted
	set_policy weighted
	rmmod weighted
	policy_is class
	nc_fails set_policy weighted
	policy_is class
	nc_stream "" -n 4 -t "$(nc_amount 2)"
}

# refused HOW ERROR
refused() {
	local out

	if out=$(add wrong how="$1" 2>&1); then
		nc_note "taken: $1"
		return 1
	fi
	nc_note "$1: $out"
	[[ $out == *$2* ]]
	nc_fails loaded wrong
}

wrong_ones() {
	local how

	for how in api name pick owner; do
		refused $how "Invalid parameters"
	done
	refused twice "File exists"
	refused init "File exists"
	nc_fails set_policy wrong
	nc_fails add weighted weight=0
	nc_stream "" -S shortest -n 4 -t "$(nc_amount 2)"
}

# flows of a policy that says nonsense may stand still; nobody else does
rubbish() {
	local client rc=0

	add wrong how=rubbish
	nc_client "" -S wrong -n 4 -t 60s 2> /dev/null
	client=$nc_pid
	nc_stream "" -n 8 -t "$(nc_amount 2)" || rc=1
	# what stands still is given up soon
	nc_sysctl "" orphan_timeout 1
	kill -9 "$client"
	wait "$client" || true
	nc_wait gone wrong || rc=1
	nc_sysctl "" orphan_timeout 60
	return $rc
}

# a policy comes and goes while sockets are made, and get it if it is there
comes_and_goes() {
	local client i n=0

	nc_client "" -n 8 -t 6s
	client=$nc_pid
	for i in $(seq 8); do
		loaded weighted || add weighted
		set_policy weighted
		nc_stream "" -n 2 -t 256K -m "$((64 << i % 10))" &
		sleep "0.0$((i % 10))"
		! gone weighted || n=$((n + 1))
		wait $!
	done
	nc_note "gone $n times"
	wait "$client"
	nc_wait gone weighted
	policy_is class
}

if [ ! -e sched/weighted.ko ] && [ -z "${NC_EXPECT_ALL:-}" ]; then
	ktap_print_header
	ktap_skip_all "sched/weighted.ko is not built"
	exit "$KSFT_SKIP"
fi
nc_begin 7
nc_stage "default policy" as_default
nc_stage "policy of sockets" per_socket
nc_stage "not unloaded while in use" in_use
nc_stage "default goes with its module" default_goes
nc_stage "refused" wrong_ones
nc_stage "rubbish" rubbish
nc_stage "comes and goes" comes_and_goes
ktap_finished
