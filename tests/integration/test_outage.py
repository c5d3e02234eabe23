# SPDX-License-Identifier: Apache-2.0
"""The store is away while 20,000 flows a second come for 50 tenants.

OUTAGE_SECONDS says for how long; `make torture` makes it two minutes.
"""
import os
import re
import threading

import pytest

from lib import objects, settings
from lib.export import joined, to_s3, waiting
from lib.kept_waiting import KeptWaiting
from lib.pages import status
from lib.paths import SLOWNESS, recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.together import together

OUTAGE = float(os.environ.get("OUTAGE_SECONDS", 10))
AROUND = 5                      # seconds of flows before and after it
RATE = 20000 // SLOWNESS        # flows a second
RETRY_AFTER = 5                 # seconds; else as long again as the outage, and more, is waited for after it
TENANTS = 50
MESSAGES = RATE // 100          # a second
QUEUED_MOST = 8                 # messages, behind a socket buffer of 256 KiB
SENT_AT_A_TIME = 2              # objects of a pipeline
RESIDENT_MOST_KB = 96 * 1000
# For the rows of the open objects of a second or two, and some of what the outage leaves waiting.
ROOM = (8 << 20) // SLOWNESS
RECORDING = recording("old-netns-mixed.jsonl.gz")

CONFIG = {
    "host_id": "outage",
    "include": "exporter.d/*.yml",
    "stop_timeout": 60,
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "vpclogs"},
        "compress": {"type": "gzip", "gzip": {"level": 1}},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "max_flows_per_object": 1000, "max_seconds_per_object": 1,
            "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}


def name(number):
    return "tenant-%02d" % number


def configure(folder, source, sink, spool):
    (folder / "exporter.d").mkdir()
    for number in range(TENANTS):
        settings.save(folder / "exporter.d" / (name(number) + ".yml"), {"pipeline": {
            "subscriber": {"capture_id": "capture-%04d" % number},
            "store": {"buffered": {"filename_prefix": name(number)}}}})
    return settings.save(folder / "exporter.yml", joined(CONFIG, source, folder, to_s3(sink), {
        "spool": dict(spool, min_free=0), "status": {"listen": "unix:%s" % (folder / "status.sock")}}))


def peak_kb(exporter):
    with open("/proc/%d/status" % exporter.process.pid, encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


def outage(folder, spool):
    """Play it. Returns (stored objects as {series: {sequence: records}}, sums of the tenants' counters)."""
    flows = RATE * (OUTAGE + 2 * AROUND)
    with Sink() as sink, Analyzer(RECORDING, pace=RATE, options=[
            "--repeat", max(1, round(flows / 800)), "--uniq", "--captures", TENANTS, "--per-message", 100,
            "--sndbuf", 256 * 1024, "--stats-every", 1000]) as source:
        with Exporter(configure(folder, source, sink, spool)) as exporter, KeptWaiting(exporter) as reader:
            source.event("admitted", 30, unless_ends=exporter)
            sink.wait(lambda s: len(s.stored) >= TENANTS, 60)
            sink.behave("status=503 retry_after=%d" % RETRY_AFTER)
            threading.Event().wait(OUTAGE)
            sink.behave("ok")
            end = source.event("end", 10 * AROUND + OUTAGE, unless_ends=exporter)
            stats = source.stats()
            late = MESSAGES * reader.seconds
            assert stats["queued_max"] <= QUEUED_MOST + late and stats["blocked_ms"] == 0 and stats["admitted"] == 1, (stats, late)
            print("queued %d at most, the reader was kept waiting for %d messages" % (stats["queued_max"], late))
            assert stats["sent_flows"] == end["flows"] and stats["missed_flows"] == 0, stats
            until(lambda: sums(folder)["flows_received"] == end["flows"], "all flows taken", 60)
            until(lambda: not list((folder / "spool").glob("*/new/*")), "all that is finished stored", 90)
            peak = peak_kb(exporter)
            until(lambda: handled(sums(folder)) == end["flows"], "all flows in the spool", 60)
            counters = sums(folder)
            assert exporter.stop(90) == 0, exporter.err.text()[-3000:]
        assert sink.rewritten == [] and waiting(folder) == []
        assert peak < RESIDENT_MOST_KB or SLOWNESS > 1, "%d kB resident" % peak
        lines = [line for line in exporter.err.text().splitlines() if "state=degraded" in line or "state=ok" in line]
        assert len(lines) <= 2 * TENANTS, "one line per change of state:\n" + "\n".join(lines[:200])
        return series_of(sink), counters


def handled(counters):
    """Flows of which there is a row, or none for a reason."""
    return counters["records_encoded"] + counters["flows_dropped_no_transport"]


def sums(folder):
    out = {}
    for tenant in status(folder)["tenants"]:
        for counter, value in tenant["counters"].items():
            out[counter] = out.get(counter, 0) + value
    return out


def series_of(sink):
    found = {}
    for key, item in sink.stored.items():
        match = objects.KEY.match(key)
        found.setdefault("%s/%s" % (match["series"], match["stream"]), {})[int(match["seq"])] = int(
            item.headers[objects.RECORDS])
    return found


def everything_arrives(folder):
    """With room in the spool nothing is lost: every row is in an object, no number is left out."""
    series, counters = outage(folder, {})
    assert sum(sum(records.values()) for records in series.values()) == counters["records_encoded"] > 0
    assert all(sorted(records) == list(range(len(records))) for records in series.values())
    assert counters["records_evicted"] == counters["flows_dropped_inbox_full"] == 0, counters


def oldest_go(folder):
    """With too little room the oldest objects go, counted; the newest are all there.

    What is being sent cannot go, so a few may be older than some of those that are missing.
    """
    series, counters = outage(folder, {"max_bytes": ROOM})
    stored = sum(sum(records.values()) for records in series.values())
    assert counters["records_evicted"] > 0 and counters["flows_dropped_inbox_full"] == 0, counters
    assert stored + counters["records_evicted"] == counters["records_encoded"], counters
    holes = 0
    for records in series.values():
        missing = set(range(max(records) + 1)) - set(records)
        holes += len(missing)
        kept = set(range(min(missing), max(missing))) - missing if missing else set()
        assert len(kept) <= SENT_AT_A_TIME, "kept %s, but lost %s" % (sorted(kept), sorted(missing))
    assert holes > 0


SCENARIOS = {run.__name__: run for run in (everything_arrives, oldest_go)}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with together(SCENARIOS, tmp_path_factory) as futures:
        yield futures


@pytest.mark.alone
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_outage(scenario, running):
    """No queue grows in the analyzer, memory stays below 96 MB, and what is lost is counted."""
    running[scenario].result()
