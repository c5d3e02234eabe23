# SPDX-License-Identifier: Apache-2.0
"""Stores that fail in every way there is, all at once, under one exporter with a pipeline for each.

Each scenario breaks the store of its own pipeline, waits for what the log
says, mends the store, and waits for the other line. Meanwhile one pipeline
has a store that works, and is to notice nothing. Then all stores break again
and the exporter is stopped.
"""
import collections
import contextlib
import gzip
import re
import threading
import time

import pytest

from lib import objects, settings
from lib.export import joined, to_s3, waiting, whole_flows
from lib.paths import SLOWNESS, recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.sent import Sent, prefix_faults
from lib.together import together

RECORDING = recording("old-netns-mixed.jsonl.gz")
PACE = 200 / SLOWNESS          # flows a second
STOP_SECONDS = 3
LATE_MOST = 5 * SLOWNESS        # seconds between two objects of the pipeline that works
CONFIG = {"host_id": "store-faults", "stop_timeout": STOP_SECONDS, "include": "exporter.d/*.yml", **whole_flows(100, "gzip")}

# What the store does, and what the line in the log says; None: nothing.
FAULTS = {
    "500": ("status=500 code=InternalError", "500 InternalError 'told to': the store has an internal error"),
    "503": ("status=503 code=SlowDown", "503 SlowDown 'told to': the store asks for fewer requests"),
    "503-later": ("status=503 retry_after=2", "503 SlowDown"),
    "429": ("status=429 code=TooManyRequests", "429 TooManyRequests"),
    "301": ("status=301 code=PermanentRedirect location=http://127.0.0.1:1/", "301 PermanentRedirect 'told to' endpoint=http://127.0.0.1:1/: .*endpoint"),
    "403": ("status=403 code=AccessDenied", "403 AccessDenied 'told to': .*policy"),
    "404": ("status=404 code=NoSuchBucket", r'NoSuchBucket .told to.: the bucket \\"404\\" does not exist'),
    "expired": ("status=400 code=ExpiredToken", "400 ExpiredToken 'told to': .*renew the credentials"),
    "unknown-key": ("status=403 code=InvalidAccessKeyId", "403 InvalidAccessKeyId 'told to': .*access_key"),
    "error-in-200": ("error=InternalError", "200 InternalError 'told to': the store has an internal error"),
    "clock": ("skew=3600", "403 RequestTimeTooSkewed 'told to': the clock of this host is wrong"),
    "slow": ("slow", None),
    "hang": ("hang", "127.0.0.1:.* (slow|timed out)"),
    "stall": ("stall", "127.0.0.1:.* (slow|timed out)"),
    "deaf": ("deaf", "127.0.0.1:.* (slow|timed out)"),
    "cut": ("cut", "127.0.0.1:"),
    "short": ("short", "127.0.0.1:.* closed"),
    "rst": ("rst", "127.0.0.1:.* (reset|Recv failure)"),
    "garbage": ("garbage", "127.0.0.1:"),
    "lost-answer": ("drop", "127.0.0.1:"),
}
# What ends only when nothing has come for 30 s, and is therefore tried once.
PATIENT = ("hang", "stall", "deaf")
# What is wrong with one object, and how its store says so.
REFUSED = {code: "status=400 code=" + code
           for code in ("KeyTooLongError", "EntityTooLarge", "MetadataTooLarge", "InvalidArgument")}
REFUSED["413"] = "page=413"     # a proxy's, without S3's code
WORKS = "works"


class World:
    """The exporter, the stores of its pipelines, and the analyzer that sends without end."""

    def __init__(self, folder, analyzer, sinks):
        self.folder, self.analyzer, self.sinks = folder, analyzer, sinks
        self.path = self._configure()
        self.exporter = Exporter(self.path)
        self.mended = threading.Event()         # no scenario breaks anything any more
        self.stop_seconds = None

    def _configure(self):
        config = settings.merge(joined(CONFIG, self.analyzer, self.folder, {"type": "s3"}), {})
        return settings.save_all(self.folder, config, {name: {"pipeline": {
            "store": {"buffered": {"dirname": name}}, "write": {"s3": sink.settings()}}}
            for name, sink in self.sinks.items()})

    def lines(self, name, what="state="):
        """Return the lines of the log about a pipeline."""
        return [line for line in self.exporter.err.text().splitlines()
                if "tenant=%s " % name in line and what in line]

    def log(self, name, pattern, timeout=60):
        return self.exporter.log("tenant=%s .*%s" % (re.escape(name), pattern), timeout)[1]


def more(sink, count=3, timeout=60):
    goal = len(sink.stored) + count
    sink.wait(lambda s: len(s.stored) >= goal, timeout)


def broken_for_a_while(world, name):
    """One line when it breaks, with the reason; tried again; one line when it works again."""
    how, said = FAULTS[name]
    sink = world.sinks[name]
    if said is None:
        sink.wait(lambda s: len(s.stored) > 5, 60)
        assert world.lines(name) == []
    else:
        assert re.search(said, world.log(name, "state=degraded"))
        sink.wait(lambda s: s.requests[how] >= (1 if name in PATIENT else 3), 60)
        if name != "clock":
            sink.release()
        world.log(name, "state=ok")
        more(sink)
        lines = world.lines(name)
        if name in PATIENT:     # the next try may hang already when the store lets go of what hangs
            lines = [line for line in lines if "state=ok" in line or re.search(said, line)]
        assert [re.search(r"state=(\w+)", line)[1] for line in lines] == ["degraded", "ok"]
    if name == "clock":
        assert sink.requests[how] > len(sink.stored) and not sink.requests["ok"]


def told_to_wait(world, name):
    """Retry-After is heeded: two requests are two seconds apart."""
    world.sinks[name].wait(lambda s: s.requests[FAULTS[name][0]] >= 2)
    begun = time.monotonic()
    world.sinks[name].wait(lambda s: s.requests[FAULTS[name][0]] >= 3)
    assert time.monotonic() - begun > 1.8
    broken_for_a_while(world, name)


def refused(world, code):
    """One object is refused each time: kept until another is stored, then set aside with one line."""
    sink = world.sinks[code]
    line = world.log(code, "refused")
    assert code in line and "moved to bad/" in line and "key=logs/" in line
    more(sink, 5)
    # Nothing is degraded when the next object, which may be under way beside it, was stored before the refusal came.
    assert [re.search(r"state=(\w+)", line)[1] for line in world.lines(code)] in (["degraded", "ok"], [])
    assert sink.requests[REFUSED[code]] >= 2 and len(world.lines(code, "refused")) == 1


def works(world, _):
    """A pipeline whose store works goes on storing at its pace, and the log has nothing to say about it."""
    sink = world.sinks[WORKS]
    while not world.mended.is_set():
        more(sink, 1, LATE_MOST)
    assert world.lines(WORKS) == []


SCENARIOS = {**{name: broken_for_a_while for name in FAULTS}, "503-later": told_to_wait,
             **{code: refused for code in REFUSED}, WORKS: works}


def start(name):
    sink = Sink()
    if name in FAULTS:
        sink.behave(FAULTS[name][0])
    elif name in REFUSED:
        sink.refuse_first(REFUSED[name])
    return sink


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Everything, running, and the scenarios under way."""
    with contextlib.ExitStack() as stack:
        sinks = {name: stack.enter_context(start(name)) for name in SCENARIOS}
        analyzer = stack.enter_context(Analyzer(RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]))
        it = World(tmp_path_factory.mktemp("stores"), analyzer, sinks)
        stack.enter_context(it.exporter)
        it.futures = stack.enter_context(together(
            {name: lambda _, name=name: SCENARIOS[name](it, name) for name in SCENARIOS}, tmp_path_factory))
        stack.callback(it.mended.set)
        yield it


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != WORKS])
def test_store(name, world):
    """A store that fails: everything is kept and sent again, with two lines in the log."""
    world.futures[name].result()


def test_others_are_not_affected(world):
    """Beside two dozen stores that fail, the one that works gets its objects in time."""
    for name in SCENARIOS:
        if name != WORKS:
            world.futures[name].exception()
    world.mended.set()
    world.futures[WORKS].result()


@pytest.fixture(scope="module")
def stopped(world):
    """All stores break at the same time, the exporter is stopped, and a second run finds them mended."""
    for name, future in world.futures.items():
        world.mended.set()
        future.exception()
    broken = [name for name in FAULTS if FAULTS[name][1] and name != "clock"]
    before = {name: world.sinks[name].requests[FAULTS[name][0]] for name in broken}
    for name in broken:
        world.sinks[name].behave(FAULTS[name][0])
    for name in broken:
        world.sinks[name].wait(lambda s, n=name: s.requests[FAULTS[n][0]] > before[n])
    begun = time.monotonic()
    world.code = world.exporter.stop()
    world.stop_seconds = time.monotonic() - begun
    world.left = waiting(world.folder)
    world.analyzer.command("pause")
    stats = world.analyzer.stats()
    world.sent = Sent(CONFIG, RECORDING).between(0, stats["broadcast_flows"])
    world.missed = stats["missed_flows"] + stats["lost_flows"]
    for sink in world.sinks.values():
        sink.release()
    with Exporter(world.path) as again:
        until(lambda: not [name for name in waiting(world.folder) if "/bad/" not in name], "an empty spool", 60)
        assert again.stop() == 0
    return world


def test_stop_is_bounded(stopped):
    """With every store hanging or failing the stop takes its time, and no longer; it says what is left."""
    assert stopped.code == 0
    assert stopped.stop_seconds < STOP_SECONDS + 2
    assert re.search(r"state=stopped objects_left=\d+", stopped.exporter.err.text())
    assert stopped.left


def set_aside(folder, name):
    """Return {tag: records} of what the store refused."""
    found = {}
    for path in (folder / "spool" / name / "bad").iterdir():
        data = path.read_bytes()
        tag = re.search(rb"logs/(\w+)/", data)[1].decode()
        text = gzip.decompress(data[data.index(b"\x1f\x8b\x08"):]).decode()
        found.setdefault(tag, []).extend(objects.split(text)[2])
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost(name, stopped):
    """All that was sent is stored, once, every try with the same key and the same bytes; what was refused is kept."""
    sink = stopped.sinks[name]
    assert sink.rewritten == []
    assert [key for key, bodies in sink.sent.items() if len(bodies) != 1] == []
    stored, refused_keys = sink.objects(), set(sink.sent) - set(sink.stored)
    sent = stopped.sent
    have = objects.by_tag(stored)
    if name in REFUSED:
        assert len(refused_keys) == 1 and stopped.lines(name, refused_keys.pop().partition("/")[2])
        for tag, records in set_aside(stopped.folder, name).items():
            have[tag] = records + have[tag]         # the first object was
    else:
        assert objects.faults(stored) == [] and not refused_keys
    assert [fault for tag in sent for fault in prefix_faults([sent[tag]], have[tag])] == []
    lost = sum(map(len, sent.values())) - sum(map(len, have.values()))
    assert lost == stopped.missed, "%d records are missing, %d were sent to nobody" % (lost, stopped.missed)


def test_tried_again(stopped):
    """What failed was sent again: the same key came more than once."""
    tries = {name: collections.Counter({key: sum(bodies.values()) for key, bodies in stopped.sinks[name].sent.items()})
             for name in FAULTS if FAULTS[name][1] and FAULTS[name][0] not in ("cut", "deaf")}
    assert [name for name, keys in tries.items() if max(keys.values()) < 2] == []


def test_a_part_of_the_keys_is_forbidden(tmp_path):
    """A 403 for one key is the account's affair: that object is kept too, also when others are stored, never in bad/."""
    forbids = "status=403 code=AccessDenied"
    with Sink() as sink, Analyzer(RECORDING, pace=20000) as analyzer:
        sink.refuse_first(forbids)
        config = {"host_id": "forbidden", "stop_timeout": STOP_SECONDS, **whole_flows(100, "gzip")}
        path = settings.save(tmp_path / "acme.yml", joined(config, analyzer, tmp_path, to_s3(sink)))
        with Exporter(path) as program:
            sink.wait(lambda s: s.requests[forbids] >= 4)
            program.log("tenant=acme store=s3 state=degraded .*403 AccessDenied 'told to': .*policy")
            assert not list((tmp_path / "spool" / "acme" / "bad").iterdir())
            [key] = sink.refused
            sink.refused.clear()
            until(lambda: waiting(tmp_path) == [] and key in sink.stored, "everything stored", 60)
            analyzer.event("end", 60, unless_ends=program)
            assert program.stop() == 0
        found = sink.objects()
    assert sum(len(o.records) for o in found) == 814 and sink.rewritten == []
    assert objects.faults(found) == []
