# SPDX-License-Identifier: Apache-2.0
"""The books balance over kills, stops and upgrades: what was sealed is uploaded, spooled, evicted or quarantined.

After each kill the ledger is read from its file and held against the spool's files and the store; the exporter's own word
is asked at the end.
"""
import collections
import os
import random
import re
import signal
import tarfile

import pytest

from lib import ledgers, lives, objects, pages, settings
from lib.export import joined, to_s3, waiting
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter, until
from lib.s3.sink import Sink

KILLS = int(os.environ.get("LEDGER_KILLS", 20))
STOPS = int(os.environ.get("LEDGER_STOPS", 5))
PACE = 10000                    # flows a second
MOST = 3000                     # flows of a life
UNDER_WAY = 2                   # uploads of a tenant at a time


class Picky(Sink):
    """Until it is well it refuses some objects for good; of others it fails to take some, or takes them and does not say so."""

    def __init__(self, rng, faults):
        self.rng, self.faults, self.well = rng, faults, False
        self.read = {}              # key -> object without its content, as no body ever changes
        super().__init__()

    def next(self, key):
        how, free = super().next(key)
        draw = 1 if self.well else self.rng.random()
        for fault, below in self.faults.items():
            if draw < below:
                if fault == "page=413":
                    self.refused[key] = fault
                return fault, free
        return how, free


LOSSLESS = {"status=503": 0.2, "drop": 0.25, "cut": 0.3}
LOSSY = {"status=503": 0.2, "page=413": 0.25}


def config(folder, analyzer, sink, change=None):
    own = {"status": pages.listening(folder), "stop_timeout": 60}
    return settings.save(folder / "exporter.yml", settings.merge(
        joined(lives.CONFIG, analyzer, folder, to_s3(sink), own), change or {}))


def killed_life(analyzer, path, rng):
    with Exporter(path) as program:
        program.log("state=subscribed")
        goal = lives.place(analyzer) + rng.randrange(1, MOST)
        assert "error" not in analyzer.command("resume")
        until(lambda: lives.place(analyzer) >= goal, "flows sent", 30)
        program.signal(signal.SIGKILL)
        assert program.wait() == -signal.SIGKILL, program.err.text()[-3000:]
        analyzer.command("pause")


def stored(sink):
    """Return {key: object} of a picky store."""
    with sink.lock:
        new = [(key, item) for key, item in sink.stored.items() if key not in sink.read]
    for key, item in new:
        found = objects.parse(key, item.body, item.headers)
        sink.read[key] = found._replace(records=range(len(found.records)), raw=range(len(found.raw)), text="")
    return sink.read


def of_status(folder):
    return {t["name"]: t for t in pages.status(folder)["tenants"]}["exporter"]["ledger"]


def added(*sums):
    total = collections.Counter({"objects": 0, "records": 0, "bytes": 0})
    for one in sums:
        total.update(one)
    return total


def balanced(ledger):
    assert added(ledger["sealed"]) == added(*(ledger[name] for name in ("uploaded", "spooled", "evicted", "quarantined")))


def test_random_kills(tmp_path):
    """Nothing is dropped: after each kill the ledger tells what is in the store and no more in the spool, to the byte."""
    rng = random.Random(int(os.environ.get("LEDGER_SEED", random.SystemRandom().randrange(1 << 32))))
    pipeline, steps = tmp_path / "spool" / "exporter", collections.Counter()
    with Picky(rng, LOSSLESS) as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        analyzer.command("pause")
        path = config(tmp_path, analyzer, sink)
        for _ in range(KILLS):
            killed_life(analyzer, path, rng)
            there, taken = ledgers.waiting(pipeline, "new"), stored(sink)
            sums, _ = ledgers.totals(pipeline)
            steps[ledgers.newest(pipeline)["step"]] += 1
            away = ledgers.weigh(item for key, item in taken.items() if key not in there)
            assert (sums["uploaded"], sums["evicted"]["objects"]) == (away, 0)
            assert sums["sealed"] == added(away, ledgers.weigh(there.values()))
        sink.well = True
        with Exporter(path) as program:
            program.log("state=subscribed")
            until(lambda: not waiting(tmp_path), "an empty spool", 90)
            ledger = of_status(tmp_path)
            assert program.stop() == 0
        assert "ledger=" not in program.err.text()
    balanced(ledger)
    print("steps:", dict(steps))
    assert added(ledger["uploaded"]) == ledgers.weigh(stored(sink).values()) and sink.rewritten == []


def test_random_kills_while_objects_are_lost(tmp_path):
    """Some are refused for good, some dropped because the spool is small: each is counted where it went."""
    rng = random.Random(int(os.environ.get("LEDGER_SEED", random.SystemRandom().randrange(1 << 32))))
    pipeline = tmp_path / "spool" / "exporter"
    with Picky(rng, LOSSY) as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        analyzer.command("pause")
        path = config(tmp_path, analyzer, sink, {"spool": {"max_bytes": "256KiB"}})
        for number in range(KILLS):
            killed_life(analyzer, path, rng)
            there, bad = ledgers.waiting(pipeline, "new"), ledgers.waiting(pipeline, "bad")
            sums, _ = ledgers.totals(pipeline)
            left = added(ledgers.weigh(there.values()), ledgers.weigh(bad.values()))
            assert sums["sealed"] == added(sums["uploaded"], sums["evicted"], left)
            away = len([key for key in stored(sink) if key not in there])
            # What was under way when it was killed may be stored and be dropped later.
            assert 0 <= away - sums["uploaded"]["objects"] <= UNDER_WAY * (number + 1)
        # What is refused while nothing else is stored waits for ever.
        sink.well = True
        sink.refused.clear()
        with Exporter(path) as program:
            program.log("state=subscribed")
            until(lambda: not any((pipeline / "new").iterdir()), "no waiting objects", 90)
            ledger = of_status(tmp_path)
            assert program.stop() == 0
    balanced(ledger)
    assert added(ledger["quarantined"]) == ledgers.weigh(ledgers.waiting(pipeline, "bad").values())
    assert ledger["evicted"]["objects"] > 0


def life(analyzer, path, flows):
    """Start, export so many flows, stop in order; return how many the analyzer sent."""
    with Exporter(path, "--progress") as program:
        program.log("state=subscribed")
        begin = lives.place(analyzer)
        assert "error" not in analyzer.command("resume")
        until(lambda: lives.place(analyzer) >= begin + flows, "flows sent", 30)
        analyzer.command("pause")
        sent = lives.place(analyzer) - begin
        lives.settled(program, sent)
        assert program.stop(60) == 0
    return sent


def test_stops_and_upgrades(tmp_path):
    """From a spool of a version without ledgers on: all that was sent is received, and all that was committed is stored."""
    before = recording("spool-before.tar.xz")
    pipeline = tmp_path / "spool" / "exporter"
    with tarfile.open(before) as archive:
        for member in archive:
            if member.isfile():
                to = tmp_path / "spool" / member.name
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(archive.extractfile(member).read())
    old = ledgers.weigh(ledgers.waiting(pipeline, "new").values())
    sent = 0
    with Sink() as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        analyzer.command("pause")
        path = config(tmp_path, analyzer, sink)
        for number in range(STOPS):
            sink.behave("status=503" if number % 3 == 1 else "ok")
            sent += life(analyzer, path, 200 + 37 * number)
        sink.behave("ok")
        with Exporter(path) as program:
            program.log("state=subscribed")
            until(lambda: not waiting(tmp_path), "an empty spool", 90)
            ledger = of_status(tmp_path)
            shown = exporter("status", "-c", path, "exporter").stdout
            assert program.stop() == 0
    balanced(ledger)
    assert added(ledger["uploaded"]) == added(ledger["sealed"]) == ledgers.weigh(sink.objects())
    assert ledger["counters"]["flows_received"] == sent
    recovered = ledger["sealed"]["records"] - ledger["counters"]["records_encoded"]
    assert recovered > old["records"], "the open files of the version before are sealed, too"
    assert re.search(r"^sealed +%(objects)d +%(records)d +%(bytes)d$" % ledger["sealed"], shown, re.M), shown
    assert objects.faults(sink.objects()) == []
