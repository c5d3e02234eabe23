# SPDX-License-Identifier: Apache-2.0
"""The mirror of the topology of a running analyzer: what is answered from it, what the analyzer sees of it, and reloads."""
import re
import signal
import time

import pytest

from golden import cases
from integration.test_reader_never_waits import Unheard
from lib import busy, mirrored, objects, oracle, settings
from lib.export import PACE, joined, to_file
from lib.pages import listening, metrics, status
from lib.paths import recording
from lib.process import Analyzer, Exporter, until

CASE = cases.by_name("new-secadvisor")
STORM = recording("new-netns-storm6.jsonl.gz")
ANSWERS = [recording("new-netns-storm6.topology.json.gz")]
TOPOLOGIES = {
    "graph": {"graph": recording("new-netns-storm6.graph.json.gz")},
    "stream": {"graph_stream": recording("new-netns-storm6-topology-stream.jsonl.gz")},
}
NONE = {"pipeline": {"transform": {"type": "none", "secadvisor": {}}}}


def storm(topology="graph", **more):
    """A stand-in that has the storm's topology at once, and its flows at "play"."""
    return Analyzer(STORM, pace=PACE, clients=0, **TOPOLOGIES[topology], **more)


def configure(source, folder, change=None, drop_ins=None):
    config = joined(settings.load(CASE.config), source, folder, to_file(folder), {
        "host_id": "mirror", "topology": {"mode": "mirror"}, "status": listening(folder)})
    config = settings.merge(config, change or {})
    if drop_ins is None:
        return settings.save(folder / "exporter.yml", config)
    return settings.save_all(folder, config, drop_ins)


def until_mirror(folder, state):
    until(lambda: status(folder)["topology"]["mirror"] == state, "a mirror that is " + state)


def resyncs(folder, reason="connect"):
    """Return how often all of the topology was asked for because of that."""
    return metrics(folder)["skydive_exporter_topology_mirror_resyncs_total", (("reason", reason),)]


def play(source, running):
    """Let all flows come."""
    source.command("play")
    source.event("end", 60, unless_ends=running)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_nothing_is_asked(topology, tmp_path):
    """All records are as with the analyzer's answers, of which it gives none; it gives the topology once, in parts."""
    with storm(topology) as source, Exporter(configure(source, tmp_path)) as running:
        admitted = source.event("graph-admitted", unless_ends=running)
        assert admitted["headers"]["X-Update-Policy"] == "partial" and admitted["partial"]
        if topology == "stream":
            source.event("graph-end", 60, unless_ends=running)
        until_mirror(tmp_path, "synced")
        play(source, running)
        assert running.stop() == 0
        stats = source.stats()
    assert (stats["topology_requests"], stats["graph_admitted"], stats["graph_dropped"]) == (0, 1, 0), stats
    assert stats["graph_closes"] == {"1000": 1}, stats
    config = settings.load(tmp_path / "exporter.yml")
    found = objects.read_tree(tmp_path / "stored")
    problems = objects.faults(found) + list(objects.record_differences(
        oracle.joined(oracle.expected(config, [STORM], ANSWERS)), objects.by_tag(found)))
    assert not problems, "\n".join(problems)[:4000]


def tenants(*transforms):
    """Return drop-ins: a tenant for each, that stores below a prefix of its own."""
    return {"tenant-%d" % number: settings.merge(change, {"pipeline": {"store": {"buffered": {
        "filename_prefix": "tenant-%d" % number}}}}) for number, change in enumerate(transforms)}


def asking(*questions):
    return {"pipeline": {"transform": {"type": "secadvisor", "secadvisor": {"extend": list(questions)}}}}


NAME = "Name=G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('Name')"
STATE = "State=G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('State')"
DRIVER = "Driver=G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('Driver')"


def reload(running, folder, drop_ins):
    start = len(running.err.lines)
    for old in (folder / "exporter.d").iterdir():
        if old.stem not in drop_ins:
            old.unlink()
    for name, config in drop_ins.items():
        settings.save(folder / "exporter.d" / (name + ".yml"), config)
    running.signal(signal.SIGHUP)
    running.log("reload=done", start=start)


def test_one_subscriber_for_all_tenants(tmp_path):
    """A reload that asks for more synchronizes once, whatever number of tenants ask; one that does not, not at all."""
    few, more, most = (tenants(*[asking(*questions)] * 3) for questions in ([NAME], [NAME, STATE], [NAME, STATE, DRIVER]))
    with storm() as source, Exporter(configure(source, tmp_path, drop_ins=few)) as running:
        running.log("state=started")
        until_mirror(tmp_path, "synced")
        assert resyncs(tmp_path) == 1
        reload(running, tmp_path, more)
        until(lambda: resyncs(tmp_path) > 1, "another synchronization")
        reload(running, tmp_path, few)
        reload(running, tmp_path, {"tenant-1": few["tenant-1"]})
        reload(running, tmp_path, most)
        until(lambda: resyncs(tmp_path) > 2, "a third one")
        assert resyncs(tmp_path) == 3
        assert running.stop() == 0
        stats = source.stats()
    assert (stats["graph_admitted"], stats["graph_closes"]) == (1, {"1000": 1}), stats
    assert 3 <= stats["graph_requests"] <= 4, stats             # one more when it is connected for 10 s


def test_no_subscriber_without_questions(tmp_path):
    """None at the start; one while a tenant asks; it leaves when that tenant is gone."""
    silent, talking = tenants(NONE), tenants(NONE, asking(NAME))
    with storm() as source, Exporter(configure(source, tmp_path, drop_ins=silent)) as running:
        running.log("state=started")
        assert status(tmp_path)["topology"]["mirror"] == "off"
        play(source, running)
        assert source.stats()["graph_admitted"] == source.stats()["topology_requests"] == 0
        reload(running, tmp_path, talking)
        source.event("graph-admitted", unless_ends=running)
        until_mirror(tmp_path, "synced")
        reload(running, tmp_path, silent)
        assert status(tmp_path)["topology"]["mirror"] == "off"
        source.event("graph-left", unless_ends=running)
        reload(running, tmp_path, talking)
        source.event("graph-admitted", unless_ends=running)
        until_mirror(tmp_path, "synced")
        assert running.stop() == 0
        stats = source.stats()
    assert (stats["graph_admitted"], stats["graph_closes"]) == (2, {"1000": 2}), stats


EVENTS, EVENT_SIZE = 2000, 8000          # more than all buffers between the two


@pytest.mark.alone
def test_the_analyzer_is_never_slowed(tmp_path):
    """Events and flows as fast as they can be made, while nothing is written: at most 8 messages of either kind wait."""
    options = "--graph-queue", 20, "--sndbuf", busy.SNDBUF
    with mirrored.topology(tmp_path, *options) as asked, busy.analyzer(tmp_path, 10) as source:
        config = mirrored.configure(source, tmp_path, asked, change={
            "pipeline": {"store": {"buffered": {"max_flows_per_object": 2000}}}})
        with Unheard(config, "stdout") as running:
            asked.event("graph-admitted", unless_ends=running)
            until(running.is_full, "a full pipe", 60)
            for revision in range(2, EVENTS + 2):
                asked.command("graph NodePartiallyUpdated " + mirrored.change(
                    ("Name", "n%d" % revision), ("FDB", "x" * EVENT_SIZE), revision=revision))
            busy.check(source, running, 10)
            stats = asked.stats()
            assert (stats["graph_events"], stats["graph_queued_max"] <= busy.QUEUED_MOST) == (EVENTS, True), stats
            assert stats["graph_admitted"] == 1 and not stats["graph_locked"], stats
            until(lambda: status(tmp_path)["topology"]["mirror_events"]["NodePartiallyUpdated"] == EVENTS, "all events")
            assert running.stop() == 0


def test_shadow_tells_a_difference(tmp_path):
    """It is counted each time and told once a minute; records are the analyzer's."""
    with mirrored.topology(tmp_path, name=mirrored.REST) as asked, mirrored.Site(tmp_path, asked, mode="shadow") as site:
        site.until_mirror("synced")
        site.says(mirrored.REST)
        assert site.counted("mismatches_total") == site.counted("answers_total") == 0
        began = time.monotonic()
        asked.command("tell-only NodeUpdated " + mirrored.node("another", revision=2))
        site.until_counted(40, "mismatches_total", timeout=100)
        site.says(mirrored.REST)
        told = re.findall("mirror=differs (.*)", site.exporter.err.text())
        assert 1 <= len(told) <= 1 + (time.monotonic() - began) / 60, told
        assert mirrored.QUESTION % mirrored.ADDRESS in told[0] and "%s; the mirror: another" % mirrored.REST in told[0]
