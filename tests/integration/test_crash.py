# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment: what is stored is a prefix of what each connection sent, without holes or repeats.

The stand-in stands still between two lives of the exporter, so the place in
the stream at which each connection begins is known, whatever was lost.
"""
import collections
import os
import random
import signal

import pytest

from lib import lives, objects, settings, strace
from lib.export import joined, to_s3
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.sent import Sent, prefix_faults, split

ROUNDS = int(os.environ.get("CRASH_ROUNDS", 1))
CYCLES = 100                    # of a round
TRACED = 4                      # every so many cycles the writes are watched
PACE = 10000                    # flows a second
MOST = 4000                     # flows of a cycle


class Flaky(Sink):
    """Until it is well it refuses three of ten objects; of some it takes half, or takes all and does not say so."""

    def __init__(self, rng):
        self.rng = rng
        self.well = False
        self.tries = 0
        self.faults = collections.Counter()
        super().__init__()

    def next(self, key):
        how, free = super().next(key)
        self.tries += not self.well
        draw = 1 if self.well else self.rng.random()
        for fault, below in (("status=503", 0.3), ("drop", 0.35), ("cut", 0.4)):
            if draw < below:
                self.faults[fault] += 1
                return fault, free
        return how, free


def one_life(analyzer, path, rng, trace):
    """Start, let it export for a while, kill.

    Returns (begin, end) of what its connection was sent, and with a trace what it wrote of that, else None.
    """
    with Exporter(path, under=strace.command(trace, "pwritev") if trace else ()) as exporter:
        exporter.log("state=subscribed")
        begin = lives.place(analyzer)
        goal = begin + rng.randrange(1, MOST)
        assert "error" not in analyzer.command("resume")
        until(lambda: lives.place(analyzer) >= goal, "%d flows sent" % (goal - begin), 30)
        exporter.signal(signal.SIGKILL)
        assert exporter.wait() == -signal.SIGKILL, exporter.err.text()[-3000:]
        analyzer.command("pause")
        return (begin, lives.place(analyzer)), trace and strace.rows_written(trace, exporter.process.pid)


def killed_at_once(path):
    with Exporter(path) as exporter:
        exporter.log("state=started")
        exporter.kill()


@pytest.mark.long
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_kill_while_exporting(turn, tmp_path):
    """A hundred times killed at a random moment and started again, before a store that refuses a share of the objects.

    Of some cycles strace tells which rows were written when it was killed: these must be stored.
    """
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    print("CRASH_SEED=%d" % seed)
    rng = random.Random(seed)
    connections, written = [], {}
    with Flaky(random.Random(seed)) as sink, Analyzer(
            lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(lives.CONFIG, analyzer, tmp_path, to_s3(sink)))
        analyzer.command("pause")
        for cycle in range(CYCLES):
            if cycle % 7 == 3:
                killed_at_once(path)
                continue
            trace = tmp_path / ("trace-%d" % cycle) if cycle % TRACED == 0 else None
            part, writes = one_life(analyzer, path, rng, trace)
            if trace:
                written[len(connections)] = writes
            connections.append(part)
        lives.last_life(path, sink, tmp_path)
        check(connections, written, sink)


def test_unfinished_objects_survive(tmp_path):
    """Killed twice before any object is finished: the rows are in the spool, the next start makes objects of them."""
    config = settings.merge(lives.CONFIG, {"pipeline": {"store": {"buffered": {
        "max_flows_per_object": 100000, "max_seconds_per_object": 600}}}})
    with Sink() as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 2, "--uniq"]) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(config, analyzer, tmp_path, to_s3(sink)))
        with Exporter(path, "--progress") as exporter:
            end = analyzer.event("end", 30, unless_ends=exporter)
            lives.settled(exporter, end["flows"])
            assert not sink.stored
            exporter.kill()
        with Exporter(path) as exporter:
            exporter.log(r"recovered=\d+")
            exporter.kill()
        lives.last_life(path, sink, tmp_path)
    wanted = Sent(config, lives.RECORDING).between(0, end["flows"])
    found = sink.objects()
    assert objects.faults(found) == [] and sink.rewritten == []
    assert not list(objects.record_differences(wanted, objects.by_tag(found)))


def check(connections, written, sink):
    """Hold what the store has against what each connection was sent, and what of it is known to have been written.

    connections: [(begin, end), ...]; written: {number of a connection: {tag: records}}.
    """
    assert sink.rewritten == []
    assert sink.tries >= CYCLES, "the store was hardly asked: %d" % sink.tries
    assert sink.faults["status=503"] >= sink.tries / 5 and sink.faults["drop"] and sink.faults["cut"], sink.faults
    found = sink.objects()
    problems, stored = objects.faults(found), objects.by_tag(found)
    assert set(stored) == set(lives.TAGS)
    sent = Sent(lives.CONFIG, lives.RECORDING)
    parts = [sent.between(begin, end) for begin, end in connections]
    for tag in lives.TAGS:
        assert any(of[tag] for of in written.values()), "strace has seen no write of %s" % tag
        of_tag = [part.get(tag, []) for part in parts]
        problems += ["%s: %s" % (tag, fault) for fault in prefix_faults(of_tag, stored[tag])]
        kept = [len(records) for records in split(of_tag, stored[tag])[0]]
        print("%s: written, stored, sent: %s" % (tag, ", ".join(
            "%d <= %d <= %d" % (of[tag], kept[number], len(of_tag[number])) for number, of in written.items())))
        problems += ["%s: connection %d: %d records were written, %d are stored" % (tag, number, of[tag], kept[number])
                     for number, of in written.items() if kept[number] < of[tag]]
    assert not problems, "\n".join(problems)[:8000]
