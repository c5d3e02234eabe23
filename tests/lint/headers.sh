#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone, twice in a row, with both compilers; the one that
# hosts include also as C++ and as C99.
flags="-fsyntax-only -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror
	-iquote extension -Iinclude -isystem $BUILD/proto -x"

compile() {
	header=$1
	shift
	printf '#include "%s"\n#include "%s"\nextern int nothing;\n' "$header" "$header" | "$@" - ||
		echo "$header: does not compile alone: $*"
}

found=$(
	for compiler in gcc clang; do
		for header in $(find extension include tests -name '*.h' | sort); do
			# shellcheck disable=SC2086
			compile "./$header" "$compiler" $flags c -std=c11 2>&1
		done
		for language in 'c -std=c99' 'c++ -std=c++17'; do
			# shellcheck disable=SC2086
			compile ./include/skydive/extension.h "$compiler" $flags $language 2>&1
		done
	done
)
[ -z "$found" ] && exit 0
echo "$found"
exit 1
