#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone, twice in a row, with both compilers; but with clang those
# of extension/ all together, as it takes longer to start than to read one. The one that
# hosts include compiles also as C++ and as C99.
flags="-fsyntax-only -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror
	-iquote extension -Iinclude -isystem $BUILD/proto -x"

includes() {
	sed 's,.*,#include "./&"\n#include "./&",'
	echo 'extern int nothing;'
}

# compile WHAT COMPILER ARGUMENT...: reads the paths of headers
compile() {
	what=$1
	shift
	includes | "$@" - || echo "$what: does not compile: $*"
}

# alone COMPILER FOLDER...
alone() {
	compiler=$1
	shift
	find "$@" -name '*.h' | sort | while read -r header; do
		# shellcheck disable=SC2086
		echo "$header" | compile "$header alone" "$compiler" $flags c -std=c11 2>&1
	done
}

# shellcheck disable=SC2086
found=$(
	alone gcc extension include tests
	alone clang include tests
	find extension -name '*.h' | sort | compile "all of extension/" clang $flags c -std=c11 2>&1
	for compiler in gcc clang; do
		for language in 'c -std=c99' 'c++ -std=c++17'; do
			echo include/skydive/extension.h |
				compile include/skydive/extension.h "$compiler" $flags $language 2>&1
		done
	done
)
[ -z "$found" ] && exit 0
echo "$found"
exit 1
