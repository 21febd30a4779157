#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-patch.sh - the kernel's own checkpatch on whole files
#
# Ignored: what is about the kernel's tree, what only the newest kernel has
# (kzalloc_obj, const tables), lists made by macros (they cannot have
# parentheses, and not every use needs every argument), British spelling,
# yield() (core/hurry.h says what for).
set -eu
cd "$(dirname "$0")/.."
src=$(scripts/kernel.sh src)
ignore=LINUX_VERSION_CODE,SPDX_LICENSE_TAG,ALLOC_WITH_SIZEOF,CONST_STRUCT
ignore=$ignore,BRACKET_SPACE,COMPLEX_MACRO,MACRO_ARG_UNUSED,MACRO_ARG_REUSE
ignore=$ignore,TYPO_SPELLING,YIELD

run() {	# run IGNORE < files
	xargs "$src/scripts/checkpatch.pl" --no-tree --strict --terse --no-summary \
		--quiet --show-types --max-line-length=80 --ignore "$1" -f || true
}

out=$(
	find core vns netscheduler netdriver uapi -name '*.[ch]' -not -name '*.mod.c' \
		-not -name trace.h | sort | run "$ignore"
	# Headers that wrap the kernel's, and tracepoints, have a form of their own.
	ignore=$ignore,SPACING,LINE_SPACING,CONSTANT_COMPARISON
	ignore=$ignore,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT
	find compat core/trace.h -name '*.[ch]' | sort | run "$ignore"
)
[ -z "$out" ] || { echo "$out"; exit 1; }
