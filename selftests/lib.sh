# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0
# lib.sh - what the test scripts share, on top of the kernel's ktap_helpers.sh
#
# From the environment: NC_MODULE (netchannel.ko of this kernel), KSFT
# (tools/testing/selftests of a kernel source), NC_SLOW (how many times slower
# than a plain virtual machine this one is), NC_EXPECT_ALL=1 (nothing may be
# skipped for want of the module), NC_PROTO=6 (plain TCP instead of virtual
# sockets: proves the tests that allow it).
cd "${NC_TESTS:-$(dirname "${BASH_SOURCE[0]}")}" || exit 1
# shellcheck disable=SC1091
. "${KSFT:?is tools/testing/selftests of a kernel source}/kselftest/ktap_helpers.sh"

NC_PROTO=${NC_PROTO:-258}
NC_SLOW=${NC_SLOW:-1}
NC_TMP=$(mktemp -d /tmp/netchannel.XXXXXX)
NC_PORT=6339
NC_TRACING=/sys/kernel/tracing
NS_A=nc-a-$$
NS_B=nc-b-$$

nc_note() { echo "# $*"; }

nc_cleanup() {
	local rc=$? ns

	for ns in /run/netns/nc-[ab]-"$$"*; do
		[ ! -e "$ns" ] || ip netns del "${ns##*/}"
	done
	rm -rf "$NC_TMP"
	exit $rc
}

# nc_begin STAGES [tcp]: header, plan, module. "tcp": NC_PROTO=6 makes sense
nc_begin() {
	trap nc_cleanup EXIT
	ktap_print_header
	if [ "$(id -u)" != 0 ]; then
		ktap_skip_all "needs root"
		exit "$KSFT_SKIP"
	fi
	if [ "$NC_PROTO" = 6 ]; then
		[ "${2:-}" = tcp ] && ktap_set_plan "$1" && return
		ktap_skip_all "says nothing about TCP"
		exit "$KSFT_SKIP"
	fi
	if ! nc_load; then
		if [ -n "${NC_EXPECT_ALL:-}" ]; then
			ktap_exit_fail_msg "no module"
		fi
		ktap_skip_all "no module: set NC_MODULE"
		exit "$KSFT_SKIP"
	fi
	ktap_set_plan "$1"
}

# nc_stage NAME COMMAND...: one line of TAP; status 4 skips
nc_stage() {
	local name=$1 rc

	shift
	# set -e does not work in a condition, so not "if (...)"
	(set -e; "$@") > "$NC_TMP/stage" 2>&1
	rc=$?
	sed 's/^#* */# /' "$NC_TMP/stage"
	case $rc in
	0) ktap_test_pass "$name" ;;
	"$KSFT_SKIP") ktap_test_skip "$name" ;;
	*) ktap_test_fail "$name" ;;
	esac
}

nc_loaded() { [ -d /sys/module/netchannel ]; }

nc_load() {
	nc_loaded && return
	[ -n "${NC_MODULE:-}" ] && insmod "$NC_MODULE"
}

# nc_wait COMMAND...: until it succeeds, a bounded time
nc_wait() {
	local end=$((SECONDS + 20 * NC_SLOW))

	until "$@"; do
		if [ $SECONDS -ge $end ]; then
			nc_note "never came true: $*"
			return 1
		fi
		sleep 0.05
	done
}

nc_try_unload() { ! nc_loaded || rmmod netchannel 2> /dev/null; }

# Orphans hold the module for a bounded time, as TCP's do.
nc_unload() {
	nc_wait nc_try_unload || {
		nc_note "module in use: $(cat /sys/module/netchannel/refcnt)"
		nc_show ""
		return 1
	}
}

# nc_processes user|kernel: "PID NAME" of our test programs, or of the module's
# threads. Without a process of its own for each: emulators are slow at those.
nc_processes() {
	local p name line kind

	for p in /proc/[0-9]*; do
		{ read -r name < "$p/comm"; } 2> /dev/null || continue
		[[ $name == nc_* ]] || continue
		kind=user line=''
		# no command line: a thread of the kernel
		IFS= read -r -d '' line 2> /dev/null < "$p/cmdline" || true
		[ -n "$line" ] || kind=kernel
		[ $kind != "$1" ] || echo "${p#/proc/} $name"
	done
}

# nc_in NETNS COMMAND...; NETNS "" is this one
nc_in() {
	local ns=$1

	shift
	if [ -n "$ns" ]; then
		ip netns exec "$ns" "$@"
	else
		"$@"
	fi
}

# nc_stat NETNS NAME: a gauge or counter
nc_stat() {
	nc_in "$1" awk -v name="$2" '$1 == name { print $2; found = 1 }
		END { exit !found }' /proc/net/netchannel/stat
}

nc_stat_is() { [ "$(nc_stat "$1" "$2")" = "$3" ]; }
nc_stat_above() { [ "$(nc_stat "$1" "$2")" -gt "$3" ]; }

# nc_sysctl NETNS NAME VALUE
nc_sysctl() {
	nc_in "$1" sh -c "printf %s '$3' > /proc/sys/net/netchannel/$2"
}

# nc_knob LAYER/NAME VALUE
nc_knob() { echo "$2" > "/sys/kernel/netchannel/$1"; }

# nc_channels CLASS MIN [MAX]: the bounds in an order that is always allowed
nc_channels() {
	nc_knob "netdriver/channels_$1" 16
	nc_knob "netdriver/channels_$1_min" "$2"
	nc_knob "netdriver/channels_$1" "${3:-$2}"
}

# nc_trace EVENT 0|1: off or on, where the kernel has it
nc_trace() {
	[ -d $NC_TRACING/events ] || mount -t tracefs none $NC_TRACING
	[ ! -d "$NC_TRACING/events/netchannel/$1" ] ||
		echo "$2" > "$NC_TRACING/events/netchannel/$1/enable"
}

# nc_no_channel_died BEFORE: since the counter was that; otherwise how each
# channel lived since nc_trace nc_chan_state 1
nc_no_channel_died() {
	! nc_stat_is "" ChannelDead "$1" || return 0
	nc_note "ChannelDead: $1 before, $(nc_stat "" ChannelDead) now"
	grep nc_chan_state $NC_TRACING/trace | tail -n 100
	return 1
}

# nc_show NETNS: everything the module tells
nc_show() {
	local f

	for f in stat peers channels sockets; do
		nc_note "--- $f"
		nc_in "$1" sed 's/^/# /' "/proc/net/netchannel/$f" ||
			true
	done
}

# Two namespaces joined by veth: $NS_A has 10.77.0.1 and fd77::1, $NS_B .2
nc_namespaces() {
	local ns i=1

	ip netns add "$NS_A"
	ip netns add "$NS_B"
	ip -n "$NS_A" link add veth0 type veth peer name veth0 netns "$NS_B"
	for ns in "$NS_A" "$NS_B"; do
		ip -n "$ns" link set lo up
		ip -n "$ns" addr add "10.77.0.$i/24" dev veth0
		ip -n "$ns" addr add "fd77::$i/64" dev veth0 nodad
		ip -n "$ns" link set veth0 up
		i=$((i + 1))
	done
	nc_wait nc_has_route "$NS_A"
}

nc_has_route() { ip -n "$1" -6 route get fd77::2 > /dev/null 2>&1; }

# nc_spawn NETNS COMMAND...: in the background; its own pid is in $nc_pid
nc_spawn() {
	local ns=$1

	shift
	if [ -n "$ns" ]; then
		ip netns exec "$ns" "$@" &
	else
		"$@" &
	fi
	nc_pid=$!
}

# nc_serve NETNS PORT [OPTION...]: nc_stream's server, ready when this returns;
# its pid is in $nc_server
nc_serve() {
	local ns=$1 port=$2 ready

	shift 2
	ready=$NC_TMP/ready.$port
	rm -f "$ready"
	nc_spawn "$ns" ./nc_stream -P "$NC_PROTO" -l -p "$port" -R "$ready" \
		-w $((30 * NC_SLOW)) "$@"
	nc_server=$nc_pid
	nc_wait [ -e "$ready" ]
}

# nc_stream NETNS ARGS...
nc_stream() {
	local ns=$1

	shift
	nc_in "$ns" ./nc_stream -P "$NC_PROTO" -w $((30 * NC_SLOW)) "$@"
}

# nc_served STATUS: waits for the server, ends it if the client's STATUS is bad;
# returns the status of both
nc_served() {
	local rc=$1

	[ "$rc" = 0 ] || kill "$nc_server" 2> /dev/null || true
	wait "$nc_server" || [ "$rc" != 0 ] || rc=1
	return "$rc"
}

# nc_across HOST PORT OPTION...: the stream test from namespace A to B
nc_across() {
	local host=$1 port=$2 family=() rc=0

	shift 2
	[[ $host != *:* ]] || family=(-6)
	nc_serve "$NS_B" "$port" "${family[@]}" -H "$host"
	nc_stream "$NS_A" -c "$host" -p "$port" "${family[@]}" "$@" || rc=$?
	nc_served $rc
}

# nc_client NETNS ARGS...: the same in the background, pid in $nc_pid
nc_client() {
	local ns=$1

	shift
	nc_spawn "$ns" ./nc_stream -P "$NC_PROTO" -w $((30 * NC_SLOW)) "$@"
}

# nc_fails COMMAND...: it must not succeed
nc_fails() {
	if "$@" 2> /dev/null; then
		nc_note "succeeds: $*"
		return 1
	fi
}

# nc_amount MEGABYTES: fewer on slow machines, as nc_stream's -t wants it
nc_amount() { echo "$((1 + $1 / NC_SLOW))M"; }
