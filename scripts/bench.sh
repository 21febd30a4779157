#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench.sh - virtual sockets beside plain TCP and MPTCP, on eight processors
#
#	bench.sh [SCENARIO...]	(KAT P1 P2 P3 P4 P5 P6 P7 P8 P9 P10)
#
# QUICK=1 takes fewer and shorter windows. Writes into NC_BENCH_OUT
# (bench-results/): samples.json (every raw sample), table.txt, a picture for
# each scenario, and what the machine was. The known answers (KAT) run first:
# when the vehicle itself is wrong, nothing that it says counts.
#
# From the environment: REPS (5), SCALE (100, per cent of the windows' lengths),
# ARMS ("tcp mptcp nc"), SIM_* as in sim/machine.sh; PROFILE=1 writes where the
# instructions went, COUNT=1 counts instructions and cache lines instead of time.
set -eu
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- P1 P2 P3 P4 P5 P6 P7 P8 P9 P10
v=$(nc_vehicle "${KERNEL:-6.12}")
reps=${REPS:-5} scale=${SCALE:-100} arms=${ARMS:-tcp mptcp nc}
if [ -n "${QUICK:-}" ]; then
	reps=${REPS:-2} scale=${SCALE:-50}
fi
dest=${NC_BENCH_OUT:-$PWD/bench-results}
sim=$NC_TOP/scripts/sim
run=$NC_CACHE/out/bench-$(date +%m%d-%H%M%S)

"$NC_TOP/scripts/packages.sh" libfaketime gnuplot-nox jq redis-tools
mkdir -p "$dest" "$run"
nc_lock_vm
dir=$("$NC_TOP/scripts/build.sh" "$v")
make -s -C "$dir/selftests/bench"
if [ -n "${COUNT:-}" ]; then
	export SIM_COUNT=1 SIM_PLUGINS=cohere
	scale=$((scale * 40))
else
	set -- KAT "$@"
fi
[ -z "${PROFILE:-}" ] || export SIM_PLUGINS="${SIM_PLUGINS:-} prof"

say "eight processors, $v, $reps repetitions: $*"
NC_QUIET=1 "$NC_TOP/scripts/vm.sh" --machine "$sim/machine.sh" --mem 3072 --timeout 14400 \
	--build "$dir" --out "$run" "$v" -- \
	"REPS=$reps SCALE=$scale ARMS='$arms' bench/guest.sh $* || exit
	[ -z '${PROFILE:-}' ] || sed 's/^/S /' /proc/kallsyms" |
	sed -un 's/^# //p' >&2
rc=${PIPESTATUS[0]}

grep '^{' "$run/output" > "$run/guest.json" || die "no window: $run"
[ -e "$run/cohere.log" ] || : > "$run/cohere.log"
jq -s --slurpfile plugin "$run/windows.json" --slurpfile cohere "$run/cohere.log" \
	-f "$sim/windows.jq" "$run/guest.json" > "$dest/samples.json"
{
	echo "kernel $("$NC_TOP/scripts/kernel.sh" release "$v"), $(date +%F), $(cd "$NC_TOP" && git describe --always --dirty 2> /dev/null || echo unversioned)"
	echo "8 emulated processors, 4 clients and 4 servers, time slowed ${SIM_K:-250} times;"
	echo "no caches, no memory bandwidth, no device: ratios, not absolute figures"
	echo
	jq -r --slurpfile targets "$sim/targets.json" -f "$sim/report.jq" "$dest/samples.json" |
		column -t -s "$(printf '\t')"
} | tee "$dest/table.txt"
"$sim/pictures.sh" "$dest"
if [ -n "${PROFILE:-}" ]; then
	sed -n 's/^S //p' "$run/output" | LC_ALL=C sort > "$run/symbols"
	jq -r 'select(.jobs) | .name' "$run/guest.json" | awk '{ print NR, $1 "-" ++n[$1] }' |
		while read -r i name; do
			out=$dest/profile-${name//:/-}.txt
			awk -v window="$i" -f "$sim/profile.awk" "$run/symbols" "$run/prof.log" > "$run/profile"
			awk -f "$sim/taxonomy.awk" "$run/profile" > "$out"
			head -n 60 "$run/profile" >> "$out"
		done
fi
if [ -z "${COUNT:-}" ] && ! jq -e -f "$sim/known.jq" "$dest/samples.json" > /dev/null; then
	die "the vehicle's known answers are wrong: this run is void (see KAT in $dest/table.txt)"
fi
[ "$rc" = 0 ] || die "the machine ended with status $rc: this run is incomplete or void, logs in $run"
say "results in $dest, logs in $run"
