#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-doc.sh - kernel-doc comments are complete
set -eu
cd "$(dirname "$0")/.."
src=$(scripts/kernel.sh src)
out=$(find core vns netscheduler netdriver compat uapi -name '*.[ch]' |
	xargs "$src/scripts/kernel-doc" -none -Wall 2>&1 |
	grep -vE '^(Info|.*: info):' || true)
[ -z "$out" ] || { echo "$out"; exit 1; }
