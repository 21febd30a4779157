#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-size.sh - files, functions and lines that outgrew their purpose
set -eu
cd "$(dirname "$0")/.."

find core vns netscheduler netdriver compat uapi selftests -name '*.[ch]' \
	-not -name '*.mod.c' | sort | xargs awk '
	FNR == 1 {
		start = 0
		max = (FILENAME ~ /\.h$/) ? 200 : 500
		if (FILENAME ~ /^(selftests|uapi)\//)
			max = 600
	}
	FNR == max + 1 {
		printf "%s: more than %d lines\n", FILENAME, max
		bad = 1
	}
	{
		line = $0
		while ((i = index(line, "\t")) > 0)
			line = substr(line, 1, i - 1) substr("        ", 1,
				8 - (i - 1) % 8) substr(line, i + 1)
		if (length(line) > 80 && line !~ /"/) {
			printf "%s:%d: %d columns\n", FILENAME, FNR, length(line)
			bad = 1
		}
	}
	/^{/ { start = FNR }
	/^}/ && start {
		if (FNR - start - 1 > 80) {
			printf "%s:%d: a function of %d lines\n", FILENAME, start,
				FNR - start - 1
			bad = 1
		}
		start = 0
	}
	END { exit bad }'
