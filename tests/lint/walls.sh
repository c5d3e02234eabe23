#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each library, each header that a folder keeps to itself, the clock and the
# environment are used only where this list says.
find extension -name '*.[ch]' | sort | xargs awk -f tests/lint/code.awk | awk -F: '
BEGIN {
	# What, and who may: regular expressions, files without "extension/".
	wall("<curl/", "^net/")
	wall("<libwebsockets", "^net/httpd_private\\.h")
	wall("<librdkafka/|<dlfcn\\.h>|\"net/kafka_(library|private)\\.h", "^net/kafka[a-z_]*\\.|^(host|preload)/")
	wall("<yaml\\.h>", "^config/yaml[a-z_]*\\.c")
	wall("<json-c/", "^topology/")
	wall("<libdeflate", "^stage/compress_[a-z]*\\.c")
	wall("<zlib\\.h>", "^stage/compress_[a-z]*\\.c|^source/recording\\.c")
	wall("<zstd", "^stage/compress_[a-z]*\\.c")
	wall("<openssl/", "^sys/digest\\.c")
	wall("<protobuf-c|\\.pb-c\\.h", "^flow/[a-z_]*\\.c")
	wall("\"net/(transfer|http_name)\\.h", "^net/")
	wall("\"topology/(json_text)\\.h", "^topology/")
	wall("\"spool/(frame|envelope|open_rows|seal)\\.h", "^spool/")
	wall("<skydive/|\"skydive/", "^(host|preload)/|^extension\\.c|^sys/log[a-z_]*\\.h|^command/")
	wall("(^|[^a-z0-9_>.])(clock_gettime|gettimeofday|time) *\\(", "^sys/clock\\.c|^host/(notify|line)\\.c")
	wall("getenv *\\(|extern char \\*\\*environ", "^extension\\.c|^command/|^sys/secret\\.c|^net/curl_dial\\.c|^(host|preload)/")
	wall("<(pthread|threads|stdatomic)\\.h>", "^base/stats\\.h|^flow/batch|^(sys|net|graph|mirror|topology|spool|writer|source|settings|tenant|exporter|monitor|host|preload|command)/|^extension\\.c")
	wall("<(fcntl|poll|unistd|signal|sys/(stat|mman|socket|uio|wait))\\.h>",
	     "^(sys|net|topology|spool|writer|source|settings|tenant|exporter|monitor|host|preload|command)/|^extension\\.c")
}

function wall(what, who)
{
	walls++
	text[walls] = what
	allowed[walls] = who
}

{
	file = $1
	sub(/^extension\//, "", file)
	code = $0
	sub(/^[^:]*:[^:]*:/, "", code)
	for (i = 1; i <= walls; i++)
		if (code ~ text[i] && file !~ allowed[i]) {
			sub(/^[ \t]+/, "", code)
			print $1 ":" $2 ": not here: " code
			bad = 1
		}
}

END { exit bad }
'
