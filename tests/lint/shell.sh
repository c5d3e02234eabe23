#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shell scripts are sound, as shellcheck sees it.
find tests packaging .ci -type f 2>/dev/null | sort | while read -r file; do
	head -n 1 "$file" | grep -aqE '^#!.*\<(sh|bash)$' && echo "$file"
done | xargs shellcheck --format=gcc --severity=warning
