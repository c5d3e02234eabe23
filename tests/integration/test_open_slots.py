# SPDX-License-Identifier: Apache-2.0
"""Two objects of each tag are open, of yesterday and of today: killed, reloaded, stopped, every record is where it belongs.

A slot is a day and stays open for another one, so that both are open whatever time it is; should a day end during a
test, it is made once more.
"""
import collections
import json
import re
import signal
import time

import pytest

from lib import lives, objects, pages, settings, slots, spoolfiles
from lib.export import joined, to_s3
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink

DAY = 86400000
# In turn: of now, of this time yesterday, of the future, and of a day that is closed.
AGES = [0, DAY, DAY, 0, -DAY, 0, 3 * DAY, DAY]
KEY = re.compile(r"bucket/logs/(?P<day>\d{8})/(?P<tag>\w+)[-/](?P<stream>[0-9TZa-f]+)[-/](?P<seq>\d{8})\.gz")
LAYOUTS = {"own-streams": "{year}{month}{day}/{tag}/{stream}/{sequence}.gz",
           "shared": "{year}{month}{day}/{tag}-{stream_hex}-{sequence}.gz"}


def config(folder, key, **change):
    return settings.merge(lives.CONFIG, {"status": pages.listening(folder), "pipeline": {"store": {"buffered": {
        "layout": "template", "key": key, "max_seconds_late": DAY // 1000, "max_flows_per_object": 100000,
        "max_seconds_per_object": 86400, **change}}}})


def today():
    return int(time.time() * 1000) // DAY * DAY


def within_a_day(folder, run):
    """Run in a folder of its own; once more if a day has ended meanwhile."""
    for turn in ("one", "two"):
        (folder / turn).mkdir()
        before = today()
        try:
            run(folder / turn)
        except AssertionError:
            if before == today():
                raise
        if before == today():
            return


def name_of(ms):
    return time.strftime("%Y%m%d", time.gmtime(ms / 1000))


def open_slots(folder):
    """Return {tag: days of its open objects}, as their files say."""
    found = collections.defaultdict(set)
    for path in sorted((folder / "spool" / "exporter" / "open").iterdir()):
        for frame in spoolfiles.frames(path.read_bytes()):
            if frame.kind == spoolfiles.RECIPE:
                spec = json.loads(frame.payload)
                found[spec["tag"]].add(name_of(spec["slot_ms"]))
    return dict(found)


def check(sink, about, both):
    """Each record is there once, in the slot of its time; numbers have no holes; no key had two bodies."""
    stored, numbers, tags = collections.Counter(), collections.defaultdict(list), collections.defaultdict(set)
    for item in sink.objects():
        match = KEY.fullmatch(item.key)
        assert match, item.key
        own = match["day"] if len(match["stream"]) > 8 else ""
        numbers[own, match["tag"], match["stream"]].append(int(match["seq"]))
        tags[match["tag"]].add(match["day"])
        stored.update((json.loads(r)["Transport"]["A"], match["day"]) for r in item.records)
    wanted = collections.Counter((port, name_of(slots.slot(*when, DAY, DAY))) for port, when in about.items())
    assert stored == wanted and sink.rewritten == []
    assert all(sorted(n) == list(range(len(n))) for n in numbers.values()), numbers
    assert all(tags[tag] == days for tag, days in both.items())


def started(folder, sink, key, **change):
    """Return the recording's flows, the stand-in that sends them, and the configuration file."""
    source = recording("old-netns-mixed.jsonl.gz")
    about = slots.record(source, folder / "r.jsonl", [int(time.time() * 1000)] * 40, AGES)
    analyzer = Analyzer(folder / "r.jsonl", pace=500)
    path = folder / "exporter.yml"
    settings.save(path, joined(config(folder, key, **change), analyzer, folder, to_s3(sink),
                               {"status": pages.listening(folder)}))
    return about, analyzer, path


def both_open(folder):
    days = {name_of(today()), name_of(today() - DAY)}
    found = open_slots(folder)
    assert found and all(d == days for d in found.values()), found
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_killed_with_both_open(layout, tmp_path):
    """The next start gives each object the key of its slot, which only the file knows; late records are counted."""
    def run(folder):
        with Sink() as sink:
            about, analyzer, path = started(folder, sink, LAYOUTS[layout])
            with analyzer, Exporter(path, "--progress") as exporter:
                analyzer.event("end", 60, unless_ends=exporter)
                lives.settled(exporter, lives.place(analyzer))
                late = [port for port, when in about.items() if slots.is_late(*when, DAY, DAY)]
                assert pages.counters(folder)["records_late"] == len(late) > 50
                assert pages.metrics(folder)["skydive_exporter_records_late_total", (("tenant", "exporter"),)] == len(late)
                both = both_open(folder)
                assert not sink.objects()
                exporter.signal(signal.SIGKILL)
                assert exporter.wait() == -signal.SIGKILL
            with Analyzer(folder / "r.jsonl", clients=2) as idle:
                settings.save(path, joined(config(folder, LAYOUTS[layout]), idle, folder, to_s3(sink)))
                lives.last_life(path, sink, folder)
            check(sink, about, both)

    within_a_day(tmp_path, run)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_reloaded_with_both_open(layout, tmp_path):
    """The old instance seals both, the new one opens two of its own: no record is lost or doubled, no key given twice."""
    def run(folder):
        with Sink() as sink:
            about, analyzer, path = started(folder, sink, LAYOUTS[layout])
            with analyzer, Exporter(path) as exporter:
                until(lambda: lives.place(analyzer) > 150, "flows")
                until(lambda: len(open_slots(folder)) > 1, "open objects")
                settings.save(path, settings.merge(settings.load(path), {
                    "pipeline": {"store": {"buffered": {"max_flows_per_object": 60}}}}))
                exporter.signal(signal.SIGHUP)
                exporter.log("reload=done generation=2 added=0 changed=1")
                analyzer.event("end", 60, unless_ends=exporter)
                assert exporter.stop() == 0
            days = {name_of(today()), name_of(today() - DAY)}
            check(sink, about, {"egress": days, "internal": days})
            assert len(sink.objects()) > 8

    within_a_day(tmp_path, run)
