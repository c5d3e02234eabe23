# SPDX-License-Identifier: Apache-2.0
"""The exporter is not the analyzer's only subscriber: what others do to it, and what it must never do to them.

A subscriber that reads slowly brings an analyzer to a stand, and one that
leaves then leaves it there for ever; whoever leaves makes it silent for all
others. The first tests show that the stand-in is like that.
"""
import contextlib
import functools
import signal
import socket
import threading
import time

import pytest

from lib import objects, settings
from lib.export import joined, to_file, waiting, whole_flows
from lib.pages import get, listening, source
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
from lib.together import together
from lib.websocket import Subscriber

RECORDING = recording("old-netns-mixed.jsonl.gz")
FLOWS = 814
PACE = 2000
QUEUE = ["--queue-size", 5, "--sndbuf", 65536, "--pong-timeout", 100]
ENDLESS = ["--repeat", 0, "--uniq"]
CONFIG = {"host_id": "not-alone", **whole_flows()}


def configure(analyzer, folder, starvation=None, host_id=CONFIG["host_id"]):
    change = {"status": listening(folder), "host_id": host_id}
    if starvation:
        change["pipeline"] = {"subscriber": {"starvation_timeout": starvation}}
    return settings.save(folder / "exporter.yml", joined(CONFIG, analyzer, folder, to_file(folder), change))


def blocked_for(analyzer, ms):
    """Wait until the analyzer has stood still for so long; returns its counters."""
    return until(lambda: (lambda s: s["blocked"] and s["blocked_ms"] >= ms and s)(analyzer.stats()), "a stand")


def stands_still(analyzer):
    """Nothing is sent any more, to anyone."""
    one = blocked_for(analyzer, analyzer.stats()["blocked_ms"] + 300)
    other = blocked_for(analyzer, one["blocked_ms"] + 700)
    assert other["broadcast_flows"] == one["broadcast_flows"] and other["sent_flows"] == one["sent_flows"]
    return other


def nothing_comes(sock):
    sock.settimeout(0.5)
    with pytest.raises(socket.timeout):
        sock.recv(1)
    sock.settimeout(10)


def read_on(subscriber, done):
    """Read what comes, and say that we are there, until done is set."""
    while not done.is_set():
        try:
            subscriber.sock.recv(1 << 20)
            subscriber.pong()
        except OSError:
            return


def test_slow_reader_blocks_the_analyzer(tmp_path):
    """The stand-in's queue fills, and all stand still, new ones too, until the slow one reads; if it leaves, for ever."""
    done = threading.Event()
    with Analyzer(RECORDING, pace=PACE, options=QUEUE + ENDLESS) as analyzer:
        with Exporter(configure(analyzer, tmp_path)) as exporter:
            analyzer.event("admitted")
            slow = Subscriber(analyzer.address, "flow", receive_buffer=4096)
            stands_still(analyzer)
            third = Subscriber(analyzer.address, "flow", waits=False)
            third.wait_answer()
            nothing_comes(third.sock)               # no ping: it waits for the pool
            fourth = Subscriber(analyzer.address, "flow", waits=False)
            nothing_comes(fourth.sock)              # not even an answer
            thread = threading.Thread(target=read_on, args=(slow, done))
            thread.start()
            third.wait_admitted()
            fourth.wait_answer()
            done.set()                              # it stops to read, and so did they; then all leave
            thread.join()
            stands_still(analyzer)
            for other in (slow, third, fourth):
                other.close()
            stands_still(analyzer)
            exporter.signal(signal.SIGTERM)
            assert exporter.wait(20) == 0
            stands_still(analyzer)


def test_closes_only_when_drained(tmp_path):
    """Stopped while the analyzer's queue is full it first reads all of it, so the analyzer goes on."""
    options = ["--queue-size", 300, "--sndbuf", 65536, "--per-message", 100]    # some milliseconds to read
    with Analyzer(RECORDING, pace=20000, options=options + ENDLESS) as analyzer:
        with Exporter(configure(analyzer, tmp_path)) as exporter:
            until(lambda: analyzer.stats()["sent_flows"] > FLOWS, "flows")
            exporter.signal(signal.SIGSTOP)
            blocked_for(analyzer, 100)
            analyzer.command("pause")
            exporter.signal(signal.SIGTERM)
            exporter.signal(signal.SIGCONT)
            assert exporter.wait() == 0
        stats = analyzer.stats()
        assert not stats["blocked"] and stats["closes"] == {"1000": 1}, stats
        assert stats["lost_flows"] == stats["missed_flows"] == 0, stats
        assert stats["sent_flows"] == stats["broadcast_flows"]
        with Subscriber(analyzer.address, "flow"):
            analyzer.command("resume")
            until(lambda: analyzer.stats()["broadcast_flows"] > stats["broadcast_flows"], "flows for others")
    stored = objects.read_tree(tmp_path / "stored")
    assert objects.faults(stored) == [] and waiting(tmp_path) == []
    assert sum(len(o.records) for o in stored) == stats["broadcast_flows"]


def test_reads_until_nothing_has_come_for_a_while(tmp_path):
    """What comes in short intervals after SIGTERM is still read: Close is sent when it has been silent for 100 ms."""
    options = ["--per-message", 5]
    with Analyzer(RECORDING, pace=250, options=options) as analyzer:        # a message every 20 ms
        with Exporter(configure(analyzer, tmp_path)) as exporter:
            until(lambda: analyzer.stats()["broadcast_flows"] >= FLOWS - 100, "almost the end")
            exporter.signal(signal.SIGTERM)
            analyzer.event("end", 10)
            analyzer.event("left", 10)
            assert exporter.wait() == 0
        stats = analyzer.stats()
    assert stats["sent_flows"] == FLOWS and stats["lost_flows"] == stats["missed_flows"] == 0, stats
    assert stats["closes"] == {"1000": 1}
    assert sum(len(o.records) for o in objects.read_tree(tmp_path / "stored")) == FLOWS and waiting(tmp_path) == []


def flows_come(analyzer, count=FLOWS):
    before = analyzer.stats()["sent_flows"]
    until(lambda: analyzer.stats()["sent_flows"] > before + count, "flows")


def starved_lines(exporter):
    return exporter.err.text().count("state=starved")


def check_stop(analyzer, exporter, folder, renewals):
    """Each renewal was a Close in order, counted and logged; nothing ever waited for us."""
    about = source(folder)
    assert about["renewals"] == about["gaps"] == starved_lines(exporter) == renewals, about
    assert exporter.stop() == 0
    stats = analyzer.stats()
    assert stats["closes"] == {"1000": renewals + 1} and stats["queued_max"] <= 8, stats


def another_leaves(folder):
    """Another subscriber comes and goes: nothing comes any more, the exporter subscribes again, and gets."""
    with Analyzer(RECORDING, pace=PACE, options=["--stats-every", 300] + ENDLESS) as analyzer:
        with Exporter(configure(analyzer, folder, 2)) as exporter:
            with Subscriber(analyzer.address, "flow"):
                flows_come(analyzer)
            at, _ = exporter.log("state=starved")
            exporter.log("state=subscribed", start=at)
            assert analyzer.stats()["missed_flows"] > 0
            flows_come(analyzer)
            check_stop(analyzer, exporter, folder, 1)


def only_stats_stay_away(folder):
    """One leaves, another comes for flows: they come again, without stats. Nothing is done until both stay away."""
    with Analyzer(RECORDING, pace=PACE, options=["--stats-every", 300] + ENDLESS) as analyzer:
        with Exporter(configure(analyzer, folder, 2)) as exporter:
            flows_come(analyzer)
            Subscriber(analyzer.address, "flow").close()
            analyzer.event("left")
            with Subscriber(analyzer.address, "flow") as other:
                done = threading.Event()
                thread = threading.Thread(target=read_on, args=(other, done))
                thread.start()
                flows_come(analyzer, 2 * 5 * PACE)              # as long as twice the time-out, for two
                assert starved_lines(exporter) == 0
                analyzer.command("pause")
                exporter.log("state=starved")
                analyzer.event("left")
                analyzer.event("admitted")
                messages = source(folder)["messages"]
                until(lambda: source(folder)["messages"] > messages + 3, "stats")
                assert get(folder, "/readyz")[0] == 200
                analyzer.command("resume")
                flows_come(analyzer)
                check_stop(analyzer, exporter, folder, 1)
                done.set()
                other.sock.shutdown(socket.SHUT_RDWR)
                thread.join()


def silent_from_the_second_connection_on(folder):
    """Stats came once, on an earlier connection: a new one on which they never come is starved, too."""
    with Analyzer(RECORDING, pace=PACE, clients=0, options=["--stats-every", 1000]) as analyzer:
        with Exporter(configure(analyzer, folder, 3)) as exporter:
            analyzer.event("admitted")
            until(lambda: analyzer.stats()["sent_messages"] > 1, "stats")
            analyzer.command("drop")
            analyzer.event("admitted")
            analyzer.command("gate clear")
            exporter.log("state=starved")
            analyzer.event("admitted")
            analyzer.command("play")
            analyzer.event("end", 30, unless_ends=exporter)
            until(lambda: source(folder)["flows"] == FLOWS, "all flows")
            assert source(folder)["renewals"] == 1 and source(folder)["gaps"] == 2
            assert exporter.stop() == 0


def silent_from_the_beginning(folder):
    """Nothing ever came: it may be the other who left just then, so the exporter subscribes again, once."""
    options = ["--ping-delay", 0.2]
    with Analyzer(RECORDING, pace=PACE, clients=0, options=options) as analyzer:
        with Exporter(configure(analyzer, folder, 1)) as exporter:
            analyzer.event("admitted")
            analyzer.command("gate clear")
            exporter.log("state=starved")
            analyzer.event("admitted")
            pongs = analyzer.stats()["pongs"]
            until(lambda: analyzer.stats()["pongs"] > pongs + 20, "four times the time-out")
            assert starved_lines(exporter) == 1 and get(folder, "/readyz")[0] == 200
            analyzer.command("play")
            analyzer.event("end", 30, unless_ends=exporter)
            check_stop(analyzer, exporter, folder, 1)
    assert sum(len(o.records) for o in objects.read_tree(folder / "stored")) == FLOWS


VISITS, VISIT_SECONDS, CYCLE_SECONDS = 3, 2, 12


def visitors_come_and_go(folder):
    """A subscriber for 2 s of every 12 s, whose end closes the gate each time: most flows arrive all the same."""
    options = ["--stats-every", 1000, "--per-message", 20] + ENDLESS
    with Analyzer(RECORDING, pace=400, options=options) as analyzer:
        with Exporter(configure(analyzer, folder)) as exporter:
            flows_come(analyzer, 100)
            first = analyzer.stats()["broadcast_flows"] - source(folder)["flows"]
            begun = time.monotonic()
            for visit in range(VISITS):
                with Subscriber(analyzer.address, "flow"):
                    until(lambda: time.monotonic() > begun + visit * CYCLE_SECONDS + VISIT_SECONDS, "a visit")
                until(lambda: time.monotonic() > begun + (visit + 1) * CYCLE_SECONDS, "a pause", CYCLE_SECONDS + 1)
            analyzer.command("pause")
            sent = analyzer.stats()["broadcast_flows"]
            got = source(folder)["flows"]
            assert got >= 0.85 * (sent - first), (got, sent, first)
            assert VISITS <= source(folder)["renewals"] <= VISITS + 1
            assert exporter.err.text().count("Go exporters with a capture_id") == 1
            assert exporter.stop() == 0


def several_of_ours(count, folder):
    """Each subscribes again once for a visitor at most, however their renewals close the gate for each other.

    Of ten not all do, because one is the first; a slow machine gets more visits to see that.
    """
    options = ["--stats-every", 1000, "--per-message", 20] + ENDLESS
    folders = [folder / str(number) for number in range(count)]
    with Analyzer(RECORDING, pace=400, clients=count, options=options) as analyzer, contextlib.ExitStack() as stack:
        for own in folders:
            own.mkdir()
            stack.enter_context(Exporter(configure(analyzer, own, host_id="ours-" + own.name))).log("state=subscribed")
        some_seconds_pass(analyzer)                             # each knows the stream
        for visits in range(1, 2 * VISITS + 1):
            all_get_flows(folders)
            with Subscriber(analyzer.address, "flow"):
                all_get_flows(folders)
            all_get_flows(folders)
            some_seconds_pass(analyzer)                         # T is 1 s, a renewal shorter
            renewals = [source(own)["renewals"] for own in folders]
            assert max(renewals) <= visits <= sum(renewals), renewals
            if visits >= VISITS and (count < 10 or sum(renewals) < visits * count):
                return
        raise AssertionError("all of them renewed for each visitor: %s" % renewals)


def some_seconds_pass(analyzer):
    settled = analyzer.stats()["broadcast_flows"] + 4 * 400
    until(lambda: analyzer.stats()["broadcast_flows"] > settled, "more flows")


def all_get_flows(folders):
    before = [source(own)["flows"] for own in folders]
    until(lambda: all(source(own)["flows"] > old for own, old in zip(folders, before)), "flows for each of them", 30)


SILENT = {run.__name__: run for run in (
    another_leaves, only_stats_stay_away, silent_from_the_second_connection_on, silent_from_the_beginning,
    visitors_come_and_go)}
SILENT.update({"%d_of_ours" % count: functools.partial(several_of_ours, count) for count in (2, 3, 10)})


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    with together(SILENT, tmp_path_factory) as futures:
        yield futures


@pytest.mark.parametrize("name", SILENT)
def test_silence(name, silent):
    """What an analyzer forgets when somebody leaves."""
    silent[name].result()
