# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0
# machine.sh - for vm.sh --machine: eight processors of a known speed on two
#
# A plugin gives each virtual CPU SIM_M million instructions a second of the
# host, QEMU's clocks run SIM_K times slower, the guest is told that its TSC
# runs so much faster: CPUs of M * K million instructions a second. Only between
# the marks that selftests/bench/load executes; everything else runs as fast as
# it can. SIM_PLUGINS adds "prof" (profile) or "cohere" (cache lines); with
# SIM_COUNT=1 nothing is slowed down and only instructions are counted.
: "${SIM_K:=250}" "${SIM_M:=10}" "${SIM_COUNT:=}" "${SIM_PLUGINS:=}"
sim=$NC_CACHE/sim
mkdir -p "$sim"
make -s -C "$NC_TOP/scripts/sim" O="$sim"

accel=tcg,thread=multi,tb-size=512
cpus=${cpus:-8}
# a node of memory for each host: what is near to one is not the other's
nodes=2
append="$append numa_balancing=disable init_on_alloc=0 nokaslr rcupdate.rcu_expedited=1"
more_args=(-plugin "$sim/throttle.so,log=$out/windows.json,M=$SIM_M${SIM_COUNT:+,count=1}")
for x in $SIM_PLUGINS; do
	more_args+=(-plugin "$sim/$x.so,log=$out/$x.log")
done
if [ -z "$SIM_COUNT" ]; then
	tsc=$("$sim/tsc")	# kHz
	append="$append tsc_early_khz=$((tsc * SIM_K)) lpj=$((tsc * 4))"
	launch=(env "LD_PRELOAD=/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketimeMT.so.1"
		"FAKETIME=+0 x$(awk -v k="$SIM_K" 'BEGIN { printf "%.9f", 1 / k }')")
	! nice -n -10 true 2> /dev/null || launch=(nice -n -10 "${launch[@]}")
fi
