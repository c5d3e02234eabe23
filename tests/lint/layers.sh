#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes point only to the same folder or to layers before it:
#
#     base < format < flow < pipeline < stage | sys < net < topology < store
#          < source < extension/*.[ch] < command < extension.c
#
# What stands left of the bar is the core and may use nothing right of it, and
# sys uses of it only base and format. host/ sees only what every host sees, include/.
# extension.c is above the commands because the table it exports has an entry
# that runs them.
find extension -name '*.[ch]' | sort | xargs awk '
BEGIN {
	count = split("base format flow pipeline stage sys net topology store source . command",
		      name, " ")
	for (i = 1; i <= count; i++)
		rank[name[i]] = i
}

function folder_of(path)
{
	return sub(/\/[^\/]*$/, "", path) ? path : "."
}

function is_file(path,   line, found)
{
	found = (getline line < path) >= 0
	close(path)
	return found
}

function complain(text)
{
	print FILENAME ":" FNR ": " text
	bad = 1
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	here = FILENAME
	sub(/^extension\//, "", here)
	split($0, part, "\"")
	from = folder_of(here)
	to = folder_of(part[2])
	if (part[2] ~ /\.pb-c\.h$/ || part[2] == "skydive/extension.h")
		next
	if (from == "host")
		complain("host/ includes \"" part[2] "\", which is not in include/")
	else if (!(from in rank))
		complain(from "/ is no layer")
	else if (!is_file("extension/" part[2]))
		complain("\"" part[2] "\" is to be written from extension/")
	else if (!(to in rank))
		complain("\"" part[2] "\" is in no layer")
	else if (from == "sys" && to != "sys" && to != "base" && to != "format")
		complain("sys/ is above base/ and format/ only, and includes \"" part[2] "\"")
	else if (rank[to] > rank[from] && here != "extension.c")
		complain((from == "." ? "extension/" : from "/") " is below \"" part[2] "\"")
}

END { exit bad }
'
