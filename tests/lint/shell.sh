#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shell scripts are sound, if shellcheck is there to say so.
command -v shellcheck >/dev/null || exit 0
find tests packaging .ci -type f 2>/dev/null | sort | while read -r file; do
	head -n 1 "$file" | grep -aqE '^#!.*\<(sh|bash)$' && echo "$file"
done | xargs shellcheck --format=gcc --severity=warning
