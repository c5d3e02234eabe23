#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests that manuals and READMEs name are there, and every entry of "What happens
# when" names one.

page=packaging/man/skydive-exporter-failures.7.scd
# An entry is what follows "*When*"; its tests, which may take several lines, are
# its last paragraph.
entries=$(awk '
	function tell() { if (at) print at "|" names; at = 0; names = ""; here = 0 }
	/^# / { tell(); inside = $0 == "# WHAT HAPPENS WHEN" }
	inside && /^\*When\* / { tell(); at = NR }
	/^$/ { here = 0 }
	/^\t\*Test:\* / { here = 1; sub(/^\t\*Test:\*/, "") }
	at && here { gsub(/\\/, ""); sub(/^[\t ]*/, ""); names = names " " $0 }
	END { tell() }' "$page")

found=$(
	[ -n "$entries" ] || echo "$page: no entry of \"WHAT HAPPENS WHEN\""
	echo "$entries" | while IFS='|' read -r line names; do
		echo "$names" | grep -qE '^ (\w+::\w+(, |$))+$' ||
			echo "$page:$line: names no test:$names"
		for name in $(echo "$names" | tr -d ','); do
			grep -qs "^def test_${name#*::}(" "tests/integration/test_${name%%::*}.py" ||
				echo "$page:$line: there is no test $name"
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
