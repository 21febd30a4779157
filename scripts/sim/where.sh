#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# where.sh - where the instructions went, by the thesis' kinds of work
#
#	where.sh DIR
#
# DIR is what bench.sh wrote with COUNT=1 PROFILE=1: a table of instructions per
# KB of bulk or per message, of both hosts together, a column for each arm.
set -euo pipefail
dir=$1

jq -r '.[] | select(.valid and .rep == 1) | . as $s | .metrics | to_entries[]
	| select(.key | test("^(bulk|rr|pp) insn/(KB|op)$"))
	| [$s.scenario, $s.arm, $s.case, (.key | split("insn/")[1]), .value] | @tsv' \
	"$dir/samples.json" |
	while IFS=$'\t' read -r scenario arm name unit total; do
		awk -v id="$scenario $name, insn/$unit" -v arm="$arm" -v total="$total" '
			NR == 1 { next }
			/^ *[0-9]/ { exit }
			{
				value = $NF + $(NF - 1)
				sub(/ +[0-9.]+ +[0-9.]+$/, "")
				of[$0] = value
				sum += value
			}
			END {
				for (kind in of)
					printf "%s\t%s\t%s\t%.1f\n", id, kind, arm, total * of[kind] / sum
				printf "%s\tall\t%s\t%.1f\n", id, arm, total
			}' "$dir/profile-$scenario-$arm-$name-1.txt"
	done | awk -F'\t' '
		!($3 in at) { at[$3] = ++arms; arm[arms] = $3 }
		!(($1, $2) in known) { known[$1, $2] = 1; row[++rows] = $1 FS $2 }
		{ value[$1, $2, $3] = $4 }
		END {
			printf "scenario\tkind"
			for (a = 1; a <= arms; a++)
				printf "\t%s", arm[a]
			for (r = 1; r <= rows; r++) {
				split(row[r], id)
				printf "\n%s\t%s", id[1], id[2]
				for (a = 1; a <= arms; a++)
					printf "\t%s", (id[1], id[2], arm[a]) in value ? value[id[1], id[2], arm[a]] : "-"
			}
			print ""
		}' | column -t -s "$(printf '\t')" | tee "$dir/where.txt"
