#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shared object exports one function and the name of its version; the one for
# LD_PRELOAD nothing.
preload=$BUILD/skydive-exporter-preload.so
[ -f "$preload" ] || { echo "$preload: not built"; exit 1; }
shown=$(nm -D --defined-only "$preload")
[ -z "$shown" ] || { echo "$shown" | sed "s,^,$preload: exports ,"; exit 1; }

object=$BUILD/skydive-exporter.so
[ -f "$object" ] || { echo "$object: not built"; exit 1; }
found=$(nm -D --defined-only "$object" | awk '
	$2 == "A" && $3 ~ /^SKYDIVE_EXTENSION_1(@@SKYDIVE_EXTENSION_1)?$/ { next }
	$3 == "skydive_extension_v1@@SKYDIVE_EXTENSION_1" { exported++; next }
	{ print "exports " $3 }
	END { if (exported != 1) print "does not export skydive_extension_v1" }
')
[ -z "$found" ] && exit 0
echo "$found" | sed "s,^,$object: ,"
exit 1
