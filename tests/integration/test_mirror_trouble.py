# SPDX-License-Identifier: Apache-2.0
"""The mirror of the topology when its stream is absent, too large, cut, wrong or silent, or its analyzer goes: who answers."""
import re
import signal
import time

import pytest

from lib.mirrored import MIRROR, QUESTION, REST, Site, change, configure, node, topology
from lib.paths import SLOWNESS
from lib.pki import Authority
from lib.process import until


def connected(site):
    return re.findall("mirror=ws.* state=subscribed", site.exporter.err.text())


def check_refused(site, why):
    """The analyzer is asked instead; it was told once why, and is on the page; no connection is made any more."""
    site.until_mirror("refused")
    site.exporter.log("mirror=refused")             # lines are in the order of what happened
    connections = connected(site)
    site.says(REST)
    told = re.findall(r'mirror=refused error="((?:[^"\\]|\\.)*)"', site.exporter.err.text())
    assert len(told) == 1 and re.search(why, told[0]), told
    assert re.search(why, site.topology()["mirror_error"])
    assert connected(site) == connections


def test_no_stream(tmp_path):
    """An analyzer that has none is asked instead, and its stream is not tried again."""
    with topology(tmp_path, has_stream=False) as asked, Site(tmp_path, asked) as site:
        check_refused(site, "404")


def test_too_large(tmp_path):
    """A topology for which there is no room."""
    nodes = [node("n%d" % i, identity="n%d" % i, address="10.%d.%d.1" % divmod(i, 250)) for i in range(20000)]
    with topology(tmp_path, nodes=nodes) as asked, Site(tmp_path, asked, change={
            "topology": {"mirror": {"max_bytes": "1MiB"}}}) as site:
        check_refused(site, "topology.mirror.max_bytes")
        assert asked.stats()["graph_requests"] == 1 and site.topology()["mirror_bytes"] == 0


def test_cut_twice(tmp_path):
    """Who was dropped in the middle of a reply asks once more, and then no more."""
    with topology(tmp_path) as asked:
        asked.command("graph-hold on")
        with Site(tmp_path, asked) as site:
            for requests in (1, 2):
                asked.until_stats(lambda stats, n=requests: stats["graph_requests"] == n)
                assert site.topology()["mirror"] == "connecting"
                asked.command("graph-cut")
            check_refused(site, "twice in the middle of a SyncReply")
        assert asked.stats()["graph_admitted"] == 2


def test_cut_once(tmp_path):
    """The next connection is as good as the first."""
    with topology(tmp_path) as asked:
        asked.command("graph-hold on")
        with Site(tmp_path, asked) as site:
            asked.until_stats(lambda stats: stats["graph_requests"] == 1)
            asked.command("graph-cut")
            asked.until_stats(lambda stats: stats["graph_requests"] == 2)
            asked.command("graph-hold off")
            site.says(MIRROR)
        assert "mirror=refused" not in site.exporter.err.text()


@pytest.mark.parametrize("command", ["close 1000", "close 1011", "graph-cut", "rst"])
def test_lost_when_synchronized(command, tmp_path):
    """The old graph answers until the new one is there."""
    with topology(tmp_path) as asked, Site(tmp_path, asked) as site:
        site.says(MIRROR)
        asked.command("graph-hold on")
        asked.command("graph-only NodeUpdated " + node("renamed", revision=2))
        requests = asked.stats()["graph_requests"]
        asked.command(command)
        asked.until_stats(lambda stats: stats["graph_admitted"] == 2 and stats["graph_requests"] > requests)
        site.says(MIRROR)
        asked.command("graph-hold off")
        site.says("renamed")
        assert asked.stats()["topology_requests"] == 0


def test_analyzer_restarts(tmp_path):
    """The old graph answers while there is none."""
    with topology(tmp_path) as asked, Site(tmp_path, asked) as site:
        site.says(MIRROR)
        asked.kill()
        site.exporter.log("mirror=ws://.* state=lost")
        site.says(MIRROR)
        (tmp_path / "again").mkdir()
        with topology(tmp_path / "again", name="again", listen=asked.address):
            site.says("again")


def test_next_analyzer(tmp_path):
    """When the first stops the second is used, with all of its topology anew."""
    (tmp_path / "second").mkdir()
    with topology(tmp_path) as first, topology(tmp_path / "second", name="second") as second:
        with Site(tmp_path, first, second) as site:
            site.says(MIRROR)
            assert second.stats()["graph_admitted"] == 0
            first.kill()
            site.says("second")
            assert (second.stats()["graph_admitted"], second.stats()["topology_requests"]) == (1, 0)
            assert site.counted("resyncs_total", "connect") == 2


def questions(asked):
    """Return how many nodes each question by IDs asked for."""
    return [query.count(",") + 1 for query, times in asked.command("queries")["queries"].items() for _ in range(times)
            if query.startswith('G.V("')]


def test_an_update_without_content(tmp_path):
    """The node is asked for by its ID, and many of them at once."""
    others = {"n%d" % i: "10.9.0.%d" % i for i in range(100)}
    with topology(tmp_path, nodes=[node(*(2 * [name]), address) for name, address in others.items()]) as asked:
        with Site(tmp_path, asked) as site:
            site.says(MIRROR)
            asked.command("graph-only NodeUpdated " + node("renamed", revision=2))
            asked.command("tell-only NodePartiallyUpdated " + change())
            site.says("renamed")
            assert questions(asked) == [1] and site.counted("stale_total") == 1
            for name in others:
                asked.command("tell-only NodePartiallyUpdated " + change(identity=name))
            until(lambda: sum(questions(asked)) > 100, "questions for all of them")
            assert sum(questions(asked)) == 101 and len(questions(asked)) < 50
            assert asked.stats()["topology_requests"] == len(questions(asked))


def test_a_lost_event(tmp_path):
    """The synchronization that follows each connection finds it."""
    with topology(tmp_path) as asked, Site(tmp_path, asked) as site:
        site.says(MIRROR)
        asked.command("graph-only NodeUpdated " + node("renamed", revision=2))
        site.says("renamed", 60)
        assert site.counted("repaired_total") == site.counted("resyncs_total", "period") == 1
        assert (asked.stats()["graph_requests"], asked.stats()["graph_admitted"]) == (2, 1)


@pytest.mark.long
def test_a_missing_revision(tmp_path):
    """What came is taken, and all is asked for again, as more may be missing; not at once each time."""
    with topology(tmp_path) as asked, Site(tmp_path, asked) as site:
        site.says(MIRROR)
        site.until_counted(1, "resyncs_total", "period")
        asked.command("graph-only NodeUpdated " + node("newest", revision=9))
        for revision in (7, 5, 8):
            asked.command("tell-only NodePartiallyUpdated " + change(("Name", "renamed"), revision=revision))
        site.says("renamed")
        site.says("newest", 90)
        assert (site.counted("resyncs_total", "gap"), site.counted("resyncs_total", "period")) == (1, 1)
        assert asked.stats()["graph_requests"] == 3


@pytest.mark.long
def test_silence(tmp_path):
    """Without a reply the connection is renewed, not at once; meanwhile the analyzer is asked."""
    with topology(tmp_path) as asked:
        asked.command("graph-hold on")
        with Site(tmp_path, asked) as site:
            asked.event("graph-left", 60)
            silent = time.monotonic()
            site.exporter.log("mirror=ws.* state=starved .*no SyncReply")
            site.says(REST)
            asked.command("graph-hold off")
            site.says(MIRROR, 90)
            assert time.monotonic() - silent > 20
        assert asked.stats()["graph_admitted"] == 2 and "mirror=refused" not in site.exporter.err.text()


@pytest.mark.parametrize("garbage", ["[]", "{}", '{"ID":5,"Metadata":{"Name":"x"}}'], ids=["list", "empty", "number"])
def test_a_reply_that_cannot_be_read(garbage, tmp_path):
    """It is of no use to ask for it again."""
    with topology(tmp_path, nodes=[garbage]) as asked, Site(tmp_path, asked) as site:
        check_refused(site, "not an element|not JSON|ID")
        assert asked.stats()["graph_requests"] == 1


UNREADABLE = [
    "NodeAdded {}", 'NodeUpdated {"ID":7}', 'NodePartiallyUpdated {"ID":"x","Ops":7}', "NodePartiallyUpdated {}",
    'EdgeAdded {"ID":"e"}', "NodeDeleted {}", "Renamed {}", 'SyncReply {"Nodes":[[]]}', 'SyncReply {"Nodes":[]}']


def tell_garbage(asked):
    for event in UNREADABLE:
        assert "error" not in asked.command("tell-only " + event)


def test_events_that_cannot_be_read(tmp_path):
    """They are counted and change nothing: while a reply is waited for, at the start and later, and without."""
    with topology(tmp_path) as asked:
        asked.command("graph-hold on")
        with Site(tmp_path, asked) as site:
            asked.until_stats(lambda stats: stats["graph_requests"] == 1)
            tell_garbage(asked)
            asked.command("graph-hold off")
            site.says(MIRROR)
            tell_garbage(asked)
            asked.command("graph-hold on")
            asked.command("graph-cut")
            asked.until_stats(lambda stats: stats["graph_admitted"] == 2 and stats["graph_requests"] > 1)
            tell_garbage(asked)
            asked.command("graph-hold off")
            asked.command("graph NodePartiallyUpdated " + change(("Name", "renamed")))
            site.says("renamed")
            assert site.counted("bad_messages_total") > len(UNREADABLE) / 2
            assert asked.stats()["topology_requests"] == 0
        assert "mirror=refused" not in site.exporter.err.text()


def test_an_analyzer_that_knows_no_partial_updates(tmp_path):
    """Whole nodes are taken as well."""
    with topology(tmp_path, "--no-partial") as asked, Site(tmp_path, asked) as site:
        site.says(MIRROR)
        asked.command("graph NodeUpdated " + node("renamed", revision=2))
        site.says("renamed")
        assert asked.stats()["topology_requests"] == 0 and site.counted("events_total", "NodeUpdated") == 1


@pytest.mark.parametrize("trouble, end", [
    ("refuse 409", "refuse none"), ("refuse 503", "refuse none"), ("hang handshake", "hang none")])
def test_not_yet(trouble, end, tmp_path):
    """The analyzer is asked until it has room for a subscriber."""
    with topology(tmp_path) as asked:
        asked.command(trouble)
        with Site(tmp_path, asked) as site:
            site.says(REST)
            assert site.topology()["mirror"] == "connecting"
            asked.command(end)
            site.says(MIRROR, 60)
        assert "mirror=refused" not in site.exporter.err.text()


@pytest.mark.parametrize("status", [401, 403, 404])
def test_refused(status, tmp_path):
    """It stays with the questions, for an hour."""
    with topology(tmp_path) as asked:
        asked.command("refuse %d" % status)
        with Site(tmp_path, asked) as site:
            check_refused(site, str(status))


@pytest.mark.parametrize("options", [
    ["--auth", "bob:s3cret"], ["--auth", "bob:s3cret", "--keystone"]], ids=["basic", "keystone"])
def test_login(options, tmp_path):
    """It subscribes with the user and the password of the questions."""
    with topology(tmp_path, *options) as asked, Site(tmp_path, asked, change={
            "analyzer": {"auth": {"cluster": {"username": "bob", "password": "s3cret"}}}}) as site:
        site.says(MIRROR)
        assert asked.stats()["graph_subscribers"] == 1 and asked.stats()["topology_requests"] == 0
    assert "s3cret" not in site.exporter.err.text()


def test_tls(tmp_path):
    """It subscribes by wss: where questions are asked by https:."""
    authority = Authority(tmp_path, "ca")
    server = authority.issue("analyzer")
    with topology(tmp_path, "--tls-cert", server.cert, "--tls-key", server.key) as asked:
        with Site(tmp_path, asked, change={"tls": {"ca_cert": str(authority.cert)}}) as site:
            site.says(MIRROR)
            asked.command("graph-only NodeUpdated " + node("renamed", revision=2))
            asked.command("tell-only NodePartiallyUpdated " + change())
            site.says("renamed")
        assert asked.stats()["topology_requests"] == 1


def test_reload_when_refused(tmp_path):
    """Another question changes nothing: there is still no stream."""
    more = {"pipeline": {"transform": {"secadvisor": {"extend": [
        "Who=" + QUESTION % "{{.Network.A}}", "MTU=G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('MTU')"]}}}}
    with topology(tmp_path, has_stream=False) as asked, Site(tmp_path, asked) as site:
        check_refused(site, "404")
        configure(site.source, tmp_path, asked, change=more)
        site.exporter.signal(signal.SIGHUP)
        site.exporter.log("reload=done")
        check_refused(site, "404")
        assert len(re.findall("mirror=ws.* state=no-analyzer", site.exporter.err.text())) == 1


@pytest.mark.parametrize("trouble", ["hang handshake", "graph-hold on", "refuse 409"])
def test_stop(trouble, tmp_path):
    """What does not come is not waited for."""
    with topology(tmp_path) as asked:
        asked.command(trouble)
        with Site(tmp_path, asked) as site:
            site.until_mirror("connecting")
            assert site.exporter.stop(10 * SLOWNESS) == 0
