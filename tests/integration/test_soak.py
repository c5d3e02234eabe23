# SPDX-License-Identifier: Apache-2.0
"""For a long time, with faults of the store and of the analyzer switched at random; `make soak`.

SOAK_SECONDS says for how long, SOAK_SEED repeats a run.
"""
import os
import random
import re
import signal
import threading
import time

import pytest

from integration.test_outage import AROUND, TENANTS, configure, sums
from lib import objects
from lib.export import waiting
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink

SECONDS = float(os.environ.get("SOAK_SECONDS", 1800))
RATE = 10000                    # flows a second
LONGEST = 8                     # seconds of a fault
GROWTH_MOST = 1.25              # of memory, from a third of the time to the end
RECORDING = recording("old-netns-mixed.jsonl.gz")

STORE = ["status=500", "status=503", "status=503 retry_after=2", "status=429", "status=400 code=ExpiredToken",
         "status=403 code=AccessDenied", "drop", "cut", "hang", "deaf"]
# What begins a fault of the analyzer, and what ends it.
ANALYZER = [("rst", None), ("drop", None), ("close 1001", None), ("gate clear", None),
            ("silence on", "silence off"), ("ping off", "ping on"), ("topology 500", "topology normal"),
            ("topology garbage", "topology normal"), ("hang topology", "hang none"),
            ("hang handshake", "hang none"), ("refuse 401", "refuse none"), ("refuse 409", "refuse none"), ("stop", "go on")]


def resident_kb(exporter):
    with open("/proc/%d/status" % exporter.process.pid, encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def tell(source, command):
    """A command of the stand-in, or the whole of it stopped and continued."""
    if command in ("stop", "go on"):
        source.signal(signal.SIGSTOP if command == "stop" else signal.SIGCONT)
    elif command:
        source.command(command)


def trouble(source, sink, rng, until_s):
    """Switch faults until then; leaves everything well."""
    pause = threading.Event()
    while time.monotonic() < until_s:
        begin, end = rng.choice(ANALYZER) if rng.random() < 0.4 else (None, None)
        sink.behave(rng.choice(STORE) if rng.random() < 0.5 else "ok")
        tell(source, begin)
        pause.wait(rng.uniform(0.5, LONGEST))
        tell(source, end)
        sink.behave("ok")
        pause.wait(rng.uniform(0.5, LONGEST))


@pytest.mark.soak
def test_soak(tmp_path):
    """Both balances hold to the record, everything received is stored once, memory is flat."""
    seed = int(os.environ.get("SOAK_SEED", random.SystemRandom().randrange(1 << 32)))
    print("SOAK_SEED=%d" % seed)
    rng = random.Random(seed)
    begun = time.monotonic()
    with Sink() as sink, Analyzer(RECORDING, pace=RATE, options=[
            "--repeat", 0, "--uniq", "--captures", TENANTS, "--per-message", 100, "--stats-every", 1000]) as source:
        with Exporter(configure(tmp_path, source, sink, {})) as exporter:
            source.event("admitted", 30, unless_ends=exporter)
            trouble(source, sink, rng, begun + SECONDS / 3)
            early = resident_kb(exporter)
            trouble(source, sink, rng, begun + SECONDS)
            source.command("pause")
            late = resident_kb(exporter)
            until(lambda: not list((tmp_path / "spool").glob("*/new/*")), "what is finished stored", 120)
            counters = sums(tmp_path)
            assert exporter.stop(10 * AROUND) == 0, exporter.err.text()[-3000:]
        stats = source.stats()
        stored = sum(int(item.headers[objects.RECORDS]) for item in sink.stored.values())
    print("resident: %d kB, then %d kB; %s" % (early, late, stats))
    assert late < GROWTH_MOST * early, "memory grew from %d kB to %d kB" % (early, late)
    assert sink.rewritten == [] and waiting(tmp_path) == []
    assert stats["blocked_ms"] == 0 and counters["flows_received"] <= stats["sent_flows"], stats
    dropped = sum(value for name, value in counters.items() if name.startswith("flows_dropped"))
    assert stored == counters["flows_received"] - dropped - counters["flows_excluded"], counters
    assert counters["records_evicted"] == counters["records_quarantined"] == 0, counters
