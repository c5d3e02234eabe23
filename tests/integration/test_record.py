# SPDX-License-Identifier: Apache-2.0
"""What is recorded is what was sent, byte for byte, and can be replayed."""
import json
import signal

import pytest

from lib import objects, oracle, settings, stream
from lib.export import to_file
from lib.paths import EXPORTER, recording
from lib.pki import Authority
from lib.process import Analyzer, Program, exporter, replay, until
from lib.proxy import Proxy
from lib.websocket import BINARY, TEXT, Raw, frame

CONFIG = {
    "pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"},
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "none"},
        "compress": {"type": "none"},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": 100, "max_seconds_per_object": 60,
            "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}

# framing, its option, how the file ends, the recording of it, how messages are told apart
FRAMINGS = {
    "protobuf": ([], ".pb", "old-netns-mixed-protobuf.pb.gz", lambda data: list(stream.chunks(data))),
    "json": (["--json"], ".jsonl", "old-netns-mixed.jsonl.gz", bytes.splitlines),
}


def record(url, name, options=()):
    return Program([EXPORTER, "record", *options, url, name])


@pytest.mark.parametrize("framing", FRAMINGS)
def test_recording_is_what_was_sent(framing, tmp_path):
    """The messages of both framings, in order; a time for each; and a replay of them stores every flow."""
    options, end, source, messages = FRAMINGS[framing]
    name = tmp_path / "it"
    with Analyzer(recording(source), pace=4000) as analyzer, record(analyzer.url, name, options) as recorder:
        analyzer.event("end", 60, unless_ends=recorder)
        recorder.signal(signal.SIGINT)
        assert recorder.wait() == 0, recorder.err.text()
        stats = analyzer.stats()
    assert stats["closes"] == {"1000": 1} and stats["admitted"] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["it" + end, "it.times"]
    sent = messages(stream.read(recording(source)))
    have = messages((tmp_path / ("it" + end)).read_bytes())
    assert len(have) == len(sent) == stats["sent_messages"]
    assert have == sent
    assert "%d messages" % len(sent) in recorder.err.text()
    times = (tmp_path / "it.times").read_text().splitlines()
    assert len(times) == len(sent) and times == sorted(times, key=int)
    check_replay(tmp_path, tmp_path / ("it" + end))


def test_topology_beside_the_flows(tmp_path):
    """What there was, then every change as it came, with a time for each; only for the owner; a mirror replays it."""
    changes = recording("new-netns-storm6-topology-stream.jsonl.gz")
    name = tmp_path / "it"
    with Analyzer(recording("new-netns-storm6.jsonl.gz"), pace=2000, graph_stream=changes) as analyzer:
        with record(analyzer.url, name, ["--json", "--topology"]) as recorder:
            analyzer.event("graph-end", 60, unless_ends=recorder)
            analyzer.event("end", 60, unless_ends=recorder)
            recorder.signal(signal.SIGINT)
            assert recorder.wait() == 0, recorder.err.text()
            stats = analyzer.stats()
    written = tmp_path / "it-topology.jsonl"
    assert written.stat().st_mode & 0o777 == 0o600
    first, *rest = [json.loads(line) for line in written.read_text().splitlines()]
    assert first["Type"] == "SyncReply" and first["UUID"] == "skydive-exporter-record"
    assert len(rest) == stats["graph_sent_messages"] - 1 > 100 and stats["graph_requests"] == 1
    sent = [json.loads(line) for line in stream.read(changes).splitlines()]
    assert [m["Obj"] for m in rest] == [m["Obj"] for m in sent if m["Type"] != "SyncReply"]
    times = (tmp_path / "it-topology.times").read_text().splitlines()
    assert len(times) == len(rest) + 1 and times == sorted(times, key=int)
    assert "it-topology: %d messages" % len(times) in recorder.err.text()
    config = settings.merge(CONFIG, {"pipeline": {"transform": {"type": "secadvisor"}, "write": to_file(tmp_path)},
                                     "spool": {"directory": str(tmp_path / "spool")}})
    done = exporter("replay", "-c", settings.save(tmp_path / "exporter.yml", config), "--topology-stream", written,
                    "--output", tmp_path / "out", tmp_path / "it.jsonl")
    assert done.code == 0, done.stderr
    records = [r for found in objects.by_tag(objects.read_tree(tmp_path / "out")).values() for r in found]
    assert any("shop/web-1" in json.dumps(record) for record in records)


def check_replay(folder, played):
    config = settings.merge(CONFIG, {
        "pipeline": {"write": to_file(folder)}, "spool": {"directory": str(folder / "spool")}})
    replay(settings.save(folder / "exporter.yml", config), [played], output=folder / "out")
    wanted = oracle.joined(oracle.expected(CONFIG, [played], []))
    assert sum(len(records) for records in wanted.values()) == 814
    assert not list(objects.record_differences(wanted, objects.by_tag(objects.read_tree(folder / "out"))))


def test_credentials_and_seconds(tmp_path):
    """--user is Basic authentication; --seconds ends by itself; what exists is written anew."""
    (tmp_path / "it.pb").write_bytes(b"old")
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=4000, options=["--auth", "bob:s3cret"]) as analyzer:
        with record(analyzer.url, tmp_path / "it", ["--user", "bob:s3cret", "--seconds", "2"]) as recorder:
            assert recorder.wait(20) == 0, recorder.err.text()
        assert analyzer.stats()["closes"] == {"1000": 1}
    assert sum(len(batch) for batch in stream.batches(tmp_path / "it.pb")) == 814
    assert "s3cret" not in recorder.err.text()


def test_refused(tmp_path):
    """Wrong credentials are said."""
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), options=["--auth", "bob:s3cret"]) as analyzer:
        with record(analyzer.url, tmp_path / "it") as recorder:
            recorder.err.wait(lambda line: 'error="401: ' in line, 20)
            recorder.signal(signal.SIGTERM)
            recorder.wait(20)


def recorded(folder):
    """Return how many flows are in what was recorded."""
    return sum(len(batch) for batch in stream.batches(folder / "it.pb"))


def test_renews_when_starved(tmp_path):
    """The analyzer forgets us when another subscriber leaves: a recording goes on as an export does."""
    options = ["--repeat", 0, "--uniq", "--stats-every", 500]
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=4000, options=options) as analyzer:
        with record(analyzer.url, tmp_path / "it") as recorder:
            until(lambda: analyzer.stats()["sent_flows"] > 8000, "two seconds of flows")
            analyzer.event("admitted")
            assert "error" not in analyzer.command("gate clear")
            recorder.err.wait(lambda line: "state=starved" in line, 10)
            analyzer.event("admitted")
            before = analyzer.stats()["sent_flows"]
            until(lambda: analyzer.stats()["sent_flows"] > before + 1000, "flows again")
            recorder.signal(signal.SIGINT)
            assert recorder.wait() == 0
        assert recorded(tmp_path) == analyzer.stats()["sent_flows"]


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_the_content_counts(opcode, tmp_path):
    """Of analyzers before 0.24, protobuf in text frames: kept as protobuf; who asked for JSON is told."""
    messages = list(stream.chunks(stream.read(recording("new-netns-mixed-protobuf.pb.gz"))))[:9]
    json = stream.read(recording("new-netns-mixed.jsonl.gz")).splitlines()[0]
    with Raw() as raw, record(raw.url, tmp_path / "it") as recorder:
        peer = raw.accept()
        peer.sendall(b"".join(frame(opcode, message) for message in messages + [json]))
        recorder.err.wait(lambda line: "state=subscribed" in line, 10)
        recorder.signal(signal.SIGINT)
        assert recorder.wait() == 0
    assert list(stream.chunks((tmp_path / "it.pb").read_bytes())) == messages + [json]
    with Raw() as raw, record(raw.url, tmp_path / "it", ["--json"]) as recorder:
        raw.accept().sendall(frame(opcode, json.replace(b",", b",\n")) + frame(opcode, messages[0]))
        assert recorder.wait() == 1
    assert "the analyzer sends protobuf; record without --json" in recorder.err.text()
    assert (tmp_path / "it.jsonl").read_bytes() == json.replace(b",", b", ") + b"\n"


def test_tls(tmp_path):
    """With the analyzer's CA and a certificate of our own; without them, or with files that are not there, it is said."""
    ca = Authority(tmp_path, "ca")
    server, client = ca.issue("analyzer"), ca.issue("exporter", hosts=())
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=4000) as analyzer:
        with Proxy(analyzer.address, server) as proxy:
            proxy.client_ca = ca.cert
            url = "wss://%s/ws/subscriber/flow" % proxy.address
            mine = ["--ca", ca.cert, "--cert", client.cert, "--key", client.key]
            with record(url, tmp_path / "it", mine) as recorder:
                analyzer.event("end", 60, unless_ends=recorder)
                recorder.signal(signal.SIGINT)
                assert recorder.wait() == 0, recorder.err.text()
            assert recorded(tmp_path) == 814
            with record(url, tmp_path / "it", ["--seconds", "9"]) as recorder:
                recorder.err.wait(lambda line: "state=unreachable" in line, 10)
    for wrong in (["--ca", tmp_path / "missing"], mine[:3] + [tmp_path / "missing"] + mine[4:]):
        result = exporter("record", *wrong, url, tmp_path / "it", timeout=20)
        assert result.code == 1 and "missing: No such file" in result.stderr, result
    assert exporter("record", "--cert", client.cert, url, tmp_path / "it", timeout=20).code == 2


@pytest.mark.parametrize("url, where, wrong", [
    ("ws://127.0.0.1:1/ws/subscriber/flow", "missing/it", "No such file or directory"),
    ("http://127.0.0.1:1/", "it", "ws://"),
    ("127.0.0.1:8082", "it", "ws://"),
])
def test_mistakes(url, where, wrong, tmp_path):
    """A place that is not there, a URL that is none: exit code 1, the reason, and no files."""
    result = exporter("record", url, tmp_path / where, timeout=20)
    assert result.code == 1 and wrong in result.stderr, result
    assert list(tmp_path.iterdir()) == []
