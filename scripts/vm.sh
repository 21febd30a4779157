#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm.sh - run a command in a virtual machine of one vehicle
#
#	vm.sh [options] 6.1|6.12|k|l|u [-- SHELL COMMAND]
#	  --cpus N       processors of the guest
#	  --mem MB
#	  --timeout S    a guest that takes longer has failed (1800)
#	  --append ARGS  more kernel arguments
#	  --build DIR    what build.sh printed, instead of building now
#	  --no-build     no module, no tests
#	  --no-module    no module
#	  --net ARGS     a network device: what follows -netdev
#	  --mac N        last byte of its address
#	  --machine FILE shell file that makes another machine of it (scripts/sim/)
#	  --no-scan      do not look for splats (for runs that provoke them)
#	  --out DIR      where the logs go
#
# The guest's root is this machine's, read-only, with a tmpfs over it. The
# command finds the module in $NC_MODULE, the tests in $NC_TESTS (where it
# starts), the kernel's selftests in $KSFT. Its output is printed as it comes
# and its exit status is that of vm.sh, unless the kernel's log has a splat
# (then 99) or no verdict came (98). Without a command: a shell.
set -eu
. "$(dirname "$0")/lib.sh"

mem='' timeout=${NETCHANNEL_TIMEOUT:-1800} append='' dir='' build=1 net='' mac=1 scan=1 out=''
cpus='' flags=(--keep-going) machine='' launch=() accel='' nodes=1
while [ $# -gt 0 ]; do
	case $1 in
	--cpus) cpus=$2; shift ;;
	--mem) mem=$2; shift ;;
	--timeout) timeout=$2; shift ;;
	--append) append=$2; shift ;;
	--build) dir=$2; shift ;;
	--no-build) build= ;;
	--no-module) flags+=(--no-module) ;;
	--net) net=$2; shift ;;
	--mac) mac=$2; shift ;;
	--machine) machine=$2; shift ;;
	--no-scan) scan= ;;
	--out) out=$2; shift ;;
	-*) sed -n 's/^#\t/usage: /p' "$0" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -ge 1 ] || { sed -n 's/^#\t/usage: /p' "$0" >&2; exit 2; }
v=$(nc_vehicle "$1")
shift
[ "${1:-}" != -- ] || shift
tty=
[ $# -gt 0 ] || tty=hvc0

kernel=$NC_TOP/scripts/kernel.sh
image=$("$kernel" image "$v")
kv=$("$kernel" release "$v")
modules=$("$kernel" modules "$v")
ksft=$("$kernel" ksft)
arch=$(nc_arch "$v")
[ "$arch" = um ] && tty=${tty:+tty1}

nc_lock_vm
if [ -n "$build" ] && [ -z "$dir" ]; then
	dir=$("$NC_TOP/scripts/build.sh" "${flags[@]}" "$v")
fi
if [ -z "$out" ]; then
	out=$NC_CACHE/out/$(date +%m%d-%H%M%S)-$v-$$
	find "$NC_CACHE/out" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} + 2> /dev/null || true
fi
mkdir -p "$out"
out=$(cd "$out" && pwd -P)
rm -f "$out"/verdict "$out"/console "$out"/output "$out"/fifo

# ---- what the guest reads ----

# A copy: the next build may begin while the guest runs.
tree=$out/tree
rm -rf "$tree"
mkdir -p "$tree"
(
	[ -z "$dir" ] || nc_lock "build-$(basename "$dir")"
	cd "${dir:-$NC_TOP}"
	rsync -a --include='*.bpf.o' --exclude='*.o' --exclude=/selftests/unit --exclude=/selftests/fuzz \
		--include=/selftests/*** --include=/netchannel.ko --include=/tests \
		--exclude='/*' ./ "$tree/"
)
# Megabytes of debugging information would be read by each insmod.
find "$tree" -name '*.ko' -exec strip --strip-debug {} +
tests=$tree/selftests
init=$tests/vm/init
printf '%s\n' "$*" > "$out/cmd"
cat > "$out/env" <<E
export NC_VEHICLE=$v NC_ARCH=$arch NC_TTY=$tty KSFT=$ksft
export NC_TESTS=$tests NC_MODULE=$tree/netchannel.ko
export NC_MODULES=$modules NC_OVERLAY_KO=$modules/kernel/fs/overlayfs/overlay.ko
E
mkfifo "$out/fifo"

stock_initrd() {	# busybox and the modules that the root needs, once per kernel
	local d base

	initrd=$NC_CACHE/stock/$kv/initrd-$(sha256sum "$tests/vm/initramfs-init" | cut -c1-8)
	[ ! -e "$initrd" ] || return 0
	base=${modules%/lib/modules/*}
	d=$(mktemp -d)
	mkdir -p "$d/mods" "$d/bin" "$d/proc" "$d/root" "$d/dev"
	cp "$(command -v busybox)" "$d/bin/"
	for x in sh mount umount insmod switch_root cat echo; do
		ln -s busybox "$d/bin/$x"
	done
	for x in virtio_pci virtio_console virtio_rng virtiofs overlay virtio_net; do
		modprobe -d "$base" -S "$kv" --show-depends "$x"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r m; do
		case $m in
		*.xz) xz -dc "$m" > "$d/mods/$(basename "$m" .xz)" ;;
		*) cp "$m" "$d/mods/" ;;
		esac
		basename "$m" .xz
	done > "$d/mods/order"
	cp "$tests/vm/initramfs-init" "$d/init"
	(cd "$d" && find . | cpio -o -H newc --quiet) > "$initrd.new"
	mv "$initrd.new" "$initrd"
	rm -rf "$d"
}

# ---- the machine ----

fs='' virtiofsd=''
serve_root() {	# to one machine of a stock kernel
	rm -f "$fs"
	/usr/lib/qemu/virtiofsd --socket-path="$fs" -f -o source=/ \
		-o sandbox=chroot -o cache=always > "$out/virtiofsd.log" 2>&1 &
	virtiofsd=$!
	while [ ! -S "$fs" ]; do
		kill -0 $virtiofsd || die "virtiofsd failed: $out/virtiofsd.log"
		sleep 0.05
	done
}

args=()
qemu() {
	local cpu=qemu64,-cx16,+rdrand,+ssse3,+sse4.1,+sse4.2,+popcnt
	local cmdline n

	n=$(nproc)
	[ "$n" -le 2 ] || n=2
	cpus=${cpus:-$n}
	mem=${mem:-3072}
	if [ -n "$accel" ]; then
		:
	elif [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
		accel=kvm cpu=host
	else
		accel=tcg,thread=multi
	fi
	args=(qemu-system-x86_64 -accel "$accel" -cpu "$cpu" -smp "$cpus,sockets=$nodes"
		-machine q35 -nodefaults -no-user-config -display none -no-reboot
		-kernel "$image" -serial "file:$out/console"
		-object rng-random,id=rng,filename=/dev/urandom
		-device virtio-rng-pci,rng=rng
		-device virtio-serial-pci,id=ser
		-chardev "file,id=verdict,path=$out/verdict"
		-device virtserialport,chardev=verdict,name=nc.verdict)
	if [ -n "$tty" ]; then
		args+=(-chardev stdio,id=tty,signal=off -device virtconsole,chardev=tty)
	else
		args+=(-chardev "file,id=out,path=$out/fifo"
			-device virtserialport,chardev=out,name=nc.out)
	fi
	cmdline="console=ttyS0 loglevel=7 panic=-1 oops=panic no_timer_check tsc=reliable"
	cmdline="$cmdline random.trust_cpu=on rcupdate.rcu_cpu_stall_timeout=100"
	cmdline="$cmdline net.ifnames=0 nc.init=$init nc.run=$out"
	case $v in
	k)
		args+=(-m "$mem"
			-fsdev 'local,id=r,path=/,security_model=none,readonly=on,multidevs=remap'
			-device virtio-9p-pci,fsdev=r,mount_tag=hostroot)
		cmdline="$cmdline root=hostroot rootfstype=9p ro init=$init kasan_multi_shot"
		cmdline="$cmdline rootflags=trans=virtio,version=9p2000.L,msize=512000,cache=loose"
		cmdline="$cmdline slab_debug=F"
		;;
	*)
		stock_initrd
		fs=$out/fs.sock
		args+=(-m "$mem" -initrd "$initrd"
			-chardev "socket,id=fs,path=$fs"
			-device vhost-user-fs-pci,chardev=fs,tag=hostroot)
		for ((n = 0; n < nodes; n++)); do
			args+=(-object "memory-backend-memfd,id=mem$n,size=$((mem / nodes))M,share=on"
				-numa "node,memdev=mem$n,cpus=$((n * cpus / nodes))-$(((n + 1) * cpus / nodes - 1))")
		done
		;;
	esac
	if [ -n "$net" ]; then
		args+=(-netdev "$net,id=net" -device
			"virtio-net-pci,netdev=net,mac=52:54:00:6e:63:$(printf %02x "$mac")")
	fi
	args+=(-append "$cmdline $append" ${more_args[@]+"${more_args[@]}"})
}

uml() {
	local n=4

	[ "$v" = l ] || n=2
	args=("$image" seccomp=on "mem=${mem:-4096}M" "ncpus=${cpus:-$n}" root=/dev/root
		rootfstype=hostfs hostfs=/ ro "init=$init" "nc.run=$out" panic=-1
		loglevel=7 random.trust_cpu=on con=null con0=null,fd:1)
	if [ -n "$tty" ]; then
		args+=(con1=fd:3,fd:4)
	else
		args+=(con1=null,fd:4)
	fi
	# shellcheck disable=SC2206
	args+=($append)
}

pid='' tee=''
run_machine() {	# until it ends, or for $timeout seconds
	local start=$SECONDS

	[ -z "$fs" ] || serve_root
	if [ -n "$tty" ]; then
		say "a shell on $v; it ends the machine (log $out/console)"
		if [ "$arch" = um ]; then
			exec 3<&0 4>&1
			setsid "${args[@]}" > "$out/console" 2>&1 < /dev/null &
		else
			"${args[@]}" 2> "$out/vm.log" <&0 &
		fi
	else
		tee "$out/output" < "$out/fifo" &
		tee=$!
		if [ "$arch" = um ]; then
			setsid "${args[@]}" > "$out/console" 2>&1 < /dev/null 4> "$out/fifo" &
		else
			setsid "${args[@]}" > "$out/vm.log" 2>&1 < /dev/null &
		fi
	fi
	pid=$!

	while kill -0 "$pid" 2> /dev/null; do
		sleep 0.2
		if [ $((SECONDS - start)) -gt "$timeout" ]; then
			say "$v: no end after $timeout s, killed"
			break
		fi
		if [ -e "$out/verdict" ] && [ -s "$out/verdict" ]; then
			for _ in $(seq 50); do	# ten seconds to power off
				kill -0 "$pid" 2> /dev/null || break
				sleep 0.2
			done
			break
		fi
	done
	kill -KILL "-$pid" 2> /dev/null || true
	wait "$pid" 2> /dev/null || true
	pid=
	if [ -n "$tee" ]; then
		: <> "$out/fifo"	# a machine that never opened it leaves tee waiting
		wait "$tee" || true
		tee=
	fi
	if [ -n "$virtiofsd" ]; then	# ends by itself if the machine came so far
		kill "$virtiofsd" 2> /dev/null || true
		wait "$virtiofsd" 2> /dev/null || true
		virtiofsd=
	fi
}

# A kernel that boots patches its own code while all processors run. An emulated
# one may still meet the breakpoint after the patch is complete and call it a
# fault: of the emulator, before anything of ours was there.
emulator_died() {
	[ -n "$accel" ] && [ "$accel" != kvm ] &&
		[ -z "$tty" ] && [ ! -s "$out/output" ] &&
		grep -q 'Oops: int3' "$out/console" && ! grep -q 'as init process' "$out/console"
}

cleanup() {
	[ -z "$pid" ] || kill -KILL "-$pid" 2> /dev/null || kill -KILL "$pid" 2> /dev/null || true
	[ -z "$virtiofsd" ] || kill "$virtiofsd" 2> /dev/null || true
	[ -z "$tee" ] || kill "$tee" 2> /dev/null || true
	rm -rf "$out/fifo" "$fs" "$tree"
	[ -z "$tty" ] || stty sane 2> /dev/null || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE

start=$SECONDS
more_args=()
# shellcheck disable=SC1090
[ -z "$machine" ] || . "$machine"
if [ "$arch" = um ]; then uml; else qemu; fi
args=(${launch[@]+"${launch[@]}"} "${args[@]}")
printf '%q ' "${args[@]}" > "$out/command"
run_machine
if emulator_died; then
	say "$v: the emulator ran half patched code while it booted; once more"
	mv "$out/console" "$out/console-1"
	run_machine
fi

rc=$(awk '$1 == "verdict" { print $2 }' "$out/verdict" 2> /dev/null || true)
if [ -n "$scan" ] && "$tests/vm/splats" < "$out/console" > "$out/splats"; then
	say "$v: the kernel's log has splats: $out/console"
	head -n 20 "$out/splats" | sed 's/^/# /' >&2
	rc=99
elif [ -z "$rc" ]; then
	say "$v: no verdict; end of $out/console:"
	tail -n 15 "$out/console" | sed 's/^/# /' >&2
	cat "$out/vm.log" >&2 2> /dev/null || true
	rc=98
fi
[ -n "${NC_QUIET:-}" ] || say "$v ($kv): exit $rc after $((SECONDS - start)) s, logs $out"
exit "$rc"
