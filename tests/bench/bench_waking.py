# SPDX-License-Identifier: Apache-2.0
"""How often the exporter's threads wake while little or nothing comes, and what a flow costs then."""
import collections
import threading
import time

import bench_end_to_end
from lib import settings
from lib.process import Analyzer, Exporter
from lib.s3.sink import Sink
from lib.threads import threads

USUAL_PACE = 2000       # flows a second: twenty messages
# After the start, and of the measure. Objects are those of a minute: as many are made then as begun.
IDLE_SECONDS = (3, 30)
USUAL_SECONDS = (bench_end_to_end.USUAL_SECONDS_PER_OBJECT, bench_end_to_end.USUAL_SECONDS_PER_OBJECT)

Wakes = collections.namedtuple("Wakes", "per_second us_a_flow zlib_us")


def read(exporter):
    """Return (voluntary context switches of all threads, seconds of CPU)."""
    pid = exporter.process.pid
    switches = sum(int(text.split("\nvoluntary_ctxt_switches:")[1].split()[0]) for _, text in threads(pid, "status"))
    return switches, sum(int(text.split()[0]) for _, text in threads(pid, "schedstat")) / 1e9


def measure(flows, folder, pace, seconds):
    """pace: flows a second, 0 for a connection on which nothing comes but pings; seconds: before, and of, the measure."""
    settling, measured = seconds
    folder.mkdir()
    begin = {"pace": pace} if pace else {"pace": 1, "clients": 2}      # the second client never comes
    with Sink() as sink, Analyzer(flows / "flows.pb", topology=[flows / "topology.json"],
                                  options=["--repeat", 0, "--uniq"], **begin) as analyzer:
        config = bench_end_to_end.configuration(analyzer, sink, folder, {"type": "gzip"},
                                                bench_end_to_end.USUAL_SECONDS_PER_OBJECT)
        with Exporter(settings.save(folder / "exporter.yml", config)) as exporter:
            analyzer.event("admitted", 30, unless_ends=exporter)
            threading.Event().wait(settling)
            before, begun, sent = read(exporter), time.monotonic(), analyzer.stats()["sent_flows"]
            threading.Event().wait(measured)
            after, elapsed, sent = read(exporter), time.monotonic() - begun, analyzer.stats()["sent_flows"] - sent
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
            all_flows = analyzer.stats()["sent_flows"]
        zlib = bench_end_to_end.zlib_alone(sink, 6)[0]
    return Wakes((after[0] - before[0]) / elapsed, (after[1] - before[1]) / max(sent, 1) * 1e6,
                 zlib / max(all_flows, 1) * 1e6)
