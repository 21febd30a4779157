#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-docs.sh - Documentation/knobs.rst and the code name the same things
#
# Knobs, sysctls, socket options, files in /proc, counters and tracepoints: each
# of the code has its entry in the section of its kind, and conversely. An entry
# is a line that begins with ``name``.
set -eu
cd "$(dirname "$0")/.."
doc=Documentation/knobs.rst

documented() {	# documented SECTION: names of its entries
	awk -v want="$1" '
		/^(=+|-+)$/ && prev != "" { in_it = prev == want }
		in_it && /^``/ {
			n = split($0, part, "``")
			for (i = 2; i <= n; i += 2)
				if (i == 2 || part[i - 1] == ", ")
					print part[i]
				else
					break
		}
		{ prev = $0 }' "$doc"
}

compare() {	# compare SECTION < names in the code
	local code docs

	code=$(LC_ALL=C sort -u)
	docs=$(documented "$1" | LC_ALL=C sort)
	[ -n "$code" ] || { echo "$doc: nothing found in the code for '$1'"; }
	while read -r name; do
		[ -z "$name" ] || { echo "$doc: '$1' lacks $name"; }
	done < <(LC_ALL=C comm -23 <(echo "$code") <(echo "$docs"))
	while read -r name; do
		[ -z "$name" ] || { echo "$doc: '$1': no $name in the code"; }
	done < <(LC_ALL=C comm -13 <(echo "$code") <(echo "$docs" | uniq))
	while read -r name; do
		[ -z "$name" ] || { echo "$doc: '$1' has $name twice"; }
	done < <(echo "$docs" | uniq -d)
}

list() {	# list MACRO: second members of its X(symbol, "name" ...)
	sed -n "/#define $1(X)/,/^\$/p" core/mib.h |
		sed -n 's/^[[:space:]]*X([A-Z_]*, "\([A-Za-z]*\)".*/\1/p'
}

out=$({
for layer in vns netscheduler netdriver; do
	knobs=$(cat $layer/*.c | sed -nE 's/^[[:space:]]*NC_KNOB(_FN|_IN)?\(([a-z_]+),.*/\2/p')
	[ -z "$knobs" ] || echo "$knobs" | compare "Knobs of $layer"
done

{
	sed -n 's/.*= { "\([a-z_]*\)", [0-9].*/\1/p' core/sysctl.c
	sed -n 's/.*procname = "\([a-z_]*\)".*/\1/p' core/sysctl.c
} | compare "Sysctls"

sed -n 's/^#define \(SO_[A-Z_]*\)[[:space:]].*/\1/p' uapi/linux/netchannel.h |
	compare "Options of our own level"

{
	echo stat
	cat vns/*.c netscheduler/*.c netdriver/*.c |
		sed -n 's/.*nc_info_add("\([a-z_]*\)".*/\1/p'
} | compare "Files below /proc/net/netchannel"

{
	list NC_MIB_LIST
	list NC_OBJ_LIST | sed 's/.*/&Created\n&Destroyed\n&s/'
	cat vns/*.c netscheduler/*.c netdriver/*.c |
		sed -n 's/.*nc_info_gauge_add("\([A-Za-z]*\)".*/\1/p'
} | compare "Counters"

sed -n 's/^TRACE_EVENT(\([a-z_]*\),.*/\1/p' core/trace.h | compare "Tracepoints"
})
[ -z "$out" ] || { echo "$out"; exit 1; }
