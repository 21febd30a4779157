#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh - the kernels of all vehicles: download, build, say where they are
#
#	kernel.sh kdir VEHICLE     what to pass to make as KDIR
#	kernel.sh image VEHICLE    what to boot
#	kernel.sh release VEHICLE  what uname -r says there
#	kernel.sh modules VEHICLE  its directory of stock modules (may not exist)
#	kernel.sh src              unpacked source of the newest kernel
#	kernel.sh ksft             its tools/testing/selftests
#	kernel.sh archive          the source archive itself (a large real file)
#	kernel.sh libbpf           one that knows struct_ops of modules
#
# Everything missing is prepared first. Stock kernels and sources are Debian's
# packages, fetched by apt from the mirror that this machine already uses, and
# unpacked in the cache; nothing is installed. The debug kernels are built from
# the source package with the configurations of selftests/vm/config.
{
set -eu
. "$(dirname "$0")/lib.sh"

SOURCE=linux-source-${NETCHANNEL_SOURCE:-7.2}
CONFIG=$NC_TOP/selftests/vm/config
APT=$NC_CACHE/apt

# fetch_once FILE COMMAND...: makes FILE, whoever comes first. In a shell of its
# own: the lock is not held while a kernel is built.
fetch_once() {
	[ ! -e "$1" ] || return 0
	(
		nc_lock fetch
		[ -e "$1" ] || "${@:2}"
	)
}

# ---- apt, for suites that are not in this machine's own list ----

suite_options() {	# suite_options SUITE -> array OPT
	local sources=$APT/$1.sources site

	OPT=(-o "Dir::Etc::sourcelist=$sources" -o Dir::Etc::sourceparts=-
		-o "Dir::State::Lists=$APT/lists-$1")
	mkdir -p "$APT/lists-$1/partial"
	# shellcheck disable=SC2016
	site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' |
		awk '$2 == "bookworm" && !b { b = $1 } !a { a = $1 } END { print b ? b : a }')
	[ -n "$site" ] || die "apt has no bookworm index: run apt-get update"
	cat > "$sources" <<-E
		Types: deb
		URIs: $site
		Suites: $1
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	E
}

suite_update() {
	mkdir -p "$APT"
	apt-get "${OPT[@]}" -q update > "$APT/update.log" 2>&1 ||
		{ tail -n 5 "$APT/update.log" >&2; die "apt-get update failed"; }
}

unpack() {	# unpack DIR PACKAGE...: download and unpack there
	local dir=$1 tmp p

	shift
	tmp=$(mktemp -d "$NC_CACHE/deb.XXXXXX")
	chmod 755 "$tmp"
	say "downloading $*"
	(cd "$tmp" && apt-get "${OPT[@]}" -q -o APT::Sandbox::User=root \
		download "$@" > "$APT/download.log" 2>&1) ||
		{ tail -n 5 "$APT/download.log" >&2; rm -rf "$tmp"; die "download failed"; }
	for p in "$tmp"/*.deb; do
		dpkg -x "$p" "$dir"
		rm "$p"
	done
	rmdir "$tmp"
}

# ---- Debian's kernels ----

depends() {	# depends PACKAGE REGEX: first dependency that matches
	apt-cache "${OPT[@]}" depends "$1" |
		awk -v re="$2" '$1 == "Depends:" && $2 ~ re { print $2; exit }'
}

stock_fetch() {	# stock_fetch 6.1|6.12
	local image kv headers common kbuild dir f

	case $1 in
	6.1) OPT=() ;;	# this machine's own release
	*) suite_options bookworm-backports ;;
	esac
	suite_update
	image=$(depends linux-image-cloud-amd64 "^linux-image-$1[.]")
	[ -n "$image" ] || die "no $1 cloud kernel on the mirror"
	kv=${image#linux-image-}
	headers=linux-headers-$kv
	common=$(depends "$headers" '^linux-headers-.*-common$')
	kbuild=$(depends "$headers" '^linux-kbuild-')
	dir=$NC_CACHE/stock/$kv
	rm -rf "$dir.new" "$dir"
	mkdir -p "$dir.new"
	unpack "$dir.new" "$image" "$headers" "$common" "$kbuild"
	# The header packages find each other under /usr: point them here.
	find "$dir.new/usr/src" -maxdepth 2 \( -name Makefile -o -name '.kernel*' \) \
		-type f -exec sed -i "s#/usr/src/#$dir/usr/src/#g" {} +
	for f in scripts tools; do
		if [ -L "$dir.new/usr/src/$headers/$f" ]; then
			ln -sfn "../../lib/$(basename "$(dirname "$(readlink "$dir.new/usr/src/$headers/$f")")")/$f" \
				"$dir.new/usr/src/$headers/$f"
		fi
	done
	find "$dir.new" -name '*.deb' -delete
	if [ -d "$dir.new/usr/lib/modules" ]; then
		mkdir -p "$dir.new/lib"
		ln -sfn ../usr/lib/modules "$dir.new/lib/modules"
	fi
	depmod -b "$dir.new" "$kv" 2> /dev/null
	mv "$dir.new" "$dir"
	ln -sfn "$kv" "$NC_CACHE/stock/$1"
}

stock() {	# stock 6.1|6.12 -> DIR KV
	local link=$NC_CACHE/stock/$1

	fetch_once "$link/boot" stock_fetch "$1"
	KV=$(readlink "$link")
	DIR=$NC_CACHE/stock/$KV
}

libbpf_fetch() {	# that of bookworm knows no struct_ops of modules
	local dir=$NC_CACHE/libbpf

	suite_options bookworm-backports
	suite_update
	rm -rf "$dir.new"
	mkdir "$dir.new"
	unpack "$dir.new" libbpf-dev
	mv "$dir.new" "$dir"
}

libbpf() {
	fetch_once "$NC_CACHE/libbpf" libbpf_fetch
	echo "$NC_CACHE/libbpf/usr"
}

# ---- the newest kernel, from source ----

source_fetch() {
	local tmp v p=$SOURCE

	suite_options sid
	suite_update
	if ! apt-cache "${OPT[@]}" show "$p" > /dev/null 2>&1; then
		p=$(depends linux-source '^linux-source-')
		say "$SOURCE is gone from sid: using $p"
	fi
	v=$(apt-cache "${OPT[@]}" show "$p" | awk '$1 == "Version:" { print $2; exit }')
	tmp=$NC_CACHE/src/new
	rm -rf "$tmp"
	mkdir -p "$tmp"
	unpack "$tmp" "$p"
	say "unpacking $p $v"
	mkdir "$tmp/tree"
	tar -C "$tmp/tree" --strip-components=1 -xf "$tmp/usr/src/$p.tar.xz"
	mv "$tmp/usr/src/$p.tar.xz" "$tmp/linux.tar.xz"
	rm -rf "${tmp:?}/usr"
	rm -rf "$NC_CACHE/src/$v"
	mv "$tmp" "$NC_CACHE/src/$v"
	ln -sfn "$v" "$NC_CACHE/src/$SOURCE"
}

source_tree() {	# -> SRCV SRC
	local link=$NC_CACHE/src/$SOURCE

	fetch_once "$link/tree/Makefile" source_fetch
	SRCV=$(readlink "$link")
	SRC=$NC_CACHE/src/$SRCV/tree
}

fragments() {	# fragments k|l|u: configuration fragments, in order
	case $1 in
	k) echo base x86 dbg-common dbg-kasan ;;
	l) echo base um um-smp dbg-common ;;
	u) echo base um um-smp ;;
	esac
}

own_build() {	# own_build k|l|u
	local arch targets=() f=() x want got

	arch=$(nc_arch "$1")
	case $1 in
	k) targets=(bzImage modules) ;;
	*) targets=(linux modules) ;;
	esac
	for x in $(fragments "$1"); do
		f+=("$CONFIG/$x.config")
	done
	mkdir -p "$OBJ"
	say "building kernel $1 ($SOURCE, $arch): about 8 minutes on two cores, log $OBJ/build.log"
	(
		cd "$SRC"
		export ARCH=$arch KBUILD_BUILD_TIMESTAMP='' KBUILD_BUILD_USER=nc KBUILD_BUILD_HOST=nc
		scripts/kconfig/merge_config.sh -n -O "$OBJ" "${f[@]}"
		nice -n "${NETCHANNEL_NICE:-5}" make -s O="$OBJ" -j"$NC_JOBS" "${targets[@]}"
	) > "$OBJ/build.log" 2>&1 || { tail -n 20 "$OBJ/build.log" >&2; die "kernel $1 failed"; }
	# A fragment that stopped meaning what it says would blind the tests.
	sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=.*/\1/p' "${f[@]}" | sort -u | while read -r x; do
		want=$(cat "${f[@]}" | sed -n "s/^$x=//p" | tail -n 1)
		got=$(sed -n "s/^$x=//p" "$OBJ/.config")
		[ "${got:-n}" = "$want" ] || echo "$x: wanted $want, got ${got:-n}"
	done > "$OBJ/config.differs"
	touch "$OBJ/.done"
}

own() {	# own k|l|u -> OBJ SRC
	local x key

	source_tree
	key=$(for x in $(fragments "$1"); do cat "$CONFIG/$x.config"; done | sha256sum | cut -c1-8)
	OBJ=$NC_CACHE/obj/$SRCV-$1-$key
	if [ ! -e "$OBJ/.done" ]; then
		nc_lock kernel
		[ -e "$OBJ/.done" ] || own_build "$1"
	fi
}

# ---- main ----

[ $# -ge 1 ] || { sed -n 's/^#\t/usage: /p' "$0" >&2; exit 2; }
cmd=$1
case $cmd in
libbpf) libbpf; exit ;;
src) source_tree; echo "$SRC"; exit ;;
ksft) source_tree; echo "$SRC/tools/testing/selftests"; exit ;;
archive) source_tree; echo "$NC_CACHE/src/$SRCV/linux.tar.xz"; exit ;;
esac
v=$(nc_vehicle "${2:-}")
case $v in
6.*)
	stock "$v"
	case $cmd in
	kdir) echo "$DIR/usr/src/linux-headers-$KV" ;;
	image) echo "$DIR/boot/vmlinuz-$KV" ;;
	release) echo "$KV" ;;
	modules) echo "$DIR/lib/modules/$KV" ;;
	*) die "kernel.sh: $cmd?" ;;
	esac
	;;
*)
	own "$v"
	case $cmd in
	kdir) echo "$OBJ" ;;
	image) if [ "$v" = k ]; then echo "$OBJ/arch/x86/boot/bzImage"; else echo "$OBJ/linux"; fi ;;
	release) cat "$OBJ/include/config/kernel.release" ;;
	modules) echo "$OBJ/none" ;;
	*) die "kernel.sh: $cmd?" ;;
	esac
	;;
esac
exit
}
