#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# build.sh - build the module and the selftests for one vehicle
#
#	build.sh [--no-module] [--keep-going] VEHICLE [MUTANT]
#
# Builds in a copy of the tree in the cache, so that one tree serves several
# kernels, and prints the directory of the copy. MUTANT names a fault to build
# in (NC_MUTANT_<MUTANT>). Warnings are errors. --keep-going is for work in
# progress: a selftest that does not compile is only reported.
set -eu
. "$(dirname "$0")/lib.sh"

no_module='' keep_going=''
while :; do
	case ${1:-} in
	--no-module) no_module=1 ;;
	--keep-going) keep_going=1 ;;
	*) break ;;
	esac
	shift
done
[ $# -ge 1 ] || { sed -n 's/^#\t/usage: /p' "$0" >&2; exit 2; }
v=$(nc_vehicle "$1")
mutant=${2:-}
kdir=$("$NC_TOP/scripts/kernel.sh" kdir "$v")
ksft=$("$NC_TOP/scripts/kernel.sh" ksft)
libbpf=$("$NC_TOP/scripts/kernel.sh" libbpf)
tree=$(echo "$NC_TOP" | sha256sum | cut -c1-6)
dir=$NC_CACHE/build/$tree-$v${mutant:+-$mutant}
log=$dir.log

mkdir -p "$dir"
nc_lock "build-$(basename "$dir")"

# Times are not copied: a file edited while an earlier build ran must be newer
# than what that build left behind. Nor is what git ignores: a program built in
# the tree would be taken for the result of this build. The list is copied too:
# the same files are not deleted there.
rsync -rlpc --delete --filter=':- .gitignore' --include=/core/*** \
	--include=/vns/*** --include=/netscheduler/*** --include=/netdriver/*** \
	--include=/uapi/*** --include=/compat/*** --include=/selftests/*** \
	--include=/Kbuild --include=/.gitignore --exclude=/* "$NC_TOP/" "$dir/"

module() {	# module DIR [FLAG...]: kbuild of an external module
	local m=$1

	shift
	make -C "$kdir" M="$m" ARCH="$(nc_arch "$v")" -j"$NC_JOBS" W=1 \
		KCFLAGS="-Werror $*" modules
}

failed() {
	grep -E -A3 'error:|Error |warning:|WARNING:|undefined!' "$log" | head -n 60 >&2 ||
		tail -n 20 "$log" >&2
	die "build for $v failed, log $log"
}

: > "$log"
if [ -z "$no_module" ]; then
	module "$dir" ${mutant:+"-DNC_MUTANT_$mutant"} >> "$log" 2>&1 || failed
	KBUILD_EXTRA_SYMBOLS=$dir/Module.symvers \
		module "$dir/selftests/sched" >> "$log" 2>&1 || failed
	! grep -q 'WARNING: modpost' "$log" || failed
fi
module "$dir/selftests/vm/planted" >> "$log" 2>&1 || failed
# The environment of a calling make would leak into lib.mk.
unset MAKEFLAGS MAKELEVEL MFLAGS
if ! make ${keep_going:+-k} -C "$dir/selftests" KSFT="$ksft" LIBBPF="$libbpf" >> "$log" 2>&1; then
	[ -n "$keep_going" ] || failed
	say "some selftests do not compile, log $log"
fi
make -s -C "$dir/selftests" KSFT="$ksft" COLLECTION=nc emit_tests |
	sed -n 's/^nc://p' > "$dir/tests"
echo "$dir"
