# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: what changed takes effect, what did not is not touched, and no flow is lost or stored twice.

The stand-in never repeats a flow (--uniq) and counts what it sent, so what a
pipeline must have stored is known to the record.
"""
import json
import os
import random
import re
import signal
import statistics
import threading
import time

import pytest

from lib import lives, objects, settings, strace
from lib.export import waiting
from lib.pages import get, listening
from lib.paths import SLOWNESS, recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.sent import Sent, split

RECORDING = recording("old-netns-mixed.jsonl.gz")
PACE = 1000                     # flows a second
STOP_SECONDS = 20
LIMIT = 0.1 * SLOWNESS          # seconds, of one reload of 200 pipelines
SURE_SECONDS = 3.5              # settings/origin.c
FOREVER = 86400                 # seconds; no object is due while a test runs
DONE = re.compile(r"reload=done generation=(\d+) added=(\d+) changed=(\d+) removed=(\d+) kept=(\d+) bad=(\d+)")
CONFIG = {
    "host_id": "reload",
    "analyzers": [],
    "status": {"listen": ""},
    "stop_timeout": STOP_SECONDS,
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "none"},
        "compress": {"type": "gzip"},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "max_flows_per_object": 100000, "max_seconds_per_object": FOREVER,
            "max_seconds_per_stream": FOREVER, "max_flow_array_size": 100000}},
    }}


def buffered(**keys):
    """A drop-in that says that about its store."""
    return {"pipeline": {"store": {"buffered": keys}}}


def plain(prefix, **keys):
    return buffered(filename_prefix=prefix, **keys)


def to(sink):
    return {"pipeline": {"write": {"s3": sink.settings()}}}


class Site:
    """A stand-in, an exporter with drop-ins, and what is done to them."""

    def __init__(self, folder, drop_ins, store, pace=PACE, under=(), **change):
        self.folder, self.under = folder, under
        self.analyzer = Analyzer(RECORDING, pace=pace, options=["--repeat", 0, "--uniq"])
        base = settings.merge(settings.merge(CONFIG, {
            "spool": {"directory": str(folder / "spool"), "min_free": 0},
            "pipeline": {"subscriber": {"url": self.analyzer.url}}}), change)
        base["pipeline"]["write"] = {"type": "s3", "s3": store.settings()}
        self.main = settings.save_all(folder, base, drop_ins)
        self.exporter = None
        self.generation = 1

    def __enter__(self):
        self.exporter = Exporter(self.main, "--progress", under=self.under)
        try:
            self.exporter.log("state=subscribed")
        except BaseException:
            self.__exit__(Exception)
            raise
        return self

    def __exit__(self, *args):
        try:
            self.exporter.__exit__(*args)
        finally:
            self.analyzer.__exit__(*args)

    def file(self, name):
        return self.folder / "exporter.d" / (name + ".yml")

    def write(self, name, config):
        settings.save(self.file(name), config)

    def place(self):
        return self.analyzer.stats()["broadcast_flows"]

    def pass_on(self, flows=1000):
        """Let the analyzer send so many more flows."""
        goal = self.place() + flows
        until(lambda: self.place() >= goal, "%d flows sent" % flows)

    def settle(self):
        """Let the analyzer stand still until the exporter has read everything; returns the place."""
        self.analyzer.command("pause")
        place = self.place()
        self.exporter.log("^flows=%d " % place, start=len(self.exporter.err.lines))
        return place

    def resume(self):
        assert "error" not in self.analyzer.command("resume")

    def reload(self, **expected):
        """SIGHUP, and wait for its end. Returns the seconds that took; the counts must be as expected."""
        start, began = len(self.exporter.err.lines), time.monotonic()
        self.exporter.signal(signal.SIGHUP)
        line = self.exporter.log(DONE, start=start)[1]
        seconds = time.monotonic() - began
        self.generation += 1
        found = dict(zip(("generation", "added", "changed", "removed", "kept", "bad"), map(int, DONE.search(line).groups())))
        wanted = {"generation": self.generation, "added": 0, "changed": 0, "removed": 0, "bad": 0, **expected}
        assert {key: found[key] for key in wanted} == wanted, line
        return seconds

    def stop(self, spool_is_empty=True):
        """Stop in order; returns what was sent until then. One connection must have served for all."""
        self.analyzer.command("pause")
        place = self.place()
        assert self.exporter.stop(STOP_SECONDS + 10) == 0, self.exporter.err.text()[-3000:]
        stats = self.analyzer.stats()
        assert stats["admitted"] == 1 and stats["closes"] == {"1000": 1} and stats["lost_flows"] == 0, stats
        assert not spool_is_empty or waiting(self.folder) == []
        assert "inbox=full" not in self.exporter.err.text()
        return place

    def spool(self, name, kind):
        return sorted(p.name for p in (self.folder / "spool" / name / kind).glob("*"))

    def begun(self, *names):
        """Return the open objects of each pipeline, once each has some."""
        return until(lambda: (found := {name: self.spool(name, "open") for name in names}) and all(found.values()) and found,
                     "open objects")


def under(found, prefix):
    return [o for o in found if o.series.split("/")[1] == prefix]


def sent_between(begin, end):
    return Sent(CONFIG, RECORDING).between(begin, end)


def check(found, prefix, sent):
    """Fail unless the objects under a prefix are sound and hold exactly what was sent, in order.

    While an old pipeline finishes the new one has begun, with a stream of its own.
    """
    mine = under(found, prefix)
    problems = objects.faults(mine, streams_overlap=True) + list(objects.record_differences(sent, objects.by_tag(mine)))
    assert not problems, "%s: %s" % (prefix, "\n".join(problems)[:8000])


# Reloads of which one in the middle is timed; a busy machine gets that many chances.
ROUNDS = 3


@pytest.mark.alone
def test_one_of_two_hundred(tmp_path):
    """200 pipelines, one file changed: under 100 ms; the others keep connection, open objects and counters."""
    names = ["t%03d" % number for number in range(200)]
    others = [name for name in names if name != "t100"]
    with Sink() as sink, Site(tmp_path, {name: plain(name) for name in names}, sink, pace=100) as site:
        site.pass_on(100)
        before = site.begun(*others)
        medians = []
        while not medians or (min(medians) >= LIMIT and len(medians) < ROUNDS):
            times = []
            for _ in range(5):
                site.write("t100", plain("t100", max_flows_per_object=50000 + site.generation))
                times.append(site.reload(changed=1, kept=199))
            medians.append(statistics.median(times))
            print("reloads: %s" % ", ".join("%.0f ms" % (seconds * 1000) for seconds in times))
        assert min(medians) < LIMIT, medians
        for name in others:
            assert set(before[name]) <= set(site.spool(name, "open")), "%s: objects were sealed" % name
        until(lambda: len(under(sink.objects(), "t100")) >= 3, "objects of the changed pipeline")
        assert {o.series.split("/")[1] for o in sink.objects()} == {"t100"}
        site.pass_on(100)
        end = site.stop()
        assert sink.rewritten == []
        check_progress(site.exporter)
        found, sent = sink.objects(), sent_between(0, end)
    for name in names:
        check(found, name, sent)


def test_what_did_not_change_is_not_read(tmp_path):
    """Files written just before the start could have changed once more at the same time: they are read once more, later."""
    trace = tmp_path / "trace"
    names = ("one", "two")
    drop_ins = {name: plain(name) for name in names}
    with Sink() as sink, Site(tmp_path, drop_ins, sink, under=strace.command(trace, "openat")) as site:
        written = max(site.file(name).stat().st_ctime for name in names)
        until(lambda: time.time() > written + SURE_SECONDS, "a time that is surely another one")
        site.reload(kept=2)
        site.write("two", plain("two", max_flows_per_object=50000))
        site.reload(changed=1, kept=1)
        site.stop()
    opened = [call.arguments for call in strace.calls(trace, site.exporter.process.pid)]
    assert [sum('"%s"' % site.file(name) in call for call in opened) for name in names] == [2, 3]


def check_progress(exporter):
    """Counters only ever rise."""
    counts = [[int(n) for n in re.findall(r"\d+", line)[:3]]
              for line in exporter.err.lines if re.match(r"flows=\d+ records=", line)]
    assert len(counts) > 1 and all(a <= b for one, two in zip(counts, counts[1:]) for a, b in zip(one, two)), counts


def test_unchanged_files_change_nothing(tmp_path):
    """Files written anew, other comments, order and spelling: all are kept."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one"), "two": plain("two")}, sink) as site:
        site.pass_on(100)
        before = site.begun("one")["one"]
        settings.save_text(site.file("one"), "# the same\npipeline:\n  store: {buffered: {Filename_Prefix: \"one\"}}\n")
        settings.save_text(site.file("two"), "pipeline.store.buffered.filename_prefix: two\n")
        site.reload(kept=2)
        assert set(before) <= set(site.spool("one", "open")) and not sink.objects()
        end = site.stop()
        found, sent = sink.objects(), sent_between(0, end)
    for name in ("one", "two"):
        check(found, name, sent)


def test_no_flow_is_lost_or_doubled(tmp_path):
    """Forty changes, many within a second: the changed pipelines, too, store each flow once, and never a key twice."""
    drop_ins = {name: plain(name) for name in ("kept", "changed", "moved")}
    with Sink() as sink, Sink() as other, Site(tmp_path, drop_ins, sink, pace=2000) as site:
        for turn in range(40):
            site.write("changed", plain("changed", max_flows_per_object=1000 + turn))
            site.write("moved", settings.merge(plain("moved"), {} if turn % 2 else to(other)))
            site.reload(changed=2, kept=1)
            if turn % 8 == 7:
                site.pass_on(500)
        end = site.stop()
        assert sink.rewritten == [] and other.rewritten == []
        found, sent = sink.objects() + other.objects(), sent_between(0, end)
        assert under(other.objects(), "changed") == under(other.objects(), "kept") == []
        assert len(under(found, "kept")) == 4 and len(under(found, "changed")) >= 12
    for name in drop_ins:
        check(sorted(found), name, sent)


def test_changed_stages_take_effect(tmp_path):
    """From a place on, what is exported is what the new file says; until there, what the old one said."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one")}, sink) as site:
        site.pass_on()
        middle = site.settle()
        site.write("one", settings.merge(plain("one"), {"pipeline": {"filter": {"excluded_tags": ["internal"]}}}))
        site.reload(changed=1)
        site.resume()
        site.pass_on()
        end = site.stop()
        found = sink.objects()
    sent = sent_between(0, end)
    sent["internal"] = sent_between(0, middle)["internal"]
    check(found, "one", sent)


def test_framing_changes_the_connection(tmp_path):
    """The subscription's own keys count as a change, too."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one")}, sink) as site:
        site.pass_on(100)
        site.write("one", settings.merge(plain("one"), {"pipeline": {"subscriber": {"protocol": "json"}}}))
        site.reload(changed=1)
        until(lambda: site.analyzer.stats()["admitted"] == 2, "a connection with the other framing")
        assert site.exporter.stop() == 0


BAD = {
    "key": ("pipeline:\n  store:\n    buffered:\n      filename_prefix: two\n      max_flow_per_object: 5\n", 5),
    "value": ("pipeline:\n  store:\n    buffered:\n      max_seconds_per_object: soon\n", 4),
    "stage": ("pipeline:\n  transform:\n    type: nothing\n", 3),
    "YAML": ("pipeline:\n  store: [\n", 3),
}


@pytest.mark.parametrize("kind", sorted(BAD))
def test_bad_file(kind, tmp_path):
    """It is named with its line; its pipeline goes on as it was, the others take their changes; mended, it works."""
    text, number = BAD[kind]
    with Sink() as sink, Site(tmp_path, {"one": plain("one"), "two": plain("two")}, sink) as site:
        site.pass_on(200)
        before = site.begun("two")["two"]
        settings.save_text(site.file("two"), text)
        site.write("one", plain("one", max_flows_per_object=5000))
        site.reload(changed=1, bad=1, kept=0)
        said = site.exporter.log(r"reload: .*%s:%d\b" % (re.escape(str(site.file("two"))), number))[1]
        print(said)
        assert set(before) <= set(site.spool("two", "open"))
        site.pass_on(200)
        site.write("two", plain("two", max_flows_per_object=5000))
        site.reload(changed=1, kept=1)
        site.pass_on(200)
        end = site.stop()
        found, sent = sink.objects(), sent_between(0, end)
    for name in ("one", "two"):
        check(found, name, sent)


def test_bad_new_file(tmp_path):
    """A new file that is wrong, or writes where another does, adds nothing and harms nobody."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one")}, sink) as site:
        site.write("two", plain("one"))
        site.reload(kept=1, bad=1)
        site.exporter.log(r"reload: .*two\.yml.*one and two write to the same")
        settings.save_text(site.file("two"), "pipeline: 5\n")
        site.reload(kept=1, bad=1)
        site.write("two", plain("two"))
        site.settle()
        site.reload(kept=1, added=1)
        begin = site.place()
        site.resume()
        site.pass_on()
        end = site.stop()
        found = sink.objects()
    check(found, "one", sent_between(0, end))
    check(found, "two", sent_between(begin, end))


@pytest.mark.parametrize("text", ["host_id: [\n", "stop_timeout: soon\n", ""], ids=["YAML", "value", "empty"])
def test_bad_main_file(text, tmp_path):
    """A main file that is of no use changes nothing at all; with the right one back, reloads work."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one")}, sink) as site:
        good = site.main.read_text()
        settings.save_text(site.main, text)
        site.write("one", plain("one", max_flows_per_object=5000))
        site.exporter.signal(signal.SIGHUP)
        site.exporter.log("reload: .*" + re.escape(str(site.main)))
        assert "reload=done" not in site.exporter.err.text()
        settings.save_text(site.main, good)
        site.reload(changed=1)
        site.pass_on(200)
        end = site.stop()
        found = sink.objects()
    check(found, "one", sent_between(0, end))


def test_unreadable_and_missing_main_file(tmp_path):
    """Gone for a moment, as with an editor that saves: nothing changes."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one")}, sink) as site:
        site.main.rename(tmp_path / "away")
        site.exporter.signal(signal.SIGHUP)
        site.exporter.log("reload: .*%s.*no such file" % re.escape(str(site.main)))
        (tmp_path / "away").rename(site.main)
        site.reload(kept=1)
        end = site.stop()
        found = sink.objects()
    check(found, "one", sent_between(0, end))


def reloads(site):
    return json.loads(get(site.folder, "/reload")[1])


def test_half_a_file(tmp_path):
    """A file is written to while a reload is under way: what took effect is the whole of it, never a half that is valid."""
    half = "pipeline:\n  store:\n    buffered:\n      filename_prefix: a\n      dirname: half\n"
    with Sink() as sink, Site(tmp_path, {"a": plain("a")}, sink, status=listening(tmp_path)) as site:
        with open(site.file("a"), "w", encoding="utf-8") as file:
            file.write(half)
            file.flush()
            begun = reloads(site)["begun"]
            site.exporter.signal(signal.SIGHUP)
            until(lambda: reloads(site)["begun"] > begun, "the reload")
            assert reloads(site)["ended"] == begun, "it did not wait"
            file.write("      max_flows_per_object: 50\n")
        until(lambda: reloads(site)["ended"] > begun, "its end")
        sink.wait(lambda s: any(key.startswith("half/") for key in s.stored), 30)
        assert len(DONE.findall(site.exporter.err.text())) == 1
        site.stop()


def test_a_file_that_is_always_written_to(tmp_path):
    """The reload gives up, says so, and everything stays as it was."""
    done = threading.Event()

    def write():
        while not done.wait(0.1):
            site.file("a").touch()

    with Sink() as sink, Site(tmp_path, {"a": plain("a")}, sink) as site:
        thread = threading.Thread(target=write)
        site.file("a").touch()
        thread.start()
        try:
            site.exporter.signal(signal.SIGHUP)
            site.exporter.log("has been written to for 5 s; write aside, and rename")
            assert not DONE.search(site.exporter.err.text())
        finally:
            done.set()
            thread.join()
        site.stop()


def test_removed_file(tmp_path):
    """Its pipeline stores what it has where it always did, and ends; back again, it begins where it is then."""
    with Sink() as sink, Sink() as own, Site(
            tmp_path, {"one": plain("one"), "two": settings.merge(plain("two"), to(own))}, sink) as site:
        site.pass_on()
        removed = site.settle()
        text = site.file("two").read_text()
        site.file("two").unlink()
        site.reload(removed=1, kept=1)
        own.wait(lambda s: sum(int(o.headers[objects.RECORDS]) for o in s.stored.values()) == removed)
        until(lambda: not any(site.spool("two", kind) for kind in ("open", "new", "tmp", "bad")), "an empty spool")
        site.exporter.log("tenant=two state=ended")
        site.resume()
        site.pass_on()
        back = site.settle()
        settings.save_text(site.file("two"), text)
        site.reload(added=1, kept=1)
        site.resume()
        site.pass_on()
        end = site.stop()
        assert sink.rewritten == own.rewritten == [] and under(sink.objects(), "two") == []
        found = sink.objects() + own.objects()
    check(found, "one", sent_between(0, end))
    sent, later = sent_between(0, removed), sent_between(back, end)
    check(found, "two", {tag: sent[tag] + later[tag] for tag in sent})


def test_all_files_removed(tmp_path):
    """Without pipelines there is no subscription; it comes back with the first of them."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one")}, sink) as site:
        site.pass_on(200)
        text = site.file("one").read_text()
        site.file("one").unlink()
        site.reload(removed=1)
        until(lambda: site.analyzer.stats()["closes"] == {"1000": 1}, "the connection closed")
        settings.save_text(site.file("one"), text)
        site.reload(added=1)
        until(lambda: site.analyzer.stats()["admitted"] == 2, "another connection")
        began = time.monotonic()
        assert site.exporter.stop() == 0
        assert time.monotonic() - began < STOP_SECONDS / 2
        assert waiting(tmp_path) == [] and sink.rewritten == []
        assert "unwritable" not in site.exporter.err.text() and "recovered" not in site.exporter.err.text()


def test_removed_and_back_at_once(tmp_path):
    """A file that is away for one reload: what its pipeline still finishes is not taken for that of an earlier run."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one"), "two": plain("two")}, sink) as site:
        text = site.file("two").read_text()
        for _ in range(5):
            site.pass_on(200)
            site.file("two").unlink()
            site.reload(removed=1, kept=1)
            settings.save_text(site.file("two"), text)
            site.reload(added=1, kept=1)
        end = site.stop()
        assert sink.rewritten == []
        assert "unwritable" not in site.exporter.err.text() and "recovered" not in site.exporter.err.text()
        found, sent = sink.objects(), sent_between(0, end)
    check(found, "one", sent)
    for tag, stored in objects.by_tag(under(found, "two")).items():
        unknown = split([sent[tag]], stored)[1]
        assert not unknown and len(set(stored)) == len(stored) > len(sent[tag]) / 2, tag


def test_renamed_file(tmp_path):
    """A pipeline by another name, to the same place: the old one ends, the new one goes on, and no key is used twice."""
    with Sink() as sink, Site(tmp_path, {"one": plain("one"), "a": plain("shared")}, sink) as site:
        for old, new in ("ab", "bc", "ca"):
            site.pass_on(200)
            site.file(old).rename(site.file(new))
            site.reload(added=1, removed=1, kept=1)
            assert not [o for o in site.spool(old, "bad")]
        site.pass_on(200)
        end = site.stop()
        assert sink.rewritten == []
        found, sent = sink.objects(), sent_between(0, end)
    check(found, "one", sent)
    have = objects.by_tag(under(found, "shared"))
    assert {tag: sorted(records) for tag, records in have.items()} == {tag: sorted(r) for tag, r in sent.items()}


def test_changed_writer_takes_what_is_pending(tmp_path):
    """Objects that one store refuses go to the other as soon as the file names that; nothing else restarts."""
    with Sink() as sink, Sink() as dead, Site(tmp_path, {
            "one": plain("one"), "two": settings.merge(plain("two", max_flows_per_object=100), to(dead))}, sink) as site:
        dead.behave("status=503")
        dead.wait(lambda s: s.requests["status=503"] >= 2)
        until(lambda: len(site.spool("two", "new")) >= 2, "objects pending")
        lives.settled(site.exporter, site.settle())
        until(lambda: len(site.spool("two", "open")) <= len(lives.TAGS), "full objects made")
        before = site.spool("two", "open")
        assert before
        site.write("two", plain("two", max_flows_per_object=100))
        site.reload(changed=1, kept=1)
        until(lambda: not site.spool("two", "new"), "pending objects stored")
        assert site.spool("two", "open") == before, "open objects were sealed"
        site.resume()
        site.pass_on(200)
        end = site.stop()
        assert dead.stored == {} and sink.rewritten == []
        found, sent = sink.objects(), sent_between(0, end)
    for name in ("one", "two"):
        check(found, name, sent)


@pytest.mark.parametrize("back", [False, True], ids=["from stdout", "to stdout"])
def test_direct_takes_the_limits_of_its_new_writer(back, tmp_path):
    """On stdout an object is titled by its tag; a store must get keys, also of what was not printed before the reload.

    Objects that the store had not yet taken are titled by their keys on stdout.
    """
    direct = {"pipeline": {"store": {"type": "direct"}, "compress": {"type": "none"}}}
    with Sink() as sink:
        ways = [settings.merge(direct, {"pipeline": {"write": {"type": "stdout"}}}), direct]
        first, then = reversed(ways) if back else ways
        with Site(tmp_path, {"two": first}, sink) as site:
            site.pass_on(100)
            site.write("two", then)
            site.reload(changed=1)
            site.pass_on(100)
            site.stop()
            streams = site.exporter.out.text()
        keys = list(sink.stored)
    assert keys and [key for key in keys if not re.search(r"/\d{8}T\d{6}Z/\d{8}\.gz$", key)] == []
    titles = re.findall(r"^--- (.*) ---$", streams, re.M)
    assert any(title.count("/") == 1 for title in titles), titles[:20]


def test_changed_writer_lets_go_of_a_request_that_hangs(tmp_path):
    """An object on its way to a store that never answers goes to the other."""
    with Sink() as sink, Sink() as dead, Site(
            tmp_path, {"two": settings.merge(plain("two", max_flows_per_object=100), to(dead))}, sink) as site:
        dead.behave("hang")
        dead.wait(lambda s: s.requests["hang"] >= 1)
        site.write("two", plain("two", max_flows_per_object=100))
        assert site.reload(changed=1) < 1
        until(lambda: any(o.headers for o in sink.objects()), "objects stored")
        end = site.stop()
        dead.release()
        found, sent = sink.objects(), sent_between(0, end)
    check(found, "two", sent)


def test_changed_secret(swift, bucket, tmp_path):
    """A store that refuses a wrong secret gets everything after a reload with the right one."""
    drop_in = plain("one", max_flows_per_object=100, dirname=bucket)
    wrong = {"pipeline": {"write": {"s3": {"secret_key": "wrong"}}}}
    with Site(tmp_path, {"one": settings.merge(drop_in, wrong)}, swift) as site:
        site.exporter.log("SignatureDoesNotMatch|403")
        site.write("one", drop_in)
        site.reload(changed=1)
        until(lambda: not site.spool("one", "new"), "pending objects stored")
        end = site.stop()
        assert "wrong" not in site.exporter.err.text()
        found, sent = objects.read_bucket(swift.client(), bucket), sent_between(0, end)
    check(found, "one", sent)


def test_burst_of_signals(tmp_path):
    """Twenty at once are few reloads, and harmless."""
    names = ["t%02d" % number for number in range(50)]
    with Sink() as sink, Site(tmp_path, {name: plain(name) for name in names}, sink, pace=200) as site:
        site.pass_on(50)
        site.write("t07", plain("t07", max_flows_per_object=5000))
        for _ in range(20):
            site.exporter.signal(signal.SIGHUP)
        site.exporter.log("reload=done .* changed=1 removed=0 kept=49")
        site.write("t08", plain("t08", max_flows_per_object=5000))
        site.exporter.signal(signal.SIGHUP)
        site.exporter.log("reload=done .* changed=1 removed=0 kept=49", start=1 + site.exporter.log("reload=done")[0])
        done = DONE.findall(site.exporter.err.text())
        print("%d reloads" % len(done))
        assert len(done) <= 5 and [int(d[0]) for d in done] == list(range(2, 2 + len(done)))
        assert sum(int(d[2]) for d in done) == 2 and all(int(d[4]) >= 49 for d in done)
        end = site.stop()
        found, sent = sink.objects(), sent_between(0, end)
    for name in names:
        check(found, name, sent)


@pytest.mark.parametrize("how", ["deaf", "hang"])
def test_dead_store_delays_nothing(how, tmp_path):
    """Reloads of, and around, a pipeline whose store hangs are as fast as others; nor does its removal hold up a stop."""
    with Sink() as sink, Sink() as dead:
        dead.behave(how)
        stuck = settings.merge(plain("stuck", max_flows_per_object=50), to(dead))
        with Site(tmp_path, {"one": plain("one"), "stuck": stuck}, sink, stop_timeout=3) as site:
            dead.wait(lambda s: s.requests[how] >= 1)
            until(lambda: len(site.spool("stuck", "new")) >= 5, "objects pending")
            stuck["pipeline"]["store"]["buffered"]["max_flows_per_object"] = 60
            site.write("stuck", stuck)
            assert site.reload(changed=1, kept=1) < 1
            stuck["pipeline"]["write"]["s3"]["region"] = "elsewhere"
            site.write("stuck", stuck)
            assert site.reload(changed=1, kept=1) < 1
            site.file("stuck").unlink()
            assert site.reload(removed=1, kept=1) < 1
            site.write("one", plain("one", max_flows_per_object=5000))
            assert site.reload(changed=1) < 1
            began = time.monotonic()
            end = site.stop(spool_is_empty=False)
            assert time.monotonic() - began < 3 + 1.5
            left = waiting(tmp_path)
            assert left and all(path.startswith("spool/stuck/new/") for path in left), left
            assert dead.stored == {}
        check(sink.objects(), "one", sent_between(0, end))


RELOADS = int(os.environ.get("RELOADS", 100))


class Churn:
    """Pipelines that come, go, change and break, and what a reload must say about them."""

    def __init__(self, site, rng):
        self.site, self.rng, self.number = site, rng, 0
        self.live = {"steady", "changing", "g0", "g1", "g2"}    # run now
        self.broken = set()                                     # their files are wrong
        self.text = {}                                          # name -> prefix of its drop-in
        for name in ("g0", "g1", "g2"):
            self.text[name] = name

    def fresh(self, prefix):
        """A drop-in that differs from every one before it."""
        self.number += 1
        return plain(prefix, max_seconds_per_object=1, max_flows_per_object=10000 + self.number)

    def step(self):
        """Change something; returns the counts a reload must tell."""
        expected = {"changed": 0, "added": 0, "removed": 0}
        what = self.rng.choice(["change", "break", "remove", "rename", "change"])
        if "changing" in self.broken:
            self.broken.discard("changing")
        if what == "break":
            self.broken.add("changing")
            settings.save_text(self.site.file("changing"), "pipeline: {stor: %d}\n" % self.number)
        else:
            self.site.write("changing", self.fresh("changing"))
            expected["changed"] += 1
        guests = sorted(self.text)
        if what == "remove" or not guests:
            for name in guests[:1]:
                self.site.file(name).unlink()
                del self.text[name]
                expected["removed"] += 1
        elif what == "rename":
            name = self.rng.choice(guests)
            self.number += 1
            new = "g%d" % (self.number + 10)
            self.site.file(name).rename(self.site.file(new))
            self.text[new] = self.text.pop(name)
            expected["removed"] += 1
            expected["added"] += 1
        elif len(guests) < 3:
            self.number += 1
            name = "g%d" % (self.number + 10)
            self.site.write(name, self.fresh(name))
            self.text[name] = name
            expected["added"] += 1
        expected["bad"] = len(self.broken)
        return expected


def test_a_hundred_reloads_under_load(tmp_path):
    """Valid, invalid, removed, renamed, in any order: who stays has everything once, and nobody anything twice."""
    seed = int(os.environ.get("RELOAD_SEED", random.SystemRandom().randrange(1 << 32)))
    print("RELOAD_SEED=%d" % seed)
    names = ("steady", "changing", "g0", "g1", "g2")
    with Sink() as sink, Site(
            tmp_path, {name: plain(name, max_seconds_per_object=1) for name in names}, sink, pace=2000) as site:
        churn = Churn(site, random.Random(seed))
        slowest = 0
        for _ in range(RELOADS):
            slowest = max(slowest, site.reload(**churn.step()))
            if churn.rng.random() < 0.5:
                site.pass_on(churn.rng.randrange(300))
        print("slowest reload: %.0f ms" % (slowest * 1000))
        end = site.stop()
        assert sink.rewritten == []
        found, sent = sink.objects(), sent_between(0, end)
    for name in ("steady", "changing"):
        check(found, name, sent)
    for prefix in {o.series.split("/")[1] for o in found} - {"steady", "changing"}:
        for tag, stored in objects.by_tag(under(found, prefix)).items():
            kept, unknown = split([sent[tag]], stored)
            assert not unknown and len(set(stored)) == len(stored), "%s/%s" % (prefix, tag)
