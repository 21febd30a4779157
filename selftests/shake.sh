#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shake.sh - the stream test with every policy, while all knobs change
#
# Which knob, and to what, is drawn from a seed that is printed; NC_SEED=N
# repeats it. What the kernel makes of it depends on the moment.
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
seed=${NC_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
classes=(latency throughput)
cpus=$(nproc)
known=()

# knob LAYER/NAME VALUE: set, and remembered for who reads of a failure
knob() {
	echo "$1 $2" >> "$NC_TMP/knobs"
	nc_knob "$1" "$2"
}

channels() {	# channels CLASS [NUMBER]: always so many, or any bounds
	local max=${2:-$((1 + RANDOM % 16))} min

	min=${2:-$((1 + RANDOM % max))}
	echo "channels_$1 $min to $max" >> "$NC_TMP/knobs"
	nc_channels "$1" "$min" "$max"
}

# no subshells here: each would begin with other random numbers
shake() {
	local first=$((RANDOM % cpus)) some

	some=$first-$((first + RANDOM % (cpus - first)))
	case $((RANDOM % 15)) in
	0) channels throughput $((1 + RANDOM % 2 * 15)) ;;
	1 | 2) channels throughput ;;
	3) channels latency ;;
	4) knob netscheduler/policy "${known[RANDOM % ${#known[@]}]}" ;;
	5) knob netscheduler/lane_limit $((524288 << RANDOM % 4)) ;;
	6) knob vns/copy_bytes $((65536 << RANDOM % 5)) ;;
	7) knob vns/copy_helpers $((1 + RANDOM % 4)) ;;
	8) knob vns/copy_cpus "$some" ;;
	9) knob netdriver/cpus "$some" ;;
	10) knob netdriver/inline_tx $((RANDOM % 2)) ;;
	11) knob "netdriver/rx_softirq_${classes[RANDOM % 2]}" $((RANDOM % 3)) ;;
	12) knob "netdriver/busy_poll_${classes[RANDOM % 2]}" $((RANDOM % 2 * 100)) ;;
	13) knob vns/copy_poll $((RANDOM % 2 * 50)) ;;
	14) knob vns/give_way $((RANDOM % 2)) ;;
	esac
}

# all sizes of calls, all classes, helpers for all that may have them
with_policy() {
	local client dead

	nc_knob vns/copy_bytes 65536
	nc_knob vns/copy_helpers 3
	nc_knob vns/copy_cpus "0-$((cpus - 1))"
	dead=$(nc_stat "" ChannelDead)
	: > "$NC_TMP/knobs"
	RANDOM=$seed
	nc_client "" -S "$1" -n 10 -z -s $((seed + 1)) -t "$(nc_amount 4)" \
		-t "${seconds}s"
	client=$nc_pid
	while kill -0 "$client" 2> /dev/null; do
		shake
		sleep "0.0$((1 + RANDOM % 9))"
	done
	if ! wait "$client"; then
		tail -n 30 "$NC_TMP/knobs"
		return 1
	fi
	nc_note "$(wc -l < "$NC_TMP/knobs") changes"
	# those not wanted any more were closed in order
	nc_no_channel_died "$dead"
}

copies_were_shared() {
	[ "$cpus" -gt 1 ] || return "$KSFT_SKIP"
	nc_note "$(nc_stat "" CopyShared) calls"
	# few bytes are moved on slow machines
	nc_stat_above "" CopyShared 0 || [ "$NC_SLOW" -gt 1 ]
}

nc_load 2> /dev/null
for policy in rr shortest hash class; do
	if nc_knob netscheduler/policy $policy 2> /dev/null; then
		known+=("$policy")
	fi
done
[ ${#known[@]} -gt 0 ] || known=(rr)	# nc_begin says what is missing
# one of them in each run, where all would take too long
[ "$NC_SLOW" -lt 4 ] || known=("${known[seed % ${#known[@]}]}")
seconds=$((24 / ${#known[@]}))
nc_begin $((${#known[@]} + 1))
nc_note "NC_SEED=$seed, policies: ${known[*]}"
nc_trace nc_chan_state 1
for policy in "${known[@]}"; do
	nc_stage "policy $policy" with_policy "$policy"
done
nc_stage "copies were shared" copies_were_shared
nc_trace nc_chan_state 0
ktap_finished
