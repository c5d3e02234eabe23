#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes point only to the same folder or to layers before it:
#
#     base < format < config < flow < pipeline < stage | sys < net < topology
#          < spool < writer < source < settings < tenant < exporter < monitor
#          < page < command < extension.c
#
# What stands left of the bar is the core and may use nothing right of it, and
# sys uses of it only base, format and config. host/ sees only itself and what every
# host sees, include/; preload/ is another host, and shares its files. Only extension.c stands in no room: the table that it exports has an
# entry that runs the commands. What is called *_private.h is its room's own.
find extension -name '*.[ch]' | sort | xargs awk '
BEGIN {
	count = split("base format config flow pipeline stage sys net graph mirror topology spool writer source " \
		      "settings tenant exporter monitor page command",
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

function is_host(name)
{
	return name == "host" || name == "preload"
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
	if (is_host(from) && (to == "host" || to == from) && is_file("extension/" part[2]))
		next
	else if (is_host(from))
		complain(from "/ includes \"" part[2] "\", which is not in include/")
	else if (here == "extension.c")
		next
	else if (!(from in rank))
		complain(from "/ is no layer")
	else if (!is_file("extension/" part[2]))
		complain("\"" part[2] "\" is to be written from extension/")
	else if (!(to in rank))
		complain("\"" part[2] "\" is in no layer")
	else if (part[2] ~ /_private\.h$/ && to != from)
		complain("\"" part[2] "\" is for " to "/ alone")
	else if (from == "sys" && to != "sys" && rank[to] > rank["config"])
		complain("sys/ is above base/, format/ and config/ only, and includes \"" part[2] "\"")
	else if (rank[to] > rank[from])
		complain(from "/ is below \"" part[2] "\"")
}

END { exit bad }
'
