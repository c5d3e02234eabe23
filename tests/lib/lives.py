# SPDX-License-Identifier: Apache-2.0
"""Several lives of one exporter on one spool: what they have in common.

The stand-in stands still between two lives, so the place in the stream at
which each connection begins is known, whatever was lost.
"""
from lib.export import waiting, whole_flows
from lib.paths import recording
from lib.process import Exporter, Failed, until

RECORDING = recording("old-netns-mixed.jsonl.gz")
TAGS = ("egress", "ingress", "internal", "other")
CONFIG = {"host_id": "crash", "stop_timeout": 60, **whole_flows(50, "gzip")}


def place(analyzer):
    return analyzer.stats()["broadcast_flows"]


def settled(exporter, flows):
    """Wait until all flows were decoded and a second line of progress after that says the same: all is committed."""
    line = r"^flows=%d records=(\d+) " % flows
    at, first = exporter.log(line, 30)
    while True:
        at, second = exporter.log(line, 30, at + 1)
        if second.split()[1] == first.split()[1]:
            return
        first = second


def last_life(path, sink, folder):
    """Start once more, without flows and with a good store, until the spool is empty; then stop in order."""
    sink.well = True
    with Exporter(path) as exporter:
        exporter.log("state=subscribed")
        try:
            until(lambda: not waiting(folder), "an empty spool", 90)
        except Failed as error:
            raise Failed("%s: %s\n%s" % (error, waiting(folder), exporter.err.text()[-3000:])) from error
        assert exporter.stop(60) == 0
    assert waiting(folder) == []
