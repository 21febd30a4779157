#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pictures.sh - pictures (SVG) of the scenarios in DIR/samples.json
#
#	pictures.sh DIR
#
# Bars are medians, whiskers the range of the repetitions. The names end with the
# number of the thesis' figure that shows the same.
set -eu
dir=$1

picture() {	# picture NAME METRIC LABEL: the scenario is the name's first part
	local data=$dir/$1.tsv

	jq -r --arg s "${1%%-*}" --arg m "$2" '
		def median: sort | if length % 2 == 1 then .[(length - 1) / 2]
			else (.[length / 2 - 1] + .[length / 2]) / 2 end;
		[.[] | select(.scenario == $s and .valid and .metrics[$m] != null)]
		| group_by([.case, .arm])[]
		| [.[].metrics[$m]] as $v
		| ["\(.[0].case) \(.[0].arm)", ($v | median), ($v | min), ($v | max)] | @tsv
		' "$dir/samples.json" > "$data"
	[ -s "$data" ] || { rm -f "$data"; return; }
	gnuplot <<-G
		set terminal svg size 720,420 noenhanced font 'sans,12'
		set output "$dir/$1.svg"
		set datafile separator "\t"
		set title "$1"
		set ylabel "$3"
		set yrange [0:*]
		set grid y
		set style fill solid 0.6 border -1
		set boxwidth 0.7
		set xtics rotate by -30
		plot "$data" using 0:2:xtic(1) with boxes notitle lc rgb '#4477aa', \
			'' using 0:2:3:4 with yerrorbars notitle lc rgb 'black' pt 0
	G
}

picture P1-3.7a "bulk Gb/s/core" "Gb/s per core, one bulk socket, one channel"
picture P2-3.6a "bulk Gb/s" "Gb/s, one bulk socket on 4 + 4 cores"
picture P2-3.6b "busy clients" "sender's cores used, one bulk socket"
picture P2-3.6b-receiver "busy servers" "receiver's cores used, one bulk socket"
picture P2-3.7b "bulk Gb/s/core" "Gb/s per core, one bulk socket on 4 + 4 cores"
picture P2u-3.10 "bulk Gb/s" "Gb/s, one bulk socket, 2 native processors"
picture P3-3.6c "bulk Gb/s" "Gb/s, 4 KB messages, MTU 1500, no offloads"
picture P3-3.7c "bulk Gb/s/core" "Gb/s per core, 4 KB messages, no offloads"
picture P4 "rr ops/s" "messages per second, 64 connections"
picture P5 "bulk Gb/s" "Gb/s, 4 KB messages, one connection"
picture P6-3.6d "pp p99.9 us" "4 KB ping-pong, P99.9, microseconds"
picture P6-3.7d "bulk Gb/s/core" "Gb/s per core, 8 bulk flows beside it"
picture P7 "pp p50 us" "64 B ping-pong, median, microseconds"
picture P8 "cps ops/s" "connections per second"
picture P9-3.8 "redis ops/s" "Redis requests per second, 4 KB values"
picture P10 "pp p99 us" "64 B ping-pong, P99, microseconds"
