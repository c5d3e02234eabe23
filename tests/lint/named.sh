#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests that the READMEs name are there, and every row of "What happens when"
# names one.

rows=$(awk -F'|' '
	/^## / { here = $0 == "## What happens when" }
	here && /^\|/ && !/^\|( \||-)/ { print NR "|" $(NF - 1) }' README.md)

found=$(
	[ -n "$rows" ] || echo 'README.md: no row of "What happens when"'
	echo "$rows" | while IFS='|' read -r line names; do
		echo "$names" | grep -qE '^ (`\w+::\w+`(, | $))+$' ||
			echo "README.md:$line: names no test:$names"
		for name in $(echo "$names" | tr -d '`,'); do
			grep -qs "^def test_${name#*::}(" "tests/integration/test_${name%%::*}.py" ||
				echo "README.md:$line: there is no test $name"
		done
	done
	grep -noE '`(unit|golden|integration|fuzz|lib|lint)/[a-z0-9_/]+\.[a-z]+' tests/README.md |
		tr -d '`' | while IFS=: read -r line file; do
		[ -e "tests/$file" ] || echo "tests/README.md:$line: there is no $file"
	done
)
[ -z "$found" ] && exit 0
echo "$found"
exit 1
