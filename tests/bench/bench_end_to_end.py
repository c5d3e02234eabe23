# SPDX-License-Identifier: Apache-2.0
"""The whole exporter: a websocket on one side, an object store on the other.

The stand-in analyzer sends, a store in this process takes; only the exporter's own time and memory count.
"""
import collections
import gzip
import os
import re
import resource
import subprocess
import time
import zlib

from lib import settings
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink

FLOWS_PER_OBJECT = 6000 # the sample files' own
CPU_PACE = 100000       # flows a second: a third of a core
CPU_SECONDS, SLOWER_SECONDS = 8, 16
SETTLED = 1 / 4         # of the flows; from here on CPU counts, without what a start costs
CPU_ROUNDS = 3          # of which the one in the middle counts
MEMORY_PACE = 20000     # with more, memory is what waits in inboxes, up to limits.batch_bytes
FURTHER = 100           # tenants
THOUSAND = 1000         # tenants
COMPRESS = {"gzip": {"type": "gzip"}, "zstd": {"type": "zstd", "zstd": {"level": 1}}}
SECONDS_PER_OBJECT = 5
USUAL_SECONDS_PER_OBJECT = 60       # the sample files' own
VARIED, RECORDED = "flows.pb", "recorded-flows.pb"

Export = collections.namedtuple(
    "Export", "flows records dropped seconds cpu user system peak_kb rows zlib made alone connections first_seconds objects "
              "steady_us")


def configuration(analyzer, sink, folder, compress, seconds_per_object):
    return {
        "analyzers": [analyzer.address],
        "spool": {"directory": str(folder / "spool"), "min_free": 0},
        "pipeline": {
            "subscriber": {"url": analyzer.url},
            "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
            "transform": {"type": "vpclogs"},
            "storeheader": {"type": "vpclogs"},
            "compress": compress,
            "store": {"type": "buffered", "buffered": {
                "dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": FLOWS_PER_OBJECT,
                "max_seconds_per_object": seconds_per_object, "max_seconds_per_stream": 86400,
                "max_flow_array_size": 100000}},
            "write": {"type": "s3", "s3": sink.settings()},
        },
    }


def save(folder, config, tenants):
    """One file, or a base and a drop-in for each capture."""
    if tenants == 1:
        return settings.save(folder / "exporter.yml", config)
    drop_ins = folder / "exporter.d"
    drop_ins.mkdir()
    for number in range(tenants):
        settings.save(drop_ins / ("tenant-%04d.yml" % number), {"pipeline": {
            "subscriber": {"capture_id": "capture-%04d" % number},
            "store": {"buffered": {"filename_prefix": "tenant-%04d" % number}}}})
    return settings.save(folder / "exporter.yml", {**config, "include": "exporter.d/*.yml"})


def peak_kb(exporter):
    """VmHWM of the running process."""
    with open("/proc/%d/status" % exporter.process.pid, encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def cpu_seconds(exporter):
    """What the running process took."""
    with open("/proc/%d/stat" % exporter.process.pid, encoding="ascii") as status:
        user, system = status.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def unpacked(body):
    if body[:2] == b"\x1f\x8b":
        return gzip.decompress(body)
    return subprocess.run(["zstd", "-dcq"], input=body, check=True, capture_output=True).stdout


def zlib_alone(sink, level):
    """What zlib alone takes for the bodies that were stored, and makes of them, as one stream each."""
    seconds = size = made = 0
    for stored in sink.stored.values():
        body = unpacked(stored.body)
        size += len(body)
        stream = zlib.compressobj(level, zlib.DEFLATED, 31)
        begun = time.thread_time()
        made += len(stream.compress(body)) + len(stream.flush())
        seconds += time.thread_time() - begun
    return seconds, size, made


def dropped(exporter):
    """Whether the log tells of flows that found the inbox full."""
    return "inbox=full" in exporter.err.text()


def export(flows, folder, repeat, pace="max", tenants=1, compress=None, seconds_per_object=SECONDS_PER_OBJECT,
           source=VARIED, steady_from=0):
    """Export the flows of flows.py that often; flows is the folder it wrote to.

    steady_us of the result is the CPU time of each flow from that number of flows on.
    """
    folder.mkdir()
    options = ["--repeat", repeat, "--uniq"] + (["--captures", tenants] if tenants > 1 else [])
    with Sink() as sink, Analyzer(flows / source, topology=[flows / "topology.json"], pace=pace,
                                  options=options) as analyzer:
        path = save(folder, configuration(analyzer, sink, folder, compress or {"type": "gzip"}, seconds_per_object),
                    tenants)
        started = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Exporter(path) as exporter:
            analyzer.event("admitted", 30, unless_ends=exporter)
            begun = time.monotonic()
            sink.wait(lambda s: s.stored, 60)
            first = time.monotonic() - started
            earlier = analyzer.until_stats(lambda stats: stats["sent_flows"] >= steady_from, 120)["sent_flows"]
            steady = -cpu_seconds(exporter)
            analyzer.event("end", 120, unless_ends=exporter)
            steady += cpu_seconds(exporter)
            seconds = time.monotonic() - begun
            until(lambda: not list((folder / "spool").glob("*/new/*")), "objects stored")
            peak = peak_kb(exporter)
            code = exporter.stop()
            assert code == 0, exporter.err.text()[-4000:]
            lost = dropped(exporter)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        stats = analyzer.stats()
        alone, rows, made_alone = zlib_alone(sink, 6)
        made = sum(len(item.body) for item in sink.stored.values())
        records = sum(int(item.headers["x-amz-meta-num-records"]) for item in sink.stored.values())
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return Export(stats["sent_flows"], records, lost, seconds, user + system, user, system, peak, rows, alone,
                  made, made_alone, stats["admitted"], first, len(sink.stored),
                  steady / max(stats["sent_flows"] - earlier, 1) * 1e6)


def over_zlib(run):
    """CPU time by that of zlib alone."""
    return run.steady_us * run.flows / run.zlib / 1e6


def middle(runs):
    return sorted(runs, key=over_zlib)[len(runs) // 2]


def settled_export(flows, folder, count, pace, seconds, **how):
    """Of that many seconds; count: flows of the file."""
    return export(flows, folder, pace * seconds // count, pace, steady_from=pace * seconds * SETTLED, **how)


def measure(flows, folder, count):
    """Return exports by name: as fast as the stand-in can, and at even paces, the last with many tenants."""
    paced = MEMORY_PACE * 3 * SECONDS_PER_OBJECT // count
    minute = MEMORY_PACE * USUAL_SECONDS_PER_OBJECT
    compressed = {name: [] for name in COMPRESS}
    for number in range(CPU_ROUNDS):
        for name, compress in COMPRESS.items():
            compressed[name].append(settled_export(flows, folder / ("%s-%d" % (name, number)), count, CPU_PACE, CPU_SECONDS,
                                                   compress=compress))
    return {
        **{name: middle(runs) for name, runs in compressed.items()},
        **{name: middle([settled_export(flows, folder / ("%s-%d" % (name, number)), count, pace, seconds, source=source)
                         for number in range(CPU_ROUNDS)])
           for name, pace, seconds, source in (("slower", MEMORY_PACE, SLOWER_SECONDS, VARIED),
                                               ("recorded", CPU_PACE, CPU_SECONDS, RECORDED),
                                               ("recorded-slower", MEMORY_PACE, SLOWER_SECONDS, RECORDED))},
        "max": export(flows, folder / "max", 400000 // count),
        "one": export(flows, folder / "one", paced, MEMORY_PACE),
        "many": export(flows, folder / "many", paced, MEMORY_PACE, 1 + FURTHER),
        **{name: export(flows, folder / name, 2 * minute // count, MEMORY_PACE, tenants,
                        seconds_per_object=USUAL_SECONDS_PER_OBJECT, steady_from=minute)
           for name, tenants in (("alone", 1), ("thousand", THOUSAND))},
    }
