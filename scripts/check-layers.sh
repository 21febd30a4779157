#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-layers.sh - each layer includes only what it may
#
# A layer knows core/, the uapi and compat headers, itself, and the one header
# of the layer below. What goes up goes through core/upcalls.h. core/main.c
# puts them together and may include all.
set -eu
cd "$(dirname "$0")/.."

allowed() {	# allowed FILE INCLUDED
	case $1 in
	core/main.c) return 0 ;;
	esac
	case $2 in
	core/* | uapi/* | compat/*) return 0 ;;
	esac
	[ "${1%%/*}" != "${2%%/*}" ] || {
		# Transports know their driver; the driver does not know them.
		case $1:$2 in
		netdriver/*/*:netdriver/*) return 0 ;;
		netdriver/registry.c:*) return 0 ;;
		netdriver/*:netdriver/*/*) return 1 ;;
		esac
		return 0
	}
	case $1:$2 in
	vns/*:netscheduler/netscheduler.h) return 0 ;;
	netscheduler/*:netdriver/netdriver.h) return 0 ;;
	# The frame is one format: written below, filled in above.
	vns/*:netdriver/wire.h) return 0 ;;
	# Frame types are the vocabulary in which a segment says what it is.
	core/seg.c:netdriver/wire.h) return 0 ;;
	esac
	return 1
}

bad=0
for f in $(find core vns netscheduler netdriver -name '*.[ch]' | sort); do
	while IFS=: read -r line inc; do
		[ -n "$inc" ] || continue
		# Relative to the file, or to the root of the tree.
		if [ -e "$(dirname "$f")/$inc" ]; then
			inc=$(realpath -m --relative-to=. "$(dirname "$f")/$inc")
		elif [ ! -e "$inc" ]; then
			continue
		fi
		if ! allowed "$f" "$inc"; then
			echo "$f:$line: ${f%%/*} must not include $inc"
			bad=1
		fi
	done < <(grep -nE '^#[ ]*include[ ]+"' "$f" |
		sed -E 's/^([0-9]+):[^"]*"([^"]*)".*/\1:\2/' || true)
done
exit $bad
