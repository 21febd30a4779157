#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh - run benchmark scenarios in a machine of 8 processors
#
#	guest.sh SCENARIO...
#
# Processors 0-3 are clients, 4-7 servers, each in a namespace of its own; veth
# between them, and each side processes what it receives on its own processors.
# Output is one line of JSON for each measured window and for each proof of what
# carried it. From the environment: REPS, SCALE (per cent of the windows'
# lengths), ARMS, QUICK (not empty: only arms that a target is for), NC_MODULE.
set -eu
[ -n "${NC_VEHICLE:-}" ] || { echo "only in a machine of its own: make bench" >&2; exit 2; }
cd "$(dirname "$0")"
: "${REPS:=5}" "${SCALE:=100}" "${ARMS:=tcp mptcp nc}"
n=$(nproc)
half=$((n / 2))
# shellcheck disable=SC2034
CLI=0-$((half - 1)) SRV=$half-$((n - 1))
knobs=/sys/kernel/netchannel

in_srv() { ip netns exec srv "$@"; }
in_cli() { ip netns exec cli "$@"; }
ms() { echo $(($1 * SCALE / 100)); }
reps() { seq 1 "$REPS"; }
more() { [ -n "${QUICK:-}" ] || echo "$@"; }

protocol() {	# protocol ARM: arms of virtual sockets may have a suffix
	case $1 in
	tcp*) echo 0 ;;
	mptcp*) echo 262 ;;
	nc*) echo 258 ;;
	esac
}

# Each window has an address of its own for the servers, so virtual sockets begin
# with new channels, as TCP does: where packets are processed is drawn anew, and
# there are as many channels as the knobs say now. "nc4" always has four for each
# class and shares no copies, "nc4c3" shares them with three helpers. What follows
# says who receives: throughput channels always softirq (s), workers (w), workers
# that poll for 50 us (q); latency channels workers (l), workers that poll (p).
# "nc" does what the module chooses.
module() {	# module ARM
	[[ $1 == nc* ]] || return 0
	[ -e $knobs ] || insmod "$NC_MODULE"
	# least numbers of channels, which are 1, before the largest
	: "${defaults:=$(grep -rHs . $knobs/netdriver $knobs/vns | LC_ALL=C sort -r)}"
	restore
	[ "$1" = nc ] || choose "$1"
}

restore() {	# all knobs as the module had them
	local file value

	while IFS=: read -r file value; do
		echo "$value" > "$file"
	done <<< "$defaults"
	# to the servers each address is another set of channels of one client
	echo 4096 > $knobs/netdriver/sets_per_address
}

choose() {	# choose ARM
	local knob helpers=${1:4:1}

	for knob in $knobs/netdriver/channels_{latency,throughput}{,_min}; do
		echo "${1:2:1}" > "$knob"
	done
	echo "${helpers:-0}" > $knobs/vns/copy_helpers
	[ -z "$helpers" ] || echo 65536 > $knobs/vns/copy_bytes
	[[ $1 != *s ]] || echo 2 > $knobs/netdriver/rx_softirq_throughput
	[[ $1 != *[wq] ]] || echo 0 > $knobs/netdriver/rx_softirq_throughput
	[[ $1 != *[lp] ]] || echo 0 > $knobs/netdriver/rx_softirq_latency
	[[ $1 != *[pq] ]] || echo 50 | tee $knobs/netdriver/busy_poll_* > /dev/null
}

# Caches that windows have filled go with the module. Grace periods as short as
# they can be: it waits for many of them, each of some seconds in slow time.
fresh() {
	local p=/sys/module/rcutree/parameters usual _

	[ -e $knobs ] || return 0
	usual=("$(< $p/jiffies_till_first_fqs)" "$(< $p/jiffies_till_next_fqs)")
	echo 1 > /sys/kernel/rcu_expedited
	echo 0 | tee $p/jiffies_till_{first,next}_fqs > /dev/null
	for _ in $(seq 1000); do
		rmmod netchannel 2> /dev/null && break
		./load sleep 1
	done
	echo 0 > /sys/kernel/rcu_expedited
	echo "${usual[0]}" > $p/jiffies_till_first_fqs
	echo "${usual[1]}" > $p/jiffies_till_next_fqs
	[ ! -e $knobs ] || { echo "the module is in use for ever" >&2; return 1; }
}

addresses=0
next_address() {	# -> addr; all of them are the servers', see network()
	addresses=$((addresses + 1))
	addr=10.9.$((addresses / 250)).$((addresses % 250 + 1))
}

network() {
	local x ns dev host mask

	modprobe -q veth || true	# or it is built in
	ip netns add srv
	ip netns add cli
	ip link add vs netns srv type veth peer name vc netns cli
	for x in srv:vs:1 cli:vc:2; do
		IFS=: read -r ns dev host <<< "$x"
		ip -n "$ns" link set lo up
		ip -n "$ns" addr add "10.8.0.$host/24" dev "$dev"
		ip -n "$ns" link set "$dev" up
		mask=$(printf %x $((((1 << half) - 1) << (host == 1 ? half : 0))))
		ip netns exec "$ns" sh -c "
			rps=/sys/class/net/$dev/queues/rx-0/rps_cpus
			[ ! -e \$rps ] || echo $mask > \$rps
			echo 10000 65000 > /proc/sys/net/ipv4/ip_local_port_range
			echo 4096 > /proc/sys/net/core/somaxconn"
	done
	in_srv ip route add local 10.9.0.0/16 dev lo
	in_cli ip route add 10.9.0.0/16 via 10.8.0.1
}

offloads() {	# offloads on|off
	in_srv ethtool -K vs tso "$1" gso "$1" gro "$1" > /dev/null
	in_cli ethtool -K vc tso "$1" gso "$1" gro "$1" > /dev/null
}

# JSON: connections that TCP and MPTCP accepted, and all that the module counts
counters() {
	local module=/proc/net/netchannel/stat

	in_srv awk '
		/^(MPTcpExt|Tcp):/ {
			if (!($1 in names)) { names[$1] = $0; next }
			n = split(names[$1], name)
			for (i = 2; i <= n; i++) v[name[i]] = $i
		}
		END {
			printf "{\"tcp\":%d,\"mptcp\":%d,\"retrans\":%d",
				v["PassiveOpens"], v["MPCapableSYNRX"], v["RetransSegs"]
		}' /proc/net/netstat /proc/net/snmp
	if [ -e $module ]; then
		in_cli awk '{ printf ",\"client %s\":%d", $1, $2 }' $module
		in_srv awk '{ printf ",\"server %s\":%d", $1, $2 }' $module
	fi
	echo '}'
}

# proven NAME COMMAND...: what the counters say of the transport
proven() {
	local name=$1 before rc=0

	shift
	before=$(counters)
	"$@" || rc=$?
	echo "{\"name\":\"$name\",\"proof\":{\"before\":$before,\"after\":$(counters)}}"
	return $rc
}

# window SCENARIO ARM CASE ARGUMENT...: one measured window; "%P" in an argument
# is the arm's protocol number
window() {
	local name=$1:$2:$3 arm=$2 p addr

	shift 3
	p=$(protocol "$arm")
	module "$arm"
	next_address
	proven "$name" ./load run "name=$name" "addr=$addr" "${@//%P/$p}" ||
		echo "{\"name\":\"$name\",\"failed\":true}"
}

network
echo 0 > /sys/kernel/rcu_expedited	# that was for booting
for s; do
	echo "# $s"
	# shellcheck disable=SC1090
	. "./scenarios/$s"
done
