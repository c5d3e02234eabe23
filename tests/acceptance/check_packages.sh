#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What must hold of the packages in build/packages; "make check-packages" calls it.
#
#     tests/acceptance/check_packages.sh [lint hardening debug reproducible]
set -u
here=$PWD
packages=$here/build/packages
version=$(sed -n 's/^#define VERSION "\(.*\)"/\1/p' extension/base/version.h)
program=$here/build/package/deb/skydive-exporter-$version/debian/skydive-exporter

lint() {
	lintian --fail-on error,warning "$packages"/*.changes &&
		rpmlint --config packaging/rpm/rpmlint.toml "$packages"/*.rpm packaging/rpm/*.spec |
		grep -E ': E: |[1-9][0-9]* errors' && return 1
	return 0
}

# Position independent, read-only relocations bound at once, stack protector,
# checked copies; and of indirect branches, where the compiler knows them.
hardening() {
	hardening-check --nocfprotection "$program"/usr/bin/skydive-exporter &&
		hardening-check --nopie --nocfprotection "$program"/usr/lib/skydive/extensions/*.so || return 1
	case $(uname -m) in
	x86_64) objdump -d "$program"/usr/lib/skydive/extensions/skydive-exporter.so | grep -q endbr64 ;;
	aarch64) objdump -d "$program"/usr/lib/skydive/extensions/skydive-exporter.so | grep -qE 'bti|paciasp' ;;
	esac
}

# Stripped, with the name of its debug symbols, which have a package of their own.
debug() {
	local object

	for object in "$program"/usr/bin/skydive-exporter "$program"/usr/lib/skydive/extensions/*.so; do
		readelf -n "$object" | grep -q 'Build ID' && ! readelf -S "$object" | grep -q '\.debug_info' || return 1
	done
	compgen -G "$packages/skydive-exporter-dbgsym_*.deb" >/dev/null
}

sums() {
	(cd "$1" && sha256sum -- *.deb && for file in *."$(uname -m)".rpm *.noarch.rpm; do
		echo "$(rpm2cpio "$file" | sha256sum) $file"
	done)
}

# Another folder, time, locale, time zone and umask.
reproducible() {
	local other

	other=$(mktemp -d /var/tmp/elsewhere.XXXX) && mkdir "$other/tree" &&
		tar -xzf "$here"/build/package/deb/skydive-exporter_*.orig.tar.gz -C "$other/tree" --strip-components=1 &&
		(
			cd "$other/tree" && umask 077 && export TZ=Asia/Kathmandu LC_ALL=C LANG=C
			packaging/build.sh deb "$version" && packaging/build.sh rpm "$version"
		) >"$here/build/elsewhere.log" 2>&1 &&
		diff <(sums "$packages") <(sums "$other/tree/build/packages")
	local failed=$?
	rm -rf "$other"
	return $failed
}

failed=
[ $# -gt 0 ] || set -- lint hardening debug reproducible
for check; do
	if "$check"; then
		printf '  %-12s %s\n' PACKAGES "$check"
	else
		failed="$failed $check"
	fi
done
[ -z "$failed" ] && exit 0
echo "packages:$failed failed"
exit 1
