#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-patch.sh - the kernel's own checkpatch on whole files
#
# Ignored: what speaks of the kernel's tree (MAINTAINERS, new typedefs, config
# help), and what this tree decides otherwise.
set -eu
cd "$(dirname "$0")/.."
src=$(scripts/kernel.sh src)
ignore=FILE_PATH_CHANGES,CONFIG_DESCRIPTION,COMMIT_MESSAGE,LINUX_VERSION_CODE
ignore=$ignore,SPDX_LICENSE_TAG,AVOID_EXTERNS,PREFER_DEFINED_ATTRIBUTE_MACRO
find core vns netscheduler netdriver compat uapi -name '*.[ch]' -not -name '*.mod.c' |
	sort | xargs "$src/scripts/checkpatch.pl" --no-tree --strict --terse \
	--no-summary --quiet --max-line-length=80 --ignore "$ignore" -f
