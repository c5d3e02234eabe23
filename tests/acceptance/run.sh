#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the package in a machine of its own and tries it there; "make acceptance"
# calls it.
#
#     tests/acceptance/run.sh BUILD
#
# The machine is a minimal Debian 12 under systemd-nspawn, without a network. Its
# root is made from the distribution once and kept in build/cache. What is tried is
# in test_package.py and test_rpm.py, which run inside. Exit 0 and a line that says so where
# systemd-nspawn does not work, because not every CI may start it.
set -eu
build=$1
here=$PWD
cache=$here/build/cache/acceptance-root.tar
results=$here/build/acceptance
root=$(mktemp -d /var/tmp/skydive-exporter-acceptance.XXXXXX)
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 1' INT TERM

package=$(find "$here/build/packages" -name 'skydive-exporter_*.deb')
# What the package needs, and the tests in it.
needs=$(dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g' | paste -sd,)
includes=systemd-sysv,dbus,procps,ca-certificates,openssl,python3,python3-pytest,python3-yaml,rpm,zstd
includes=$includes,python3-boto3,swift-proxy,swift-account,swift-container,swift-object,memcached,$needs

make_root() {
	[ "$(cat "$cache.includes" 2>/dev/null)" != "$includes" ] || return 0
	mkdir -p "$(dirname "$cache")"
	mmdebstrap --quiet --variant=minbase --include="$includes" bookworm "${cache%.tar}.new.tar"
	mv "${cache%.tar}.new.tar" "$cache"
	echo "$includes" > "$cache.includes"
}

# Boots the root until it powers off; its console goes to a file.
boot() {
	timeout 280 systemd-nspawn --quiet --directory="$root" --register=no --keep-unit \
		--private-network --bind-ro="$here:/repo" --bind="$results:/results" \
		--boot --console=pipe </dev/null >"$results/console" 2>&1
}

# A unit that runs a command and then powers off, whatever came of it.
set_command() {
	cat > "$root/etc/systemd/system/acceptance.service" <<-EOF
		[Unit]
		After=multi-user.target
		[Service]
		Type=oneshot
		Environment=BUILD=/repo/$build PYTHONPATH=/repo/tests PYTHONDONTWRITEBYTECODE=1
		ExecStart=/bin/sh -c '$1'
		ExecStopPost=systemctl --no-block --force poweroff
		[Install]
		WantedBy=default.target
	EOF
	mkdir -p "$root/etc/systemd/system/default.target.wants"
	ln -sf ../acceptance.service "$root/etc/systemd/system/default.target.wants"
}

nspawn_works() {
	set_command "echo fine > /results/probe"
	boot || true
	[ "$(cat "$results/probe" 2>/dev/null)" = fine ]
}

make_root
rm -rf "$results"
mkdir -p "$results"
tar -xf "$cache" -C "$root" --numeric-owner
rm -f "$root/usr/sbin/policy-rc.d"
if ! nspawn_works; then
	echo "acceptance: not tried, systemd-nspawn cannot boot a machine here:"
	tail -n 5 "$results/console"
	exit 0
fi
# A newer rpm, with another base configuration.
make_newer_rpm() {
	rm -rf "$results/newer"
	mkdir "$results/newer"
	tar -xzf "$here"/build/package/rpm/SOURCES/skydive-exporter-*.tar.gz -C "$results/newer" --strip-components=1
	sed -i 's/\(define VERSION\) .*/\1 "99.0"/' "$results/newer/extension/base/version.h"
	echo '# newer' >> "$results/newer/etc/exporter.yml"
	(cd "$results/newer" && packaging/build.sh rpm 99.0) > "$results/newer.log" 2>&1 ||
		{ tail -n 5 "$results/newer.log"; exit 1; }
	cp "$results"/newer/build/packages/skydive-exporter-99.0-*."$(uname -m)".rpm "$root/packages"
	rm -rf "$results/newer"
}

mkdir "$root/packages"
cp "$package" "$here"/build/packages/skydive-exporter-[0-9]*."$(uname -m)".rpm "$root/packages"
make_newer_rpm
set_command "python3 -m pytest -q --noconftest -p no:cacheprovider --rootdir /repo/tests/acceptance \
	/repo/tests/acceptance/test_package.py /repo/tests/acceptance/test_rpm.py > /results/log 2>&1; echo \$? > /results/code"
boot || true
cat "$results/log"
[ "$(cat "$results/code" 2>/dev/null)" = 0 ] || { echo "acceptance: failed"; exit 1; }
echo "acceptance: passed"
