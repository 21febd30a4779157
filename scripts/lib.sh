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

# nc_lock NAME [SLOTS]: one at a time on this machine (or so many) until this
# process ends. Children of a holder pass.
nc_lock() {
	local fd i said=

	case " ${NC_HELD:-} " in
	*" $1 "*) return 0 ;;
	esac
	mkdir -p "$NC_CACHE/lock"
	while :; do
		for ((i = 0; i < ${2:-1}; i++)); do
			exec {fd}> "$NC_CACHE/lock/$1$([ $i = 0 ] || echo ".$i")"
			if flock -n "$fd"; then
				export NC_HELD="${NC_HELD:-} $1"
				return 0
			fi
			exec {fd}>&-
		done
		[ -n "$said" ] || say "waiting for another '$1' job of this machine"
		said=1
		sleep 0.5
	done
}

# Virtual machines queue: two on two processors starve each other and then fail
# by their timeouts. NETCHANNEL_VMS lets more of them run at once.
nc_lock_vm() { nc_lock vm "${NETCHANNEL_VMS:-1}"; }
