#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No file of the product needs, by whatever way, one that needs it: what both need is in
# a third one. Calls are looked at, not includes: two files may share the header of
# a struct.
[ -d "$BUILD/extension" ] || { echo "$BUILD/extension: not built"; exit 1; }
objects=$(find extension -name '*.c' ! -path 'extension/host/*' | sed "s,^,$BUILD/,; s/c\$/o/" | sort)
# shellcheck disable=SC2086
found=$(nm -A $objects | sed "s,^$BUILD/,," | awk '
	{ file = $1; sub(/:.*/, "", file) }
	$2 ~ /^[TDRB]$/ { at[$3] = file }
	$2 == "U" { need[++count] = file " " $3 }
	END {
		for (i = 1; i <= count; i++) {
			split(need[i], part, " ")
			if (part[2] in at && at[part[2]] != part[1])
				print part[1], at[part[2]]
		}
	}' | tsort 2>&1 >/dev/null | sed -n '/loop/d; s/^tsort: //p')
[ -z "$found" ] && exit 0
echo "these files need each other:"
echo "$found"
exit 1
