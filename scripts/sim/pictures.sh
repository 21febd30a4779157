#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pictures.sh - one picture (SVG) for each scenario in DIR/samples.json
#
#	pictures.sh DIR
#
# Bars are medians, whiskers the range of the repetitions.
set -eu
dir=$1

picture() {	# picture SCENARIO METRIC LABEL
	local data=$dir/$1.tsv

	jq -r --arg s "$1" --arg m "$2" '
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

picture P1 "bulk Gb/s/core" "Gb/s per core, one bulk socket"
picture P2 "bulk Gb/s" "Gb/s, one bulk socket on 4 + 4 cores"
picture P3 "bulk Gb/s" "Gb/s, 4 KB messages, MTU 1500, no offloads"
picture P4 "rr ops/s" "messages per second, 64 connections"
picture P5 "bulk Gb/s" "Gb/s, 4 KB messages, one connection"
picture P6 "pp p99.9 us" "4 KB ping-pong, P99.9, microseconds"
picture P7 "pp p50 us" "64 B ping-pong, median, microseconds"
picture P8 "cps ops/s" "connections per second"
picture P9 "redis ops/s" "Redis requests per second, 4 KB values"
picture P10 "pp p99 us" "64 B ping-pong, P99, microseconds"
