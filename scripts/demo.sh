#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# demo.sh - a real file through one virtual socket over four channels
#
# Runs in a VM with an unmodified Debian kernel, beside plain TCP. What it needs
# is installed, downloaded and built on the way; the second time takes minutes.
set -eu
. "$(dirname "$0")/lib.sh"

v=$(nc_vehicle "${1:-6.12}")
reps=${NETCHANNEL_REPS:-3}
start=$SECONDS
"$NC_TOP/scripts/packages.sh"
archive=$("$NC_TOP/scripts/kernel.sh" archive)
nc_lock_vm
say "building netchannel.ko for $("$NC_TOP/scripts/kernel.sh" release "$v")"
flags=()
[ -z "${NC_DEMO_TCP:-}" ] || flags=(--no-module)
dir=$("$NC_TOP/scripts/build.sh" ${flags[@]+"${flags[@]}"} "$v")
say "booting it in a virtual machine"
"$NC_TOP/scripts/vm.sh" --build "$dir" --mem 4096 --timeout 900 "$v" -- \
	"NC_DEMO_TCP=${NC_DEMO_TCP:-} vm/demo $archive $reps"
say "$((SECONDS - start)) s in all"
