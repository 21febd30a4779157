#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test.sh - the whole suite: one TAP line per test, a summary line at the end
#
#	test.sh [STEP...]   (unit fuzz check 6.1 6.12 pair build planted k l)
{
set -eu
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- unit fuzz check 6.1 6.12 pair build planted k l
cd "$NC_TOP"
logs=$NC_CACHE/out/test-$(date +%m%d-%H%M%S)
mkdir -p "$logs"
results=$logs/results
: > "$results"

# step NAME COMMAND...: the command's own TAP results become ours; a command
# that fails without naming a failed test, or that ran fewer tests than it had
# planned, is a failed test itself, and so is one that reports nothing.
step() {
	local name=$1 log rc=0 start=$SECONDS

	shift
	log=$logs/$name.log
	say "$name: $*"
	NC_QUIET=1 "$@" 2>&1 < /dev/null | tee "$log" | awk -v name="$name" \
		-v base="$(wc -l < "$results")" -v results="$results" \
		-v rcfile="$logs/rc" '
		function put(line) { print line; fflush() }
		/^1\.\.[0-9]+/ { plan += substr($1, 4); next }
		/^(not )?ok / {
			bad = ($1 == "not")
			sub(/^(not )?ok +[0-9]* *(- )?/, "")
			skip = ($0 ~ /# *SKIP/)
			n++
			print (skip ? "skipped" : bad ? "failed" : "passed") >> results
			if (bad && !skip) {
				failed++
				for (i = (held > 40 ? held - 40 : 0); i < held; i++)
					put(hold[i])
			}
			held = 0
			put((bad && !skip ? "not ok " : "ok ") (base + n) " " name ": " $0)
			next
		}
		{ line = $0; sub(/^# */, "", line); hold[held++] = "# " line }
		END {
			if (plan && n < plan) {
				put("# " name ": " n " of " plan " planned tests ran")
				missing = 1
			}
			print n + 0, failed + 0, missing + 0 > rcfile
			if (!n || missing || !failed)
				for (i = (held > 40 ? held - 40 : 0); i < held; i++)
					print hold[i] > (rcfile ".tail")
		}'
	rc=${PIPESTATUS[0]}
	read -r n failed missing < "$logs/rc"
	if [ "$n" = 0 ] && [ "$rc" = 0 ]; then
		echo passed >> "$results"
		echo "ok $(wc -l < "$results") $name # $((SECONDS - start)) s"
	elif [ "$missing" = 1 ] || { [ "$rc" != 0 ] && [ "$failed" = 0 ]; }; then
		cat "$logs/rc.tail" 2> /dev/null || true
		echo failed >> "$results"
		echo "not ok $(wc -l < "$results") $name # exit $rc, log $log"
	fi
	rm -f "$logs/rc" "$logs/rc.tail"
}

echo "TAP version 13"
scripts/packages.sh

# The debug kernels take long to build and are needed last: on a machine without
# them they get what the tests before leave idle.
debug=()
for s; do
	case $s in k | l) debug+=("$s") ;; esac
done
if [ ${#debug[@]} -gt 0 ]; then
	setsid chrt --idle 0 scripts/build-all.sh --kernels "${debug[@]}" \
		> "$logs/kernels.log" 2>&1 < /dev/null &
	builder=$!
	# only if it still runs: its number may be another's by then
	trap '[ -z "$(jobs -r)" ] || kill -- "-$builder"' EXIT
fi

for s; do
	case $s in
	unit) step unit make -s -C selftests/unit ;;
	fuzz) step fuzz make -s -C selftests/fuzz run TIME=20 ;;
	check) step check scripts/check.sh ;;
	build) step build scripts/build-all.sh ;;
	pair) step pair scripts/pair.sh ;;
	planted) step planted scripts/planted.sh ;;
	*) step "$(nc_vehicle "$s")" scripts/run.sh "$s" ;;
	esac
done

count() { grep -c "^$1$" "$results" || true; }
echo "1..$(wc -l < "$results")"
say "$((SECONDS / 60)) min $((SECONDS % 60)) s, logs $logs"
echo "$(count passed) passed, $(count failed) failed, $(count skipped) skipped"
[ "$(count failed)" = 0 ]
exit
}
