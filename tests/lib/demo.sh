#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What "make run" shows: a recorded stream arrives over a websocket and becomes
# objects in a directory.
#
#     tests/lib/demo.sh BUILD
#
# With ANALYZER=ws://host:8082/ws/subscriber/flow it exports from that analyzer
# until Ctrl-C, with a line of progress a second.
set -eu

build=$1
demo=build/demo
port=8082
rm -rf $demo
mkdir -p $demo

if [ -n "${ANALYZER:-}" ]; then
	host=${ANALYZER#*://}
	sed -e "s,^    url: .*,    url: $ANALYZER," \
	    -e "s,^  - 127.0.0.1:8082,  - ${host%%/*}," etc/demo.yml > $demo/demo.yml
	echo "exporting from $ANALYZER to $demo/objects until Ctrl-C"
	exec "$build/skydive-exporter" run -c $demo/demo.yml --progress
fi

gunzip -c tests/recordings/new-netns-mixed.topology.json.gz > $demo/topology.json
mkfifo $demo/events
"$build/tests/analyzer" --listen 127.0.0.1:$port --pace 400 --exit-at-end \
	--topology $demo/topology.json \
	tests/recordings/new-netns-mixed.jsonl.gz > $demo/events &
analyzer=$!
exporter=
stop() {
	kill $analyzer $exporter 2>/dev/null || true
}
trap stop EXIT
exec 3< $demo/events
read -r event <&3 || { echo "the stand-in analyzer did not start" >&2; exit 1; }
echo "stand-in analyzer: $event"

"$build/skydive-exporter" run -c etc/demo.yml --progress &
exporter=$!
while read -r event <&3; do
	echo "stand-in analyzer: $event"
	case $event in *'"end"'*) break ;; esac
done
kill -TERM $exporter
wait $exporter
trap - EXIT
kill $analyzer 2>/dev/null || true

echo
echo "objects in $demo/objects (bytes, key):"
(cd $demo/objects && find . -name '*.gz' -printf '%8s  %P\n' | sort -k2)
first=$(find $demo/objects -name '*.gz' | sort | head -n 1)
echo
echo "the beginning of $first:"
gunzip -c "$first" | head -c 1500
echo " ..."
echo
echo "its headers:"
cat "$first.headers"
