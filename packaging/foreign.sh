#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packages for other processors, and tests of what is in them; "make packages-foreign"
# calls it, as root.
#
#     packaging/foreign.sh VERSION ARCHITECTURE...
#
# Debian's cross compilers build them in a root for each, which is made from the
# distribution once and kept in build/cache. Unit tests and golden tests run there under
# qemu-user, or as they are where this processor can. Packages of i386, armhf, arm64 and
# the like go into build/packages; s390x shows that nothing depends on the order of bytes.
set -eu
version=$1
shift
cache=$PWD/build/cache
results=$PWD/build/packages
[ "$(id -u)" = 0 ] || { echo "packages-foreign: needs to be root" >&2; exit 1; }
export LC_ALL=C.UTF-8

libraries="libcurl4-openssl-dev libssl-dev libjson-c-dev libyaml-dev zlib1g-dev libdeflate-dev libzstd-dev
	libwebsockets-dev librdkafka-dev libprotobuf-c-dev libcmocka-dev"
tools=debhelper,make,pkg-config,protobuf-c-compiler,scdoc,qemu-user-static,binutils,ca-certificates,netbase
tools=$tools,openssl,xz-utils,zstd,python3,python3-yaml,python3-pytest,python3-pytest-xdist

# Whole, or not there.
make_root() {
	local includes=crossbuild-essential-$arch,$tools library

	for library in $libraries; do
		includes=$includes,$library:$arch
	done
	[ "$(cat "$root.includes" 2>/dev/null)" != "$includes" ] || return 0
	rm -rf --one-file-system "$root"
	mkdir -p "$cache"
	mmdebstrap --quiet --variant=minbase --architectures="$(dpkg --print-architecture),$arch" \
		--include="$includes" bookworm "$root" "deb http://deb.debian.org/debian bookworm main"
	cp /etc/hosts "$root/etc/hosts"
	echo "$includes" > "$root.includes"
}

# Mounts are gone with the shell that made them.
inside() {
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount --bind /proc "$0/proc" && mount --bind /dev "$0/dev" &&
		root=$0 && exec chroot "$root" env --chdir=/build/source "$@"' "$root" \
		PKG_CONFIG_LIBDIR="/usr/lib/$triplet/pkgconfig:/usr/share/pkgconfig" "$@"
}

copy_sources() {
	rm -rf --one-file-system "$root/build"
	mkdir -p "$root/build/source"
	git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$root/build/source"
	tar -C "$root/build" -czf "$root/build/skydive-exporter_$version.orig.tar.gz" source
}

build_package() {
	cp -R "$root/build/source/packaging/debian" "$root/build/source/debian"
	inside DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -a"$arch" -d -b -us -uc
	mkdir -p "$results"
	find "$root/build" -maxdepth 1 -name "*_$arch.deb" -exec cp -p {} "$results" \;
	rm -r "$root/build/source/debian" "$root/build/source/build"
}

# A program that starts the exporter as a test would.
make_golden_build() {
	mkdir -p "$root/build/source/build/foreign"
	printf '#!/bin/sh\nexec %s /build/source/build/skydive-exporter "$@"\n' "$emulator" \
		> "$root/build/source/build/foreign/skydive-exporter"
	chmod 755 "$root/build/source/build/foreign/skydive-exporter"
}

run_tests() {
	local gnu test failed=0

	gnu=$(dpkg-architecture -a"$arch" -qDEB_HOST_GNU_TYPE 2>/dev/null)
	inside make -j"$(nproc)" CC="$gnu-gcc" AR="$gnu-ar" WERROR=1 all unit
	for test in "$root"/build/source/build/tests/unit/test_*; do
		[ "${test##*.}" = "$test" ] || continue
		# shellcheck disable=SC2086
		inside timeout 300 $emulator "/build/source/build/tests/unit/${test##*/}" > "$root/build/output" 2>&1 || {
			failed=1
			cat "$root/build/output"
			echo "packages-foreign: $arch: ${test##*/} failed"
		}
	done
	make_golden_build
	inside BUILD=build/foreign TEST_TIMEOUT=1200 /usr/bin/python3 -B -m pytest -q -c tests/pytest.ini \
		-n "$(nproc)" tests/golden/test_golden.py || failed=1
	return $failed
}

for arch; do
	root=$cache/foreign-$arch
	triplet=$(dpkg-architecture -a"$arch" -qDEB_HOST_MULTIARCH 2>/dev/null)
	case $arch in
	i386) emulator= ;;
	arm64) emulator=qemu-aarch64-static ;;
	armhf) emulator=qemu-arm-static ;;
	*) emulator=qemu-$arch-static ;;
	esac
	make_root
	copy_sources
	build_package
	run_tests
	echo "packages-foreign: $arch: fine"
done
