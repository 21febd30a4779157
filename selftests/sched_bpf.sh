#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sched_bpf.sh - a BPF program as lane policy: it comes, is replaced, goes, and
# is wrong
set -u
# shellcheck source=lib.sh
. "${NC_TESTS:-$(dirname "$0")}/lib.sh"
policy=/sys/kernel/netchannel/netscheduler/policy
link=/sys/fs/bpf/nc

set_policy() { echo "$1" > $policy; }
attach() { ./nc_attach "sched/$1.bpf.o" $link; }
replace() { ./nc_attach -r "sched/$1.bpf.o" $link; }
detach() { ./nc_attach -d $link; }

# counter OBJECT NAME: of the last program of this object, 0 if there was none.
# Earlier ones may still be there, their maps live some grace periods longer.
counter() {
	local id

	id=$(bpftool map list | awk -v name="$1.bss" '
		$3 == "name" && $4 == name { id = $1 + 0 }
		END { print id }')
	[ -n "$id" ] || { echo 0; return; }
	bpftool -j map dump id "$id" | grep -o "\"$2\":[0-9]*" | cut -d: -f2
}

# counted OBJECT NAME COUNT: it was more
counted() { [ "$(counter "$1" "$2")" -gt "$3" ]; }
is_class() { nc_stream "" -S bpf -n 8 -t "$(nc_amount 2)"; }

asked() {
	local picks messages

	attach spill
	nc_channels throughput 4
	nc_stream "" -S bpf -n 8 -t "$(nc_amount 4)"
	picks=$(counter spill picks)
	messages=$(counter spill messages)
	[ "$picks" -gt 0 ]
	[ "$messages" -gt 0 ]
	set_policy bpf
	nc_stream "" -6 -n 4 -t 512K -m 100
	set_policy class
	counted spill picks "$picks"
	counted spill messages "$messages"
	nc_note "$(counter spill picks) picks, $(counter spill spills) spills," \
		"$(counter spill messages) messages"
	nc_fails attach wrong
	nc_fails rmmod netchannel
	detach
}

# traffic: until the file is gone, however long loading takes on this machine
traffic() {
	while [ -e "$NC_TMP/traffic" ]; do
		nc_stream "" -S bpf -n 8 -t "$(nc_amount 4)" || return
	done
}

# there are flows of the policy all the time, old and new, who ask who is there
comes_and_goes() {
	local client

	touch "$NC_TMP/traffic"
	traffic &
	client=$!
	for _ in 1 2; do
		attach spill
		nc_wait counted spill picks 0
		replace wrong
		nc_wait counted wrong picks 0
		detach
	done
	rm "$NC_TMP/traffic"
	wait "$client"
}

# who says that all lanes are full, or gives one that does not exist, is passed
rubbish() {
	attach wrong
	nc_stream "" -S bpf -n 8 -t "$(nc_amount 4)"
	counted wrong picks 0
	detach
}

# is_refused NUMBER WORDS: of refused.bpf.c, and why
is_refused() {
	local out

	if out=$(attach "refused$1" 2>&1); then
		nc_note "attached: $1"
		return 1
	fi
	out=$(grep -e "may be written" -e "use helper" -e "nc_attach:" <<< "$out" | xargs)
	nc_note "$1: $out"
	[[ $out == *$2* ]]
	[ ! -e $link ]
}

refused() {
	local how

	for how in 1 2 3; do
		is_refused $how "may be written"
	done
	for how in 4 5 6; do
		is_refused $how "attach sched/refused$how.bpf.o: Invalid argument"
	done
	is_refused 7 "load sched/refused7.bpf.o: Invalid argument"
	is_refused 8 "cannot use helper"
	attach spill		# the place is free
	detach
}

# a program keeps the module, and nothing else does
unloads() {
	nc_wait nc_try_unload
	nc_load
}

# a stage that fails leaves no program and no traffic to the next
stage() {
	rm -f "$NC_TMP/traffic"
	[ ! -e $link ] || detach
	nc_stage "$@"
}

missing=''
if [ ! -e /sys/kernel/btf/vmlinux ] ||
		! printf '%s\n' 6.12 "$(uname -r)" | sort -VC; then
	missing="needs Linux 6.12 with BTF"
elif ! command -v bpftool > /dev/null || [ ! -e nc_attach ]; then
	[ -n "${NC_EXPECT_ALL:-}" ] || missing="no bpftool, clang or libbpf 1.4"
fi
if [ -n "$missing" ]; then
	ktap_print_header
	ktap_skip_all "$missing"
	exit "$KSFT_SKIP"
fi
mountpoint -q ${link%/*} || mount -t bpf bpf ${link%/*}
nc_begin 6
stage "no program: as class" is_class
stage "asked" asked
stage "comes and goes under load" comes_and_goes
stage "rubbish" rubbish
stage "refused" refused
stage "unloads" unloads
[ ! -e $link ] || detach
ktap_finished
