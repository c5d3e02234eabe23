#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Functions that are not to be called, and text that is not to be written.

files=$(find extension include tests -name '*.[ch]' | sort)
texts="$files $(find tests packaging etc proto -type f \( -name '*.py' -o -name '*.sh' \
	-o -name '*.yml' -o -name '*.proto' \) ! -path '*/golden/cases/*' 2>/dev/null | sort) Makefile"

# shellcheck disable=SC2086
found=$(
	# They overrun, keep state, or run a shell.
	awk -f tests/lint/code.awk $files | grep -v '^tests/unit/' |
		grep -P '\b(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|gmtime|localtime|ctime|asctime|system|popen|alloca|tmpnam|mktemp)\s*\(' |
		sed 's/$/   <- banned/'
	# In the process of somebody else there is no stdio and no exit. httpd undoes
	# what libwebsockets does to SIGPIPE.
	awk -f tests/lint/code.awk $files |
		grep '^extension/' | grep -v '^extension/host/\|^extension/preload/trial.c' |
		grep -v '^extension/net/httpd.c:.*sigaction(SIGPIPE' |
		grep -P '\b(exit|_exit|_Exit|quick_exit|abort|atexit|printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|perror|setlocale|chdir|fchdir|umask|signal|sigaction|localtime_r|setenv|putenv)\s*\(' |
		grep -vP '[.>](exit|abort|signal)\s*\(' |
		sed 's/$/   <- banned in a library/'
	# What others say has quotes, too: log.h, LOG_QUOTED.
	for file in $(grep -lE '(error|warning|message)=\\"%s' $files | grep '^extension/'); do
		[ "$(grep -cE '(error|warning|message)=\\"%s' "$file")" = "$(grep -c 'LOG_QUOTED(' "$file")" ] ||
			echo "$file: a quoted value of a line of the log without LOG_QUOTED"
	done
	awk -f tests/lint/code.awk $files | grep '//' | sed 's,$,   <- "//" comment,'
	grep -nE '\<(TODO|FIXME|XXX|HACK)\>' $texts | grep -v '^tests/lint/' |
		sed 's/$/   <- do it or drop it/'
	grep -nE '[[:blank:]]+$' $texts | sed 's/$/   <- trailing blank/'
	for file in $files; do
		expand "$file" | awk -v file="$file" 'length > 100 {
			print file ":" NR ": " length " columns, 100 are enough" }'
		head -n 1 "$file" | grep -qxF '/* SPDX-License-Identifier: Apache-2.0 */' ||
			echo "$file:1: does not begin with the line of its license"
	done
	for file in $texts; do
		[ -z "$(tail -c 1 "$file")" ] || echo "$file: does not end with a newline"
	done
)
[ -z "$found" ] && exit 0
echo "$found"
exit 1
