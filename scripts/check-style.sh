#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-style.sh - the rules of this tree that checkpatch does not know
set -eu
cd "$(dirname "$0")/.."
bad=0
module="core vns netscheduler netdriver"

complain() {	# complain WHAT < lines
	local l

	while read -r l; do
		echo "$l: $1"
		bad=1
	done
}

# shellcheck disable=SC2086
{
complain "kernel versions are told apart in compat/ only" < <(
	grep -rnE 'KERNEL_VERSION|LINUX_VERSION_CODE|linux/version\.h|NC_HAVE_' \
		--include='*.[ch]' $module uapi | cut -d: -f1,2)
complain "the compiler knows what to inline in a .c file" < <(
	grep -rnE '^(static )?(__always_)?inline ' --include='*.c' $module | cut -d: -f1,2)
complain "commented-out code" < <(
	grep -rnE '^[[:space:]]*//[^ ]|^[[:space:]]*// .*;$|^#if 0' \
		--include='*.[ch]' $module compat uapi selftests | cut -d: -f1,2)
complain "no SPDX line" < <(
	for f in $(git ls-files -co --exclude-standard '*.c' '*.h' '*.sh' Kbuild Makefile); do
		[ ! -e "$f" ] || head -n 3 "$f" | grep -q SPDX-License-Identifier || echo "$f"
	done)
complain "trailing white space" < <(
	git grep -nI --untracked -E '[[:space:]]+$' -- '*.c' '*.h' '*.sh' '*.rst' '*.md' | cut -d: -f1,2)
}

# What belongs to one machine: its mirrors and directories.
hosts=$(apt-get indextargets --format '$(SITE)' 2> /dev/null |
	sed 's#^[a-z+]*://##; s#/.*##' | sort -u)
for h in $hosts; do
	complain "names a package mirror" < <(git grep -nIF --untracked "$h" | cut -d: -f1,2)
done
for d in "$(dirname "$PWD")/" "${HOME:-/root}/"; do
	case $d in
	/ | // | /tmp/ | /var/tmp/ | /usr/src/ | /home/ | /opt/ | /srv/) continue ;;
	esac
	complain "names a directory of this machine" < <(
		git grep -nIF --untracked "$d" | cut -d: -f1,2)
done
exit $bad
