# SPDX-License-Identifier: Apache-2.0
"""Users, passwords and cookies go to whom they were meant for and to nobody else, and tokens in URLs are shown to nobody."""
import re
import socket
import stat
import threading

import pytest

from lib import settings
from lib.export import joined, to_file
from lib.pages import get, listening
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter, until

RECORDING = recording("old-netns-mixed.jsonl.gz")
BASIC = "YWRtaW46Z2VoZWlt"
LOGIN = {"analyzer": {"auth": {"cluster": {"username": "admin", "password": "geheim"}}}, "http": {"cookie": {"proxy": "kekse"}}}
TOKEN = "SECRET-of-the-URL"


class Ear:
    """A server that keeps what it is sent, and answers the same each time; it begins to hear at once."""

    def __init__(self, answer=b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"):
        self.answer, self.heard, self.ending = answer, [], threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.05)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        while not self.ending.is_set():
            try:
                connection = self.listener.accept()[0]
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                head = b""
                try:
                    while b"\r\n\r\n" not in head and (more := connection.recv(65536)):
                        head += more
                    self.heard.append(head.decode("latin-1"))
                    connection.sendall(self.answer)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join(10)
        self.listener.close()


def tenant(url, folder, name, auth=None):
    subscriber = {"url": url, **({"auth": auth} if auth else {})}
    return {"pipeline": {"subscriber": subscriber, "store": {"type": "direct"},
                         "write": {"type": "file", "file": {"directory": str(folder / name)}}}}


def base(folder, analyzers):
    return {**LOGIN, "analyzers": analyzers, "host_id": "x", "stop_timeout": 2, "spool": {"directory": str(folder / "spool"), "min_free": 0},
            "status": listening(folder)}


def secrets_in(text):
    return [word for word in (BASIC, "geheim", "kekse", "b3duOm1pbmU=", "own-cookie") if word in text]


@pytest.mark.parametrize("how, wanted", [
    ("named", [BASIC, "kekse"]), ("named-by-url", [BASIC, "kekse"]), ("strange", []), ("strange-to-url", []),
    ("own", ["b3duOm1pbmU=", "own-cookie"]), ("own-and-named", ["b3duOm1pbmU=", "own-cookie"])])
def test_a_tenants_host(how, wanted, tmp_path):
    """It gets the main file's only if that names it; else its own, if it has some; run and check --connect alike."""
    own = {"username": "own", "password": "mine", "cookie": {"own-cookie": "1"}} if how.startswith("own") else None
    with Ear() as ear, Ear() as other:
        config = base(tmp_path, [ear.address if how in ("named", "own-and-named") else other.address])
        if how.endswith("url"):
            named = ear if how == "named-by-url" else other
            config["pipeline"] = {"subscriber": {"url": "ws://%s/elsewhere" % named.address}}
        if how == "own-and-named":
            config["pipeline"] = {"subscriber": {"auth": {"username": "admin", "password": "geheim", "cookie": {"proxy": "kekse"}}}}
        path = settings.save_all(tmp_path, config, {
            "acme": tenant("ws://%s/ws?token=%s" % (ear.address, TOKEN), tmp_path, "acme", own)})
        with Exporter(path) as running:
            until(lambda: ear.heard, "a handshake")
            until(lambda: len(running.err.text()), "a line")
            running.log("source=ws://.* state=")
            assert running.stop() == 0
        assert secrets_in(ear.heard[0]) == wanted, ear.heard[0]
        assert ear.heard[0].startswith("GET /ws?token=%s " % TOKEN)
        told = re.search("config=doubtful .*acme.yml:[0-9]+: pipeline.subscriber.url: names a host", running.err.text() + running.out.text())
        assert bool(told) == how.startswith("strange")
        before = len(ear.heard)
        done = exporter("check", "-c", path, "--connect")
        assert len(ear.heard) > before and secrets_in(ear.heard[before]) == wanted
        assert ("is not among those of the main file" in done.stderr) == how.startswith("strange")
        assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize("url, entry, is_named", [
    ("ws://analyzer.example.com/ws", "analyzer.example.com:80", True),
    ("wss://analyzer.example.com/ws", "https://analyzer.example.com:443", True),
    ("wss://analyzer.example.com/ws", "analyzer.example.com:80", False),
    ("ws://analyzer.example.com/ws", "https://analyzer.example.com:443", False),
    ("ws://analyzer.example.com:8083/ws", "analyzer.example.com:8082", False),
    ("ws://analyzer.example.com:8082/ws", "Analyzer.Example.Com:8082", True),
    ("ws://analyzer.example.com.evil.example:8082/ws", "analyzer.example.com:8082", False),
])
def test_what_names_a_host(url, entry, is_named, tmp_path):
    """Its name and its port, also one that goes without saying."""
    path = settings.save_all(tmp_path, base(tmp_path, [entry]), {"acme": tenant(url, tmp_path, "acme")})
    done = exporter("check", "-c", path)
    assert done.code == 0 and ("is not among those of the main file" in done.stderr) != is_named, done.stderr


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed(status, tmp_path):
    """An analyzer that sends us elsewhere: neither the subscription nor a question goes there, with whatever."""
    with Ear() as stranger:
        answer = "HTTP/1.1 %d Elsewhere\r\nLocation: http://%s/x\r\nContent-Length: 0\r\n\r\n" % (status, stranger.address)
        with Ear(answer.encode()) as ear:
            config = settings.merge(base(tmp_path, [ear.address]), tenant("ws://%s/ws" % ear.address, tmp_path, "out"))
            done = exporter("check", "-c", settings.save(tmp_path / "exporter.yml", config), "--connect")
            assert done.code == 1 and "stream" in done.stdout and "topology" in done.stdout
        assert len(ear.heard) >= 2 and all(secrets_in(head) == [BASIC, "kekse"] for head in ear.heard)
        assert stranger.heard == []


def test_a_token_in_a_url_is_shown_nowhere(tmp_path):
    """Log, /metrics, /status, /readyz, status, check, the outcome of a reload; two such URLs stay two sources."""
    with Analyzer(RECORDING, clients=2, pace=4000) as analyzer:
        urls = {name: "%s?token=%s-%s" % (analyzer.url, TOKEN, name) for name in ("one", "two")}
        config = {**base(tmp_path, []), "logging": {"level": "DEBUG"}}
        path = settings.save_all(tmp_path, config, {name: tenant(url, tmp_path, name) for name, url in urls.items()})
        with Exporter(path, "--progress") as running:
            running.log("state=started")
            running.log("source=ws://")
            shown = {page: get(tmp_path, page)[1] for page in ("/status", "/metrics", "/readyz")}
            ups = re.findall(r'skydive_exporter_source_up\{source="([^"]*)"\}', shown["/metrics"])
            assert ups == [analyzer.url, analyzer.url + " (2)"]
            (tmp_path / "exporter.d" / "two.yml").write_text("pipeline: {subscriber: {url: 'http://u:%s@h/?t=%s'}}\n" % (TOKEN, TOKEN))
            for command in (["status", "-c", path], ["status", "-c", path, "one"], ["check", "-c", path], ["reload", "--wait", "-c", path]):
                done = exporter(*command)
                shown[" ".join(map(str, command))] = done.stdout + done.stderr
            running.stop()
            shown["log"] = running.out.text() + running.err.text()
    assert "http://***@h/" in shown["check -c %s" % path]
    assert [where for where, text in shown.items() if TOKEN in text] == []


@pytest.mark.parametrize("change, key", [
    ({"host_id": "a\r\nX-Evil: 1"}, "host_id"), ({"host_id": "a\0b"}, "host_id"),
    ({"http": {"cookie": {"a": "b\r\nX-Evil: 1"}}}, "http.cookie"), ({"http": {"cookie": "a=b\n"}}, "http.cookie"),
    ({"pipeline": {"subscriber": {"url": "ws://h:1/x HTTP/1.1\r\nX-Evil: 1"}}}, "pipeline.subscriber.url"),
    ({"pipeline": {"subscriber": {"auth": {"cookie": {"a": "b\nX-Evil: 1"}}}}}, "pipeline.subscriber.auth.cookie"),
    ({"pipeline": {"subscriber": {"auth": {"cookie": {"a\nX-Evil: 1;b": "c"}}}}}, "pipeline.subscriber.auth.cookie"),
    ({"pipeline": {"write": {"s3": {"access_key": "a\r\nX-Evil: 1"}}}}, "pipeline.write.s3.access_key"),
    ({"pipeline": {"write": {"s3": {"secret_key": "a\nX-Evil: 1"}}}}, "pipeline.write.s3.secret_key"),
    ({"pipeline": {"write": {"s3": {"session_token": "a\r\nX-Evil: 1"}}}}, "pipeline.write.s3.session_token"),
    ({"pipeline": {"write": {"s3": {"region": "eu\r\nX-Evil: 1"}}}}, "pipeline.write.s3.region"),
    ({"pipeline": {"write": {"s3": {"api_key": "a\nX-Evil: 1"}}}}, "pipeline.write.s3.api_key"),
    ({"pipeline": {"write": {"s3": {"endpoint": "http://h\r\nX-Evil: 1"}}}}, "pipeline.write.s3.endpoint"),
    ({"pipeline": {"write": {"s3": {"api_key": "a", "iam_endpoint": "https://h/\r\nX-Evil: 1"}}}}, "pipeline.write.s3.iam_endpoint"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_no_value_becomes_two_headers(change, key, tmp_path):
    """The end of a line, or a NUL, in what becomes part of a request is told by check, with file, line and key."""
    config = {"host_id": "x", "spool": {"directory": str(tmp_path / "spool")}, "pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/ws"}, "store": {"type": "direct"},
        "write": {"type": "s3", "s3": {"endpoint": "http://127.0.0.1:1", "access_key": "a", "secret_key": "s"}}}}
    path = settings.save(tmp_path / "exporter.yml", settings.merge(config, change))
    done = exporter("check", "-c", path)
    lines = done.stderr.splitlines()
    assert done.code == 1 and len(lines) == 1, done.stderr
    assert re.match(r"%s:[0-9]+: %s: " % (re.escape(str(path)), re.escape(key)), lines[0])


@pytest.mark.parametrize("change, key", [
    ({"pipeline": {"write": {"s3": {"api_key": "k", "iam_endpoint": "http://iam.example.com/identity/token"}}}}, "iam_endpoint: api_key"),
    ({"pipeline": {"write": {"s3": {"api_key": "k", "endpoint": "HTTP://store.example.com"}}}}, "endpoint: the token for api_key"),
    ({**LOGIN, "pipeline": {"subscriber": {"url": "ws://analyzer.example.com:8082/ws"}}}, "url: the password"),
    ({**LOGIN, "pipeline": {"subscriber": {"url": "wss://analyzer.example.com:8082/ws"}}}, None),
    ({**LOGIN, "analyzers": ["127.0.0.1:8082", "analyzer.example.com:8082"]}, "analyzers[1]: the password"),
    ({**LOGIN, "analyzers": ["127.0.0.1:8082", "https://analyzer.example.com:8082"]}, None),
    ({"pipeline": {"write": {"s3": {"api_key": "k"}}}}, None),
])
@pytest.mark.parametrize("tenants", [0, 3])
def test_what_can_be_overheard_is_told_once(change, key, tenants, tmp_path):
    """A password or an API key that goes to another host in plain text: one warning, of however many tenants."""
    config = settings.merge({"host_id": "x", "spool": {"directory": str(tmp_path / "spool")}, "pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/ws"}, "store": {"type": "direct"},
        "write": {"type": "s3", "s3": {"endpoint": "https://store.example.com", "access_key": "a", "secret_key": "s"}}}}, change)
    drop_ins = {"t%d" % n: {"pipeline": {"store": {"buffered": {"dirname": "b%d" % n}}}} for n in range(tenants)}
    path = settings.save_all(tmp_path, config, drop_ins) if tenants else settings.save(tmp_path / "exporter.yml", config)
    done = exporter("check", "-c", path)
    assert done.code == 0, done.stderr
    assert len(done.stderr.splitlines()) == (1 if key else 0), done.stderr
    assert not key or key in done.stderr


def test_recordings_are_for_their_owner(tmp_path):
    """Mode 0600, also of a file that was there and open to all."""
    (tmp_path / "r.times").touch(0o644)
    with Analyzer(RECORDING, pace=4000) as analyzer:
        done = exporter("record", "--seconds", "1", analyzer.url, tmp_path / "r")
    assert done.code == 0, done.stderr
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {"r.pb": 0o600, "r.times": 0o600}
