#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-format 14 (Debian 12) would change nothing; `make format` does it.
format=$(command -v clang-format-14 || command -v clang-format)
found=$(find extension include tests -name '*.[ch]' | sort |
	xargs "$format" --dry-run -Werror 2>&1 | grep 'error:' |
	sed 's/: error: code should be.*/: not as clang-format writes it/')
[ -z "$found" ] && exit 0
echo "$found" | cut -d: -f1 | uniq -c | awk '{ print $2 ": " $1 " places are not as clang-format writes them" }'
exit 1
