# SPDX-License-Identifier: Apache-2.0
"""A disk that is full or fails: rows wait in memory within their bounds, then are dropped and counted; it recovers.

Whatever happens, an object is stored whole or not at all, and the counters
account for each record (process.sane, and below).
"""
import re

import pytest

from lib import lives, objects, settings, spoolfiles, strace
from lib.export import joined, to_s3
from lib.pages import counters
from lib.paths import SLOWNESS
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.sent import Sent
from lib.smalldisk import SmallDisk

PACE = 5000 // SLOWNESS         # flows a second
FULL_PACE = 2000 // SLOWNESS     # while a store empties 1 MB: a slow machine does that faster, too
RESIDENT_MOST_KB = 64 * 1000 * (1 if SLOWNESS == 1 else 20)
ERRORS = {"ENOSPC": "No space left on device", "EIO": "Input/output error"}


def configure(folder, analyzer, sink, change):
    config = settings.merge(lives.CONFIG, {
        "status": {"listen": "unix:%s" % (folder / "status.sock")}, "spool": {"min_free": 0}})
    return settings.save(folder / "exporter.yml", joined(
        config, analyzer, folder, to_s3(sink), settings.merge(config, change)))


def limits(**change):
    return {"pipeline": {"store": {"buffered": change}}}


def holes(sent, stored):
    """Return how many of the records sent are not stored; what is stored must be in order, once, and of them."""
    left, count = iter(sent), 0
    for record in stored:
        for candidate in left:
            if candidate == record:
                break
            count += 1
        else:
            raise AssertionError("stored out of order, twice, or never sent: %s" % record)
    return count + sum(1 for _ in left)


def check(sink, end, dropped):
    """Every object is sound, and of what was sent exactly as many records miss as were counted."""
    found = sink.objects()
    assert objects.faults(found) == [] and sink.rewritten == []
    stored = objects.by_tag(found)
    sent = Sent(lives.CONFIG, lives.RECORDING).between(0, end)
    assert sum(holes(records, stored.get(tag, [])) for tag, records in sent.items()) == dropped
    return sent, stored


def changes_of_state(exporter):
    return re.findall(r"spool=(unwritable|ok)\b", exporter.err.text())


def peak_kb(exporter):
    with open("/proc/%d/status" % exporter.process.pid, encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


def pause(analyzer, folder):
    """Let nothing more come, wait until all is encoded or dropped; returns the place."""
    analyzer.command("pause")
    end = lives.place(analyzer)

    def is_done():
        now = counters(folder)
        return now["records_encoded"] + now["records_dropped_spool_unwritable"] == end
    until(is_done, "all records written or dropped", 60)
    return end


BOUNDS = {
    "by-records": (limits(max_flow_array_size=500), 4 * 500),
    "by-bytes": ({"limits": {"held_bytes": 1 << 20}}, 4000),
}


@pytest.mark.alone
@pytest.mark.parametrize("how", BOUNDS)
def test_full_disk_while_the_store_is_down(how, tmp_path):
    """1 MB for the spool: objects fill it, rows wait, then the oldest are dropped; with the store back it goes on."""
    change, held_most = BOUNDS[how]
    with SmallDisk(tmp_path / "spool", "1m") as disk, Sink() as sink, Analyzer(
            lives.RECORDING, pace=FULL_PACE, options=["--repeat", 0, "--uniq", "--sndbuf", 256 * 1024]) as analyzer:
        sink.behave("status=503")
        path = configure(tmp_path, analyzer, sink, change)
        with Exporter(path, under=disk.under) as exporter:
            exporter.log('tenant=exporter spool=unwritable error="No space left on device"', 60)
            until(lambda: counters(tmp_path)["records_dropped_spool_unwritable"] > 5000, "drops", 60)
            before = counters(tmp_path)
            assert before["flows_transformed"] - before["records_encoded"] \
                - before["records_dropped_spool_unwritable"] <= held_most
            assert not sink.stored and peak_kb(exporter) < RESIDENT_MOST_KB
            assert changes_of_state(exporter) == ["unwritable"]
            sink.behave("ok")
            exporter.log("tenant=exporter spool=ok", 60)
            end = pause(analyzer, tmp_path)
            after = counters(tmp_path)
            assert after["flows_transformed"] == end
            assert exporter.stop(60) == 0
            assert not list(disk.path.glob("*/*/*"))
            assert analyzer.stats()["blocked_ms"] == 0
        check(sink, end, after["records_dropped_spool_unwritable"])


def test_objects_larger_than_the_disk(tmp_path):
    """An object that would fill the disk is finished early, while there is room to make it: nothing is lost."""
    with SmallDisk(tmp_path / "spool", "1m") as disk, Sink() as sink, Analyzer(
            lives.RECORDING, pace=1000, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = configure(tmp_path, analyzer, sink, limits(max_flows_per_object=100000, max_seconds_per_object=600))
        with Exporter(path, under=disk.under) as exporter:
            until(lambda: lives.place(analyzer) > 6000, "flows", 60)
            end = pause(analyzer, tmp_path)
            dropped = counters(tmp_path)["records_dropped_spool_unwritable"]
            assert exporter.stop(60) == 0
            assert not list(disk.path.glob("*/*/*"))
        check(sink, end, dropped)
        assert dropped == 0


def test_stop_while_the_disk_fails(tmp_path):
    """What cannot be written until stop_timeout is lost, counted, and said."""
    inject = "error=EIO:when=9+"
    with Sink() as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        # Calls are counted for each thread: another worker's might still succeed.
        path = configure(tmp_path, analyzer, sink, {"stop_timeout": 5, "workers": 1})
        with Exporter(path, under=strace.command(tmp_path / "trace", "pwritev,pwrite64", inject)) as exporter:
            exporter.log("tenant=exporter spool=unwritable error", 60)
            analyzer.command("pause")
            exporter.stop(60)
            _, line = exporter.log(r"spool=unwritable lost=\d+ records")
            assert changes_of_state(exporter) == ["unwritable"] * 2
        strace.lines(tmp_path / "trace", exporter.process.pid)
        end = lives.place(analyzer)
        (tmp_path / "trace").unlink()
        lives.last_life(path, sink, tmp_path)
        check(sink, end, int(re.search(r"lost=(\d+)", line)[1]))


# Calls, and which of them fail (of each thread).
FAILING = {
    "write": ("pwritev,pwrite64", "9..14"),
    "sync": ("fdatasync", "1..3"),
    "rename": ("?rename,?renameat,?renameat2", "2..4"),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", FAILING)
def test_failing_disk(call, error, tmp_path):
    """Some calls fail: nothing is lost while rows have room in memory, and one line says it, one that it is over."""
    names, when = FAILING[call]
    inject = "error=%s:when=%s" % (error, when)
    with Sink() as sink, Analyzer(
            lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = configure(tmp_path, analyzer, sink, {})
        with Exporter(path, under=strace.command(tmp_path / "trace", names, inject)) as exporter:
            exporter.log('tenant=exporter spool=unwritable error="%s"' % ERRORS[error], 60)
            exporter.log("tenant=exporter spool=ok", 60)
            end = pause(analyzer, tmp_path)
            assert exporter.stop(60) == 0
            assert not list((tmp_path / "spool").glob("*/*/*"))
        sent, stored = check(sink, end, 0)
        assert sent == stored


def test_unsynced_object_is_told(tmp_path):
    """An object that waits for some seconds is synced; that this failed is said, and it is stored all the same."""
    with Sink() as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 1, "--uniq"]) as analyzer:
        sink.behave("status=503")
        path = configure(tmp_path, analyzer, sink, {})
        file = tmp_path / "spool" / "exporter" / "new" / ("%016d" % 1)
        under = strace.command(tmp_path / "trace", "fdatasync", "error=EIO", file)
        with Exporter(path, under=under) as exporter:
            exporter.log("spool=new/%s cannot be synced to the disk: Input/output error" % file.name)
            sink.behave("ok")
            exporter.log("tenant=exporter store=s3 state=ok", 60)
            end = pause(analyzer, tmp_path)
            assert exporter.stop(60) == 0
        check(sink, end, 0)


def test_unclosed_ledger_is_told(tmp_path):
    """What only close() says of a ledger, as file systems over a network do, is said, and that it is over."""
    with Sink() as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = configure(tmp_path, analyzer, sink, {})
        file = tmp_path / "spool" / "exporter" / "ledger"
        under = strace.command(tmp_path / "trace", "close", "error=EIO:when=1", file)
        with Exporter(path, under=under) as exporter:
            exporter.log('tenant=exporter ledger=unwritable error="Input/output error"', 60)
            exporter.log("tenant=exporter ledger=ok", 60)
            end = pause(analyzer, tmp_path)
            assert exporter.stop(60) == 0
        check(sink, end, 0)


def test_unclosed_ledger_is_written_anew(tmp_path):
    """At the end, too, where nothing has changed since it was written."""
    with Sink() as sink, Analyzer(lives.RECORDING, clients=2) as analyzer:       # the second never comes
        path = configure(tmp_path, analyzer, sink, {})
        file = tmp_path / "spool" / "exporter" / "ledger"
        with Exporter(path, under=strace.command(tmp_path / "trace", "close", "error=EIO:when=1", file)) as exporter:
            exporter.log("state=subscribed")
            assert exporter.stop(60) == 0
        results = [call.result for call in strace.calls(tmp_path / "trace", exporter.process.pid)]
        assert results == [-1, 0]


# Which of the reads of a file fail, of each thread: of an object its head is read at the start, and both when it is sent.
UNREADABLE = {
    "new-head": ("new", "1+", r"spool=new/%s moved to bad/: Input/output error"),
    "new-body": ("new", "2+", r"spool=new/%s moved to bad/: cannot read it: Input/output error"),
    "open": ("open", "1+", r"spool=open/%s cannot be finished now: Input/output error; the next start tries again"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_file(name, tmp_path):
    """A file that cannot be read holds up no other; it is kept, and one that was not finished yet is tried again."""
    kind, when, says = UNREADABLE[name]
    with Sink() as sink, Analyzer(lives.RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = configure(tmp_path, analyzer, sink, limits(max_flows_per_object=300, max_seconds_per_object=600))
        spool = tmp_path / "spool" / "exporter"
        sink.behave("status=503")
        with Exporter(path) as exporter:
            until(lambda: len(list(spool.glob("new/*"))) > 3 and list(spool.glob("open/*")), "files")
            analyzer.command("pause")
            exporter.kill()
        sink.behave("ok")
        written = spoolfiles.records(spool)
        victim = sorted(spool.glob(kind + "/*"))[0]
        data = victim.read_bytes()
        under = strace.command(tmp_path / "trace", "pread64", "error=EIO:when=" + when, victim)
        with Exporter(path, under=under) as exporter:
            exporter.log(says % victim.name)
            until(lambda: len(list(spool.glob("open/*")) + list(spool.glob("new/*"))) == (kind == "open"), "the others")
            exporter.stop()
        assert [path.name for path in spool.glob("bad/*")] == [victim.name] * (kind == "new"), exporter.err.text()[-3000:]
        if kind == "new":
            (spool / "bad" / victim.name).rename(victim)
        assert victim.read_bytes() == data
        lives.last_life(path, sink, tmp_path)
        stored = objects.by_tag(sink.objects())
        assert {tag: set(records) for tag, records in stored.items()} == written and sink.rewritten == []
