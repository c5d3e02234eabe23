# SPDX-License-Identifier: Apache-2.0
"""Every way in delivers the same records from the same recording.

What comes by websocket is compared byte for byte with the recording; so is
what comes as agents' datagrams, and both with each other where the two
recordings of one run overlap.
"""
import base64
import json
import re
import socket

import pytest

from golden import cases
from golden.test_oracle import identity
from lib import objects, oracle, pages, settings, stream
from lib.export import PACE, export, joined, to_file, waiting
from lib.paths import GOLDEN, recording
from lib.pki import Authority
from lib.process import Analyzer, Exporter, until
from lib.proxy import Proxy

WEBSOCKET = recording("old-netns-mixed.jsonl.gz")
AGENTS = recording("old-netns-mixed.flowmsg.pb.gz")
SCHEMES = ["ws-ipv4", "ws-ipv6", "wss-ipv4", "wss-ipv6", "ws+unix"]


def no(problems):
    found = list(problems)
    assert not found, "\n".join(found)[:8000]


def everything():
    """A configuration that exports every flow as it came."""
    config = settings.load(cases.by_name("old-none-capture").config)
    del config["pipeline"]["subscriber"]["capture_id"]
    return config


def check(found, config, recordings, topology=()):
    """Fail unless the objects are sound and hold what the recordings say; returns {tag: records}."""
    no(objects.faults(found))
    have = objects.by_tag(found)
    no(objects.record_differences(oracle.joined(oracle.expected(config, recordings, topology)), have))
    return have


def listener(scheme, folder):
    """Return (listen, options, change of the configuration) of a scheme."""
    if scheme == "ws+unix":
        return "unix:%s" % (folder / "s"), [], {"analyzers": []}
    listen = "::1:0" if scheme.endswith("ipv6") else "127.0.0.1:0"
    if scheme.startswith("ws-"):
        return listen, [], {}
    ca = Authority(folder / "pki", "ca")
    pair = ca.issue("analyzer")
    return listen, ["--tls-cert", pair.cert, "--tls-key", pair.key], {"tls": {"ca_cert": str(ca.cert)}}


@pytest.mark.parametrize("framing", ["protobuf", "json"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_websocket(scheme, framing, tmp_path):
    """ws, wss and a local socket, IPv4 and IPv6, both framings: the recording, byte for byte."""
    listen, options, change = listener(scheme, tmp_path)
    change = settings.merge(change, {"pipeline": {"subscriber": {"protocol": framing}}})
    export(everything(), [WEBSOCKET], [], tmp_path, to_file(tmp_path), change, listen=listen, options=options)
    check(objects.read_tree(tmp_path / "stored"), everything(), [WEBSOCKET])


def test_lookups_over_ipv6(tmp_path):
    """An analyzer at [::1] is asked for directions there, brackets and all."""
    case = cases.by_name("old-vpclogs")
    config = settings.load(case.config)
    export(config, case.inputs, case.topology, tmp_path, to_file(tmp_path), listen="::1:0")
    have = check(objects.read_tree(tmp_path / "stored"), config, case.inputs, case.topology)
    assert {json.loads(r).get("direction") for records in have.values() for r in records} >= {"inbound", "outbound"}


def unread(port, family):
    """Return how many bytes wait in a UDP socket of this machine, and how many datagrams it has lost."""
    with open("/proc/net/udp6" if family == socket.AF_INET6 else "/proc/net/udp", encoding="ascii") as f:
        for line in f:
            words = line.split()
            if words[1].endswith(":%04X" % port):
                return int(words[4].split(":")[1], 16), int(words[-1])
    raise AssertionError("nobody listens on UDP port %d" % port)


class Udp:
    """An agent that sends to a free port and never overruns who listens there."""

    def __init__(self, host, family):
        self.family = family
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
            self.to = probe.getsockname()
        self.url = "udp://%s:%d" % ("[%s]" % host if ":" in host else host, self.to[1])

    def send(self, datagrams):
        for number, datagram in enumerate(datagrams):
            if number % 50 == 0:
                until(lambda: unread(self.to[1], self.family)[0] == 0, "datagrams read")
            assert self.socket.sendto(datagram, self.to) == len(datagram)
        assert unread(self.to[1], self.family)[1] == 0


class Unixgram:
    """An agent that sends to a local socket, which makes it wait when it is full."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(30)
        self.url = "unixgram://" + self.path

    def send(self, datagrams):
        self.socket.connect(self.path)
        for datagram in datagrams:
            assert self.socket.send(datagram) == len(datagram)


def agent(kind, folder):
    return {"udp-ipv4": lambda: Udp("127.0.0.1", socket.AF_INET), "udp-ipv6": lambda: Udp("::1", socket.AF_INET6),
            "unixgram": lambda: Unixgram(folder / "s")}[kind]()


def export_datagrams(config, path, sender, folder):
    """Send an agents' recording, a message a datagram, and stop when all of it has been decoded."""
    config = settings.merge(config, {
        "analyzers": [], "spool": {"directory": str(folder / "spool")}, "status": {"listen": ""},
        "pipeline": {"subscriber": {"url": sender.url}}})
    config["pipeline"]["write"] = to_file(folder)
    datagrams = list(stream.chunks(stream.read(path)))
    flows = sum(len(batch) for batch in stream.batches(path))
    with sender.socket, Exporter(settings.save(folder / "exporter.yml", config), "--progress") as exporter:
        exporter.log("state=started")
        sender.send(datagrams)
        exporter.log("^flows=%d " % flows)
        assert exporter.stop() == 0
        assert "bad_" not in exporter.err.text() and "kernel_drops" not in exporter.err.text()
    assert waiting(folder) == []


@pytest.mark.parametrize("age", ["old", "new"])
@pytest.mark.parametrize("kind", ["udp-ipv4", "udp-ipv6", "unixgram"])
def test_datagrams(kind, age, tmp_path):
    """Agents' datagrams: every flow of the recording, in order."""
    path = recording(age + "-netns-mixed.flowmsg.pb.gz")
    export_datagrams(everything(), path, agent(kind, tmp_path), tmp_path)
    check(objects.read_tree(tmp_path / "stored"), everything(), [path])


def reports(found):
    """Return {(tag, which report of which flow): record}."""
    return {(tag, *identity(json.loads(r))): r for tag, records in objects.by_tag(found).items() for r in records}


@pytest.mark.parametrize("kind", ["udp-ipv4", "unixgram"])
def test_datagrams_are_what_the_analyzer_sends(kind, tmp_path):
    """What was stored of the agents' own stream and of the analyzer's is the same, byte for byte, where both tell."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "analyzer").mkdir()
    export_datagrams(everything(), AGENTS, agent(kind, tmp_path), tmp_path / "agents")
    export(everything(), [WEBSOCKET], [], tmp_path / "analyzer", to_file(tmp_path / "analyzer"))
    sent, seen = (reports(objects.read_tree(tmp_path / side / "stored")) for side in ("agents", "analyzer"))
    both = set(sent) & set(seen)
    assert len(both) >= 800, "%d of %d" % (len(both), len(seen))
    assert [sent[i] for i in sorted(both, key=str)] == [seen[i] for i in sorted(both, key=str)]


def test_socket_left_behind_is_taken_over(tmp_path):
    """The socket of a run that was killed does not keep the next one from listening; a stop removes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(tmp_path / "s"))
    sender = Unixgram(tmp_path / "s")
    export_datagrams(everything(), AGENTS, sender, tmp_path)
    check(objects.read_tree(tmp_path / "stored"), everything(), [AGENTS])
    assert not (tmp_path / "s").exists()


def test_bad_datagrams_cost_themselves_only(tmp_path):
    """What is no flow.Message is counted and said; the flows around it are exported."""
    class Noisy(Unixgram):
        def send(self, datagrams):
            self.socket.connect(self.path)
            for datagram in datagrams:
                for noise in (b"", b"\xff" * 40, datagram[:-3]):
                    self.socket.send(noise)
                self.socket.send(datagram)

    config = settings.merge(everything(), {
        "analyzers": [], "spool": {"directory": str(tmp_path / "spool")},
        "pipeline": {"subscriber": {"url": "unixgram://%s" % (tmp_path / "s")}}})
    config["pipeline"]["write"] = to_file(tmp_path)
    datagrams = list(stream.chunks(stream.read(AGENTS)))[:200]
    sender = Noisy(tmp_path / "s")
    with sender.socket, Exporter(settings.save(tmp_path / "exporter.yml", config), "--progress") as exporter:
        exporter.log("state=started")
        sender.send(datagrams)
        exporter.log("^flows=%d " % sum(1 for d in datagrams for n, _ in stream.fields(d) if n == 1))
        exporter.log("bad_message=")
        assert exporter.stop() == 0
    want = [r for tags in oracle.expected(everything(), [AGENTS], [])[:len(datagrams)]
            for records in tags.values() for r in records]
    have = [r for records in objects.records(objects.read_tree(tmp_path / "stored")).values() for r in records]
    assert sorted(have) == sorted(want)


def test_bad_flows_cost_themselves_only(tmp_path):
    """What cannot be decoded of an analyzer's messages is said by reason and counted; all other flows are exported."""
    bad = GOLDEN / "inputs" / "edge_bad.jsonl.gz"
    with Analyzer(bad, pace=PACE) as analyzer:
        config = joined(everything(), analyzer, tmp_path, to_file(tmp_path), {"status": pages.listening(tmp_path)})
        with Exporter(settings.save(tmp_path / "exporter.yml", config)) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            until(lambda: sum(pages.source(tmp_path)["bad_flows"].values()) == 5, "all bad flows")
            counted = pages.source(tmp_path)["bad_flows"]
            assert exporter.stop() == 0
            said = [dict(re.findall(r"(\w+)=(\d+)", line.partition("bad_flows=")[2]))
                    for line in exporter.err.text().splitlines() if " bad_flows=" in line]
    assert counted == {"type": 2, "number": 2, "protocol": 1, "null": 0, "memory": 0}
    assert {reason: sum(int(line[reason]) for line in said) for reason in counted} == counted
    have = check(objects.read_tree(tmp_path / "stored"), config, [bad])
    assert sum(map(len, have.values())) == 5


def delimited(number, data):
    """Return a member of a protobuf message that is one itself, or bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    return (bytes([value & 0x7f | 0x80]) + varint(value >> 7)) if value > 0x7f else bytes([value])


def test_a_layer_that_is_too_long_is_counted(tmp_path):
    """A file is a source; of a flow whose DHCPv4 would be more than 1 MiB of text all else is exported."""
    message = b"".join(delimited(1, delimited(1, uuid) + delimited(1000, delimited(1, b"x" * size)))
                       for uuid, size in ((b"long", 800000), (b"short", 8)))
    (tmp_path / "made.flowmsg.pb").write_bytes(varint(len(message)) + message)
    config = settings.merge(everything(), {
        "analyzers": [], "spool": {"directory": str(tmp_path / "spool")}, "status": pages.listening(tmp_path),
        "pipeline": {"subscriber": {"url": "file://%s" % (tmp_path / "made.flowmsg.pb")}}})
    config["pipeline"]["write"] = to_file(tmp_path)
    with Exporter(settings.save(tmp_path / "exporter.yml", config), "--progress") as exporter:
        exporter.log("^flows=2 ")
        url = (("source", config["pipeline"]["subscriber"]["url"]),)
        assert pages.metrics(tmp_path)["skydive_exporter_source_layers_dropped_total", url] == 1
        assert pages.source(tmp_path)["layers_dropped"] == 1
        assert exporter.stop() == 0
    have = [json.loads(r) for records in objects.records(objects.read_tree(tmp_path / "stored")).values() for r in records]
    assert [(r["UUID"], "DHCPv4" in r) for r in have] == [("long", False), ("short", True)]


def test_cookies(tmp_path):
    """http.cookie goes with the handshake and with every question, and opens a door that wants the cookie authtoken."""
    case = cases.by_name("old-vpclogs")
    token = base64.b64encode(b"reader:secret").decode()
    with Analyzer(*case.inputs, topology=case.topology, pace=PACE, options=["--auth", "reader:secret"]) as analyzer, \
            Proxy(analyzer.address) as proxy:
        config = joined(settings.load(case.config), analyzer, tmp_path, to_file(tmp_path), {
            "http": {"cookie": {"authtoken": token, "route": "blue"}}, "analyzers": [proxy.address],
            "pipeline": {"subscriber": {"url": "ws://%s/ws/subscriber/flow" % proxy.address}}})
        with Exporter(settings.save(tmp_path / "exporter.yml", config)) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0
            assert token not in exporter.err.text()
        requests = proxy.requests()
    assert {r.target for r in requests} == {"/ws/subscriber/flow", "/ws/subscriber", "/api/topology"}
    for request in requests:
        cookies = dict(part.split("=", 1) for part in request.headers["cookie"].strip("; ").split("; "))
        assert cookies == {"authtoken": token, "route": "blue"}, request
    check(objects.read_tree(tmp_path / "stored"), config, case.inputs, case.topology)


def test_wrong_cookie_is_told(tmp_path):
    """Refused with 401 and told what to do, without the cookie itself."""
    with Analyzer(WEBSOCKET, options=["--auth", "reader:secret"]) as analyzer:
        config = joined(everything(), analyzer, tmp_path, to_file(tmp_path), {"http": {"cookie": {"authtoken": "stale"}}})
        with Exporter(settings.save(tmp_path / "exporter.yml", config)) as exporter:
            exporter.log("error source=.* state=refused error=\"401: ")
            assert exporter.stop() == 0
            assert "stale" not in exporter.err.text()
        assert analyzer.stats()["admitted"] == 0


def two(folder, first, second):
    """Save a configuration with two pipelines that differ in their URL and prefix."""
    base = settings.merge(everything(), {"analyzers": [], "spool": {"directory": str(folder / "spool")}})
    del base["pipeline"]["subscriber"]
    base["pipeline"]["write"] = to_file(folder)
    return settings.save_all(folder, base, {name: {"pipeline": {
        "subscriber": {"url": url}, "store": {"buffered": {"filename_prefix": name}}}}
        for name, url in (("one", first), ("two", second))})


def of_pipeline(folder, name):
    return [o for o in objects.read_tree(folder / "stored") if o.series.split("/")[1] == name]


def test_one_url_is_one_connection(tmp_path):
    """Two pipelines with one URL share a connection, and each has every record."""
    with Analyzer(WEBSOCKET, pace=PACE) as analyzer:
        with Exporter(two(tmp_path, analyzer.url, analyzer.url)) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0
        stats = analyzer.stats()
        assert stats["admitted"] == 1 and stats["closes"] == {"1000": 1}, stats
    for name in ("one", "two"):
        check(of_pipeline(tmp_path, name), everything(), [WEBSOCKET])


def test_two_urls_are_two_connections(tmp_path):
    """Two pipelines with two URLs have a connection each, and neither sees what the other's analyzer says."""
    other = recording("new-netns-mixed.jsonl.gz")
    with Analyzer(WEBSOCKET, pace=PACE) as first, Analyzer(other, pace=PACE) as second:
        with Exporter(two(tmp_path, first.url, second.url)) as exporter:
            for analyzer in (first, second):
                analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0
        for analyzer in (first, second):
            stats = analyzer.stats()
            assert stats["admitted"] == 1 and stats["closes"] == {"1000": 1}, stats
    check(of_pipeline(tmp_path, "one"), everything(), [WEBSOCKET])
    check(of_pipeline(tmp_path, "two"), everything(), [other])
