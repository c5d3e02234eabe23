#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes packages of the tree as it is; "make deb" and "make rpm" call it.
#
#     packaging/build.sh deb|rpm VERSION
#
# Sources are the files that git knows, or all but build/ where there is no git.
# They are built in build/package, and the packages put into build/packages. Times
# in them are those of the last release in debian/changelog, so that a second build,
# elsewhere and later, makes the same bytes.
set -eu
kind=$1
version=$2
name=skydive-exporter-$version
room=$PWD/build/package/$kind
results=$PWD/build/packages
# What the caller set for its own build is not the package's.
unset CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MAKELEVEL MFLAGS SAN V WERROR B
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

released=$(sed -n 's/^ -- .*>  //p' packaging/debian/changelog | head -n 1)
SOURCE_DATE_EPOCH=$(date -d "$released" +%s)
export SOURCE_DATE_EPOCH

rm -rf "$room"
find "$results" -name "*.$kind" -delete 2>/dev/null || true
mkdir -p "$room/$name" "$results"

list_sources() {
	if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$PWD" ]; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . -path ./build -prune -o -type f -printf '%P\0'
	fi
}

copy_sources() {
	list_sources | sort -zu | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] || printf '%s\0' "$file"
	done | tar --null -T - -cf - | tar -xf - -C "$room/$name"
}

# The same bytes whoever packs it, and when.
pack_sources() {
	tar -C "$room" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
		--mode=u+rwX,go+rX,go-w -cf - "$name" | gzip -n9 > "$1"
}

# The tests have tested this tree; a distribution's builders test it once more.
build_deb() {
	pack_sources "$room/skydive-exporter_$version.orig.tar.gz"
	cp -R "$room/$name/packaging/debian" "$room/$name/debian"
	(cd "$room/$name" && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc)
	/usr/bin/python3 "$room/$name/packaging/sbom.py" "$version" "$room/$name/build/skydive-exporter" \
		"$room/$name/build/skydive-exporter.so" "$room/$name/build/skydive-exporter-preload.so" > "$room/skydive-exporter_$version.spdx.json"
	find "$room" -maxdepth 1 -type f -exec cp -p {} "$results" \;
}

build_rpm() {
	mkdir -p "$room/SOURCES"
	pack_sources "$room/SOURCES/$name.tar.gz"
	rpmbuild -ba --define "_topdir $room" --define "version_of_tree $version" \
		--define "use_source_date_epoch_as_buildtime 1" --define "_buildhost localhost" \
		--define "clamp_mtime_to_source_date_epoch 1" \
		"$room/$name/packaging/rpm/skydive-exporter.spec"
	find "$room/RPMS" "$room/SRPMS" -name '*.rpm' -exec cp -p {} "$results" \;
}

copy_sources
"build_$kind"
echo
echo "packages in build/packages:"
find "$results" -maxdepth 1 -name "*.$kind" -printf '%8s  %f\n' | sort -k2
