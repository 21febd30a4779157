#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# packages.sh - install the Debian packages that the other scripts need
#
#	packages.sh [MORE...]
set -eu
. "$(dirname "$0")/lib.sh"

packages=(build-essential bc bison flex libelf-dev libssl-dev rsync cpio kmod
	xz-utils zstd busybox-static iproute2 ethtool procps python3
	qemu-system-x86 qemu-system-common shellcheck sparse clang
	libclang-rt-dev pahole bpftool "$@")
missing=()
for p in "${packages[@]}"; do
	state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2> /dev/null || true)
	[ "$state" = "ii " ] || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

[ "$(id -u)" = 0 ] || die "needs these packages (or root to install them): ${missing[*]}"
say "installing packages: ${missing[*]}"
log=$NC_CACHE/packages.log
if ! { apt-get -q update && DEBIAN_FRONTEND=noninteractive \
	apt-get -q install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
	tail -n 20 "$log" >&2
	die "apt-get failed: $log"
fi
