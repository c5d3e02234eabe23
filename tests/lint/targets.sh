#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Makefile has a rule for every phony target, and for every one that its head
# or a README tells of.
found=$(awk '
function want(name)
{
	if (name !~ /[=$%]/ && !(name in wanted))
		wanted[name] = FILENAME ":" FNR
}

# What stands between "make" and the first word that is no target.
function want_all(text,   word, count, i)
{
	count = split(text, word, " ")
	for (i = 1; i <= count && word[i] ~ /^([a-z][a-z-]*|[A-Z_]+=.*)$/; i++)
		want(word[i])
}

FILENAME != "Makefile" {
	rest = $0
	sub(/^    make /, "`make ", rest)
	while (match(rest, /`make [^`]*/)) {
		text = substr(rest, RSTART + 6, RLENGTH - 6)
		rest = substr(rest, RSTART + RLENGTH)
		sub(/  .*| && .*/, "", text)
		want_all(text)
	}
	next
}
/^#   make / { text = substr($0, 10); sub(/  .*/, "", text); want_all(text) }
/^\.PHONY:/ { phony = 1; sub(/^[^:]*:/, "") }
phony {
	phony = /\\$/
	sub(/\\$/, "")
	count = split($0, word, " ")
	for (i = 1; i <= count; i++)
		want(word[i])
	next
}
/^[a-z][a-z -]*:([^=]|$)/ {
	sub(/:.*/, "")
	count = split($0, word, " ")
	for (i = 1; i <= count; i++)
		has[word[i]] = 1
}
END {
	for (name in wanted)
		if (!(name in has))
			print wanted[name] ": the Makefile has no rule for " name
}' README.md tests/README.md tests/bench/README.md extension/README.md extension/DECISIONS.md packaging/README.md packaging/man/*.scd Makefile | sort)
[ -z "$found" ] && exit 0
echo "$found"
exit 1
