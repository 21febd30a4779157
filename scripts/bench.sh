#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench.sh - virtual sockets beside plain TCP and MPTCP, on eight processors
#
#	bench.sh [SCENARIO...]	(P1 to P10, P2u; KAT, RX)
#
# P2u runs on User-Mode Linux at the native speed of memory, the others on eight
# emulated processors. Those of P4 and RX are busy all the time, and with nothing
# that is emulated fast: time is slowed down twice as much there.
#
# A scenario of which less than half of the repetitions count is measured once
# more. QUICK=1 takes one repetition of windows a third as long, and only arms
# that a target is for.
#
# Writes into NC_BENCH_OUT (bench-results/): samples.json (every raw sample),
# table.txt, a picture for each scenario, and what the machine was. The known
# answers (KAT) run first and last: when the vehicle itself is wrong, nothing that
# it says counts. P1, P4 and P7 are run once more to count: where the instructions go
# (where/where.txt, by the kinds of work of the thesis' Table 2.1), copies, lines
# of cache that move.
#
# From the environment: REPS (5), SCALE (100, per cent of the windows' lengths),
# ARMS ("tcp mptcp nc"), SIM_* as in sim/machine.sh; PROFILE=1 writes where the
# instructions went, COUNT=1 counts instructions and cache lines instead of time.
set -eu
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- P1 P2 P2u P3 P4 P5 P6 P7 P8 P9 P10
v=$(nc_vehicle "${KERNEL:-6.12}")
reps=${REPS:-5} scale=${SCALE:-100} arms=${ARMS:-tcp mptcp nc}
if [ -n "${QUICK:-}" ]; then
	reps=${REPS:-1} scale=${SCALE:-33}
fi
dest=${NC_BENCH_OUT:-$PWD/bench-results}
sim=$NC_TOP/scripts/sim
run=$NC_CACHE/out/bench-$(date +%m%d-%H%M%S)

"$NC_TOP/scripts/packages.sh" libfaketime gnuplot-nox jq redis-tools
mkdir -p "$dest" "$run"
nc_lock_vm
dir=$("$NC_TOP/scripts/build.sh" "$v")
make -s -C "$dir/selftests/bench"
native=()
emulated=()
dense=()
for s; do
	case $s in
	*u) native+=("$s") ;;
	P4 | RX) dense+=("$s") ;;
	*) emulated+=("$s") ;;
	esac
done
if [ -n "${COUNT:-}" ]; then
	export SIM_COUNT=1 SIM_PLUGINS=cohere
	scale=$((scale * 40)) native=()
	emulated+=("${dense[@]}") dense=()	# time is as it is
fi
[ -z "${PROFILE:-}" ] || export SIM_PLUGINS="${SIM_PLUGINS:-} prof"

rc=0 unknown='' before=0
# measure DIR VM-OPTION... -- SCENARIO...: its windows become DIR/samples.json
measure() {
	local out=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	mkdir -p "$out"
	NC_QUIET=1 "$NC_TOP/scripts/vm.sh" --timeout 14400 --out "$out" "${options[@]}" -- \
		"REPS=$reps SCALE=$scale ARMS='$arms' QUICK=${QUICK:-} bench/guest.sh $* || exit
		[ -z '${PROFILE:-}' ] || sed 's/^/S /' /proc/kallsyms" |
		sed -un 's/^# //p' >&2
	rc=$((rc + PIPESTATUS[0]))
	grep '^{' "$out/output" > "$out/guest.json" || die "no window: $out"
	touch "$out/cohere.log" "$out/windows.json"
	jq -s --argjson before "$before" --slurpfile plugin "$out/windows.json" \
		--slurpfile cohere "$out/cohere.log" \
		-f "$sim/windows.jq" "$out/guest.json" > "$out/samples.json"
}

# machine DIR SCENARIO...: in a machine of its own; fails if it was not right
machine() {
	local out=$1

	shift
	[ -n "${COUNT:-}" ] || set -- KAT "$@" KAT
	say "eight processors, $v, $reps repetitions: $*"
	measure "$out" --machine "$sim/machine.sh" --mem 3072 --build "$dir" "$v" -- "$@"
	[ -n "${COUNT:-}" ] || jq -e -f "$sim/known.jq" "$out/samples.json" > /dev/null
}

# emulate DIR SCENARIO...: and once more what was disturbed
emulate() {
	local few

	machine "$@" || unknown="$unknown ${*:2}"
	[ -z "${COUNT:-}${PROFILE:-}${QUICK:-}" ] || return 0
	mapfile -t few < <(jq -r -L "$sim" --slurpfile targets "$sim/targets.json" \
		-f "$sim/again.jq" "$1/samples.json")
	[ ${#few[@]} -gt 0 ] || return 0
	say "less than half of the repetitions count, so once more: ${few[*]}"
	if ! before=$reps machine "$1/again" "${few[@]}"; then
		say "in vain: the vehicle's known answers were wrong"
		mv "$1/again/samples.json" "$1/again/void.json"
	fi
}

# profile DIR: where the instructions of its windows went
profile() {
	local run=$1 out name i

	sed -n 's/^S //p' "$run/output" | LC_ALL=C sort > "$run/symbols"
	jq -r 'select(.jobs) | .name' "$run/guest.json" | awk '{ print NR, $1 "-" ++n[$1] }' |
		while read -r i name; do
			out=$dest/profile-${name//:/-}.txt
			awk -v window="$i" -f "$sim/profile.awk" "$run/symbols" "$run/prof.log" > "$run/profile"
			awk -f "$sim/taxonomy.awk" "$run/profile" > "$out"
			head -n 60 "$run/profile" >> "$out"
		done
}

if [ ${#emulated[@]} -gt 0 ]; then
	emulate "$run" "${emulated[@]}"
fi
if [ ${#dense[@]} -gt 0 ]; then
	SIM_K=$((2 * ${SIM_K:-250})) SIM_M=$((${SIM_M:-10} / 2)) emulate "$run/dense" "${dense[@]}"
fi
if [ ${#native[@]} -gt 0 ]; then
	say "two native processors, User-Mode Linux: ${native[*]}"
	udir=$("$NC_TOP/scripts/build.sh" u)
	make -s -C "$udir/selftests/bench"
	measure "$run/native" --build "$udir" u -- "${native[@]}"
fi
find "$run" -name samples.json -exec cat {} + | jq -s add > "$dest/samples.json"
{
	echo "kernel $("$NC_TOP/scripts/kernel.sh" release "$v"), $(date +%F), $(cd "$NC_TOP" && git describe --always --dirty 2> /dev/null || echo unversioned)"
	echo "8 emulated processors, 4 clients and 4 servers, time slowed ${SIM_K:-250} times"
	echo "(P4 and RX: twice as much);"
	echo "no caches, no memory bandwidth, no device: ratios, not absolute figures."
	[ ${#native[@]} = 0 ] ||
		echo "Scenarios that end with u: User-Mode Linux $("$NC_TOP/scripts/kernel.sh" release u), 2 processors."
	echo
	jq -r -L "$sim" --slurpfile targets "$sim/targets.json" -f "$sim/report.jq" "$dest/samples.json" |
		column -t -s "$(printf '\t')"
} | tee "$dest/table.txt"
"$sim/pictures.sh" "$dest"
if [ -n "${PROFILE:-}" ]; then
	for d in "$run" "$run/dense"; do
		[ ! -e "$d/prof.log" ] || profile "$d"
	done
fi
[ -z "$unknown" ] ||
	die "the vehicle's known answers are wrong: this run is void (see KAT in $dest/table.txt):$unknown"
[ "$rc" = 0 ] || die "the machine ended with status $rc: this run is incomplete or void, logs in $run"
if [ -z "${PROFILE:-}${COUNT:-}${QUICK:-}" ]; then
	counted=()
	for s; do
		case $s in
		P1 | P4 | P7) counted+=("$s") ;;
		esac
	done
	if [ ${#counted[@]} -gt 0 ]; then
		COUNT=1 PROFILE=1 REPS=1 ARMS="tcp nc" NC_BENCH_OUT=$dest/where "$0" "${counted[@]}" \
			> "$dest/where.log"
		echo
		grep -e metric -e insn/ -e copies/B -e lines/KB "$dest/where/table.txt"
		echo
		"$sim/where.sh" "$dest/where"
	fi
fi
say "results in $dest, logs in $run"
