# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# lib.sh - what every script here needs: the tree, the cache, locks
#
# The cache holds everything that was downloaded or built. It may be deleted at
# any time; the same commands make it again.

NC_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
NC_CACHE=${NETCHANNEL_CACHE:-${HOME:-/root}/.cache/netchannel}
mkdir -p "$NC_CACHE"
NC_CACHE=$(cd "$NC_CACHE" && pwd -P)
NC_JOBS=${NETCHANNEL_JOBS:-$(nproc)}

# What runs in a VM or is built for one. 6.1 and 6.12 are Debian's own kernels
# under QEMU, k is the debug kernel under QEMU, l and u are User-Mode Linux.
NC_VEHICLES="6.1 6.12 k l u"

say() { echo "# $*" >&2; }
die() { echo "# error: $*" >&2; exit 1; }

nc_vehicle() {	# nc_vehicle NAME: check and normalise
	case ${1,,} in
	6.1 | 6.12 | k | l | u) echo "${1,,}" ;;
	*) die "no vehicle '$1' (one of: $NC_VEHICLES)" ;;
	esac
}

nc_arch() {	# nc_arch VEHICLE: what ARCH= kbuild wants
	case $1 in
	l | u) echo um ;;
	*) echo x86_64 ;;
	esac
}

# nc_lock NAME: one at a time on this machine until this process ends. Children
# of a holder pass. Virtual machines queue on one lock: two would starve each
# other on a small machine and then fail by their timeouts.
nc_lock() {
	local fd

	case " ${NC_HELD:-} " in
	*" $1 "*) return 0 ;;
	esac
	mkdir -p "$NC_CACHE/lock"
	exec {fd}> "$NC_CACHE/lock/$1"
	if ! flock -n "$fd"; then
		say "waiting for another '$1' job of this machine"
		flock "$fd"
	fi
	export NC_HELD="${NC_HELD:-} $1"
}
