# SPDX-License-Identifier: Apache-2.0
"""check --connect: the analyzer, the topology, the IAM token and the bucket are tried, a line each."""
import contextlib
import http.server
import json
import threading

import pytest

from lib import settings
from lib.export import to_s3
from lib.process import Analyzer, exporter
from lib.s3.iam import Iam
from lib.s3.server import free_ports
from lib.s3.sink import Sink
from lib.websocket import Subscriber

KEY = "an/API+key of=17"
CONFIG = {
    "host_id": "check",
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.0.0.0/8"]},
        "transform": {"type": "none"},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "filename_prefix": "a b/logs", "max_flows_per_object": 200,
            "max_seconds_per_object": 1, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}
PROBE = "bucket/a b/logs/skydive-exporter-check"


def configure(folder, analyzer, write, change=None):
    config = settings.merge(CONFIG, {
        "analyzers": [analyzer.address], "spool": {"directory": str(folder / "spool")},
        "pipeline": {"subscriber": {"url": analyzer.url}, "write": write}})
    return settings.save(folder / "exporter.yml", settings.merge(config, change or {}))


def check(path, code, secrets=("the-secret", KEY, "TOKEN.")):
    """Run it; returns {what: (fine or failed, the whole line)} of its lines, which are all there is."""
    result = exporter("check", "-c", path, "--connect")
    assert result.code == code, result
    assert result.stderr == "" and not [s for s in secrets if s in result.stdout], result
    first, *lines = result.stdout.splitlines()
    assert first == "%s: fine, 1 pipeline" % path
    found = {line.split()[0]: ("fine" if line.endswith(": fine") else "failed", line) for line in lines}
    assert len(found) == len(lines), lines
    assert all(word == "fine" or ": failed: " in line for word, line in found.values()), lines
    return found


def to_sink(sink):
    return settings.merge(to_s3(sink), {"s3": {"secret_key": "the-secret"}})


def words(found):
    return {what: word for what, (word, _) in found.items()}


@pytest.fixture
def analyzer():
    with Analyzer() as running:
        yield running


@pytest.fixture
def sink():
    with Sink() as running:
        yield running


def test_all_is_well(analyzer, sink, tmp_path):
    """Each line says what was tried and where; the probe is gone, nothing of it is left, and no spool was made."""
    found = check(configure(tmp_path, analyzer, to_sink(sink)), 0)
    assert {what: line for what, (_, line) in found.items()} == {
        "stream": "stream %s: fine" % analyzer.url,
        "topology": "topology %s: fine" % analyzer.address,
        "store": "store exporter s3 %s bucket a b/logs: fine" % sink.endpoint}
    assert sink.puts == {PROBE: 1} and sink.deleted == [PROBE] and not sink.stored
    assert list(sink.sent[PROBE].values()) == [1] and not (tmp_path / "spool").exists()
    stats = analyzer.stats()
    assert stats["admitted"] == 1 and stats["closes"] == {"1000": 1} and stats["topology_requests"] == 1


def test_a_real_store(analyzer, swift, bucket, tmp_path):
    """Signatures and all: put and deleted; then with a wrong secret, and without the bucket."""
    path = configure(tmp_path, analyzer, to_s3(swift), {"pipeline": {"store": {"buffered": {"dirname": bucket}}}})
    assert words(check(path, 0)) == {"stream": "fine", "topology": "fine", "store": "fine"}
    assert "Contents" not in swift.client().list_objects_v2(Bucket=bucket)
    config = settings.load(path)
    for change, said in (
            ({"store": {"buffered": {"dirname": "no-such-bucket"}}}, 'the bucket "no-such-bucket" does not exist'),
            ({"write": {"s3": {"secret_key": "the-secret"}}}, ": check secret_key")):
        settings.save(path, settings.merge(config, {"pipeline": change}))
        found = check(path, 1)
        assert words(found) == {"stream": "fine", "topology": "fine", "store": "failed"}
        assert said in found["store"][1]


def test_token(analyzer, sink, tmp_path):
    """With an API key the token has a line of its own."""
    with Iam(KEY) as iam:
        sink.demand(iam.is_valid)
        s3 = {"type": "s3", "s3": {"endpoint": sink.endpoint, "api_key": KEY, "iam_endpoint": iam.endpoint}}
        path = configure(tmp_path, analyzer, s3)
        assert words(check(path, 0)) == {"stream": "fine", "topology": "fine", "token": "fine", "store": "fine"}
        assert sink.deleted == [PROBE] and iam.requests == 1
        iam.keys = {"another"}
        found = check(path, 1)
        assert words(found) == {"stream": "fine", "topology": "fine", "token": "failed", "store": "failed"}
        assert "IAM: 400 BXNIM0415E: it does not accept the key: check api_key" in found["token"][1]
        assert "not tried without a token" in found["store"][1] and sink.puts == {PROBE: 1}
        iam.keys = {KEY}
        sink.demand(lambda headers: False)
        found = check(path, 1)
        assert words(found)["token"] == "fine" and "does not accept the token of api_key" in found["store"][1]


STORES = {
    "no-bucket": ("status=404 code=NoSuchBucket", 'NoSuchBucket \'told to\': the bucket "bucket" does not exist'),
    "denied": ("status=403 code=AccessDenied", "403 AccessDenied 'told to': the access key may not write there"),
    "broken": ("status=500 code=InternalError", "500 InternalError"),
    "captive": ("page=200", "200: the server is no S3 store"),
    "error-in-200": ("error=InternalError", "200 InternalError"),
    "garbage": ("garbage", "127.0.0.1:"),
}


@pytest.mark.parametrize("name", STORES)
def test_store_fails(name, analyzer, sink, tmp_path):
    """The reason stands in the line; what the store did not take is not deleted."""
    how, said = STORES[name]
    sink.behave(how)
    found = check(configure(tmp_path, analyzer, to_sink(sink)), 1)
    assert words(found) == {"stream": "fine", "topology": "fine", "store": "failed"}
    assert said in found["store"][1] and sink.deleted == []


def test_nobody_listens_where_the_store_should_be(analyzer, sink, tmp_path):
    """The wrong port."""
    write = settings.merge(to_sink(sink), {"s3": {"endpoint": "http://127.0.0.1:%d" % free_ports(1)[0]}})
    found = check(configure(tmp_path, analyzer, write), 1)
    assert "connection refused by 127.0.0.1:" in found["store"][1]


ANALYZERS = {
    "401": (["--auth", "bob:secret"], "failed", "failed", "401: wrong credentials", "401"),
    "403": (["--refuse", 403], "failed", "fine", "403: .*role admin", None),
    "409": (["--refuse", 409], "failed", "fine", '409: host_id "check" is in use', None),
    "no-ping": (["--ping", "off", "--ping-delay", 1, "--pong-timeout", 0], "failed", "fine", "closed the connection", None),
    "closed-at-once": (["--close-before-ping", "on"], "failed", "fine", "does not want this client", None),
    "rest-500": (["--topology-mode", 500], "fine", "failed", None, "500"),
    "rest-garbage": (["--topology-mode", "garbage"], "fine", "failed", None, "JSON|not"),
}


@pytest.mark.parametrize("name", ANALYZERS)
def test_analyzer_fails(name, sink, tmp_path):
    """Stream and topology are told apart; the store is tried all the same."""
    options, stream, topology, stream_says, topology_says = ANALYZERS[name]
    with Analyzer(options=options) as analyzer:
        found = check(configure(tmp_path, analyzer, to_sink(sink)), 1)
    assert words(found) == {"stream": stream, "topology": topology, "store": "fine"}
    for what, says in (("stream", stream_says), ("topology", topology_says)):
        if says:
            assert [text for text in says.split("|") if all(part in found[what][1] for part in text.split(".*"))], found


class Rest(http.server.ThreadingHTTPServer):
    """An analyzer's REST: no node is known, and these captures, or what else is answered about them."""

    def __init__(self, status, captures):
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                assert self.path == "/api/capture" and self.headers["Authorization"] == "Basic Ym9iOnNlY3JldA=="
                self.answer(status, captures)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(200, b"[]\n")

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join(10)
        self.server_close()


@pytest.mark.parametrize("status, captures, said", [
    (200, {"one": {"UUID": "one"}, "mine": {"UUID": "mine"}}, ": fine"),
    (200, {"one": {"UUID": "one"}, "two": {}},
     ": failed: the analyzer has no capture of this id; it has: one, two"),
    (200, {}, ": failed: the analyzer has no capture of this id; it has: none"),
    (200, [], None), (404, {}, None), (401, {}, None),
], ids=["there", "others", "none", "strange", "404", "401"])
def test_capture_id(status, captures, said, sink, tmp_path):
    """One that no capture has would never bring a flow; where the analyzer does not tell nothing is said."""
    user = {"analyzer": {"auth": {"cluster": {"username": "bob", "password": "secret"}}}}
    with Analyzer(options=["--auth", "bob:secret"]) as stream, Rest(status, json.dumps(captures).encode()) as rest:
        change = settings.merge(user, {"analyzers": [rest.address],
                                       "pipeline": {"subscriber": {"capture_id": "mine"}}})
        found = check(configure(tmp_path, stream, to_sink(sink), change), 1 if said and "failed" in said else 0)
    assert (found["capture"][1] if said else None) == ("capture mine" + said if said else found.get("capture"))


def test_nobody_listens_where_the_analyzer_should_be(analyzer, sink, tmp_path):
    """The wrong port: address and key are named."""
    address = "127.0.0.1:%d" % free_ports(1)[0]
    change = {"analyzers": [address], "pipeline": {"subscriber": {"url": "ws://%s/ws/subscriber/flow" % address}}}
    found = check(configure(tmp_path, analyzer, to_sink(sink), change), 1)
    assert words(found) == {"stream": "failed", "topology": "failed", "store": "fine"}
    assert address in found["stream"][1] and "pipeline.subscriber.url" in found["stream"][1]
    assert "refused" in found["topology"][1]


def test_nothing_is_tried_with_a_bad_configuration(analyzer, sink, tmp_path):
    """What is wrong with the file comes first."""
    path = configure(tmp_path, analyzer, to_sink(sink), {"pipeline": {"store": {"type": "none"}}})
    result = exporter("check", "-c", path, "--connect")
    assert result.code == 1 and "%s:" % path in result.stderr and result.stdout == ""
    assert analyzer.stats()["admitted"] == 0 and not sink.requests


def test_a_crowded_analyzer(analyzer, sink, tmp_path):
    """Other subscribers are there: it is let in beside them, and leaves in order."""
    with contextlib.ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(Subscriber(analyzer.address, "flow", host_id=name))
        assert words(check(configure(tmp_path, analyzer, to_sink(sink)), 0))["stream"] == "fine"
        assert analyzer.stats()["closes"] == {"1000": 1}
