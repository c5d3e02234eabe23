# SPDX-License-Identifier: Apache-2.0
"""Ten thousand pipelines that share a stream: their start, the reload of one file, a scrape, memory, CPU."""
import collections
import os
import threading
import time

import bench_end_to_end
import bench_waking
from lib import pages, settings
from lib.process import Analyzer, Exporter, exporter as run, until
from lib.s3.sink import Sink

PIPELINES = 10000
SECONDS = 30
SURE_SECONDS = 3.1      # a reload reads younger files again

Many = collections.namedtuple("Many", "start_s reload_s scrape_s scrape_mb peak_kb us_a_flow")


def drop_in(number, prefix=""):
    return {"pipeline": {"subscriber": {"capture_id": "capture-%04d" % number},
                         "store": {"buffered": {"filename_prefix": "%stenant-%05d" % (prefix, number)}}}}


def save(folder, config):
    """Files that are old enough to be known."""
    path = settings.save_all(folder, config, {"tenant-%05d" % number: drop_in(number) for number in range(PIPELINES)})
    newest = max(os.stat(file).st_ctime for file in (folder / "exporter.d").iterdir())
    until(lambda: time.time() > newest + SURE_SECONDS, "files old enough")
    return path


def timed(act):
    begun = time.monotonic()
    return act(), time.monotonic() - begun


def reload_one(folder, path):
    """Change one file; returns the seconds until that has taken effect, without those for which it may be being written."""
    file = folder / "exporter.d" / "tenant-00007.yml"
    settings.save(file, drop_in(7, "other-"))
    written = os.stat(file).st_mtime
    until(lambda: time.time() > written + 1.1, "a file that is whole")
    done, seconds = timed(lambda: run("reload", "--wait", "-c", path))
    assert done.code == 0 and "changed tenant-00007\nunchanged: %d\n" % (PIPELINES - 1) in done.stdout, done
    return seconds


def measure(flows, folder):
    folder.mkdir()
    with Sink() as sink, Analyzer(flows / "flows.pb", topology=[flows / "topology.json"], pace=bench_end_to_end.MEMORY_PACE,
                                  options=["--repeat", 0, "--uniq", "--captures", PIPELINES]) as analyzer:
        config = bench_end_to_end.configuration(analyzer, sink, folder, {"type": "gzip"},
                                                bench_end_to_end.USUAL_SECONDS_PER_OBJECT)
        path = save(folder, {**config, "status": pages.listening(folder)})
        begun = time.monotonic()
        with Exporter(path) as exporter:
            analyzer.event("admitted", 120, unless_ends=exporter)
            start = time.monotonic() - begun
            before, sent = bench_waking.read(exporter), analyzer.stats()["sent_flows"]
            threading.Event().wait(SECONDS)
            after, sent = bench_waking.read(exporter), analyzer.stats()["sent_flows"] - sent
            (_, text), scrape = timed(lambda: pages.get(folder, "/metrics"))
            seconds = reload_one(folder, path)
            peak = bench_end_to_end.peak_kb(exporter)
            assert exporter.stop(180) == 0, exporter.err.text()[-4000:]
    return Many(start, seconds, scrape, len(text) / 1e6, peak, (after[1] - before[1]) / sent * 1e6)
