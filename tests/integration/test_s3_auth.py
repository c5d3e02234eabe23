# SPDX-License-Identifier: Apache-2.0
"""Who the writer s3 is and whom it believes: IAM tokens, secrets in files, certificates.

Flows keep coming all the time. What was wrong comes right without a restart,
nothing is lost meanwhile, and no secret is ever written anywhere.
"""
import contextlib
import re
import shutil
import ssl

import pytest

from lib import objects, settings
from lib.export import waiting
from lib.paths import recording
from lib.pages import get, listening, status
from lib.pki import Authority
from lib.process import Analyzer, Exporter, exporter, until
from lib.s3.iam import Iam
from lib.s3.sink import Sink

RECORDING = recording("old-netns-mixed.jsonl.gz")
PACE = 500                      # flows a second
KEY = "an/API+key of=17"
CONFIG = {
    "host_id": "auth",
    "stop_timeout": 60,
    "logging": {"level": "DEBUG"},
    "pipeline": {
        "subscriber": {},
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "none"},
        "compress": {"type": "gzip"},
        "store": {"type": "buffered", "buffered": {
            "filename_prefix": "logs", "max_flows_per_object": 10,
            "max_seconds_per_object": 1, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}


def configure(folder, s3, analyzer=None, bucket="bucket"):
    change = {"status": listening(folder), "spool": {"directory": str(folder / "spool"), "min_free": 0},
              "pipeline": {"write": {"type": "s3", "s3": s3}, "store": {"buffered": {"dirname": bucket}}}}
    if analyzer:
        change["analyzers"] = [analyzer.address]
        change["pipeline"]["subscriber"] = {"url": analyzer.url}
    return settings.save(folder / "exporter.yml", settings.merge(CONFIG, change))


@contextlib.contextmanager
def exporting(folder, s3, secrets=(), env=None, bucket="bucket"):
    """An exporter that gets flows until the end of the block; then everything it has must be stored.

    secrets: what must be in no line of the log and no file of the spool, whatever happens.
    """
    with Analyzer(RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        with Exporter(configure(folder, s3, analyzer, bucket), env=env) as program:
            analyzer.event("admitted", 30, unless_ends=program)
            yield program
            discreet(program, folder, secrets)
            analyzer.command("pause")
            assert program.stop(60) == 0, program.err.text()[-3000:]
            discreet(program, folder, secrets)
    assert waiting(folder) == []


def discreet(program, folder, secrets):
    """Fail when a secret was written, or is shown to those who ask."""
    written = [("log", (program.out.text() + program.err.text()).encode("utf-8", "replace"))]
    if program.process.poll() is None:
        written += [(page, get(folder, page)[1].encode()) for page in ("/status", "/metrics", "/readyz", "/healthz")]
        for arguments in ((), ("exporter",)):
            shown = exporter("status", "-c", folder / "exporter.yml", *arguments)
            assert shown.code == 0
            written += [("status", (shown.stdout + shown.stderr).encode())]
    for path in (folder / "spool").rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            written += [(path, path.read_bytes())] if path.is_file() else []
    assert len(written) > 1
    for secret in secrets:
        for where, text in written:
            assert secret.encode() not in text, "%s holds %r" % (where, secret)


def more(sink, count=5):
    """Wait until so many more objects are stored."""
    goal = len(sink.stored) + count
    sink.wait(lambda s: len(s.stored) >= goal)


def sound(sink):
    faults = objects.faults(sink.objects())
    assert not faults and not sink.rewritten, "\n".join(faults)[:4000]


def with_iam(sink, iam, **other):
    sink.demand(iam.is_valid)
    return dict({"endpoint": sink.endpoint, "api_key": KEY, "iam_endpoint": iam.endpoint}, **other)


def degraded(program):
    return [line for line in program.err.text().splitlines() if "state=degraded" in line]


@pytest.mark.long
def test_tokens_are_renewed_ahead(tmp_path):
    """Lives of some seconds: always the right token, one request at a time, and no upload that waits for one."""
    with Iam(KEY) as iam, Sink() as sink:
        iam.ttl = 8
        with exporting(tmp_path, with_iam(sink, iam), [KEY, "TOKEN."]) as program:
            more(sink)
            iam.hold()
            iam.wait(lambda i: i.at_once == 1)
            assert iam.is_valid({"Authorization": "Bearer " + iam.given[-1]})
            more(sink)                              # with the old token
            assert len(iam.given) == 1
            iam.good()
            iam.wait(lambda i: len(i.given) == 3)
            more(sink)
            assert not degraded(program)
        assert iam.most_at_once == 1 and iam.requests == len(iam.given)
        assert not sink.requests["forbidden"]
        sound(sink)


@pytest.mark.long
def test_no_new_token_while_the_old_one_is_good(tmp_path):
    """IAM fails in the life of a token: objects are stored, and log and status say how long that will go on."""
    with Iam(KEY) as iam, Sink() as sink:
        iam.ttl = 20        # fails from 14.5 to 15.5 s on, noticed with the next object; it is used for 17.5 s
        with exporting(tmp_path, with_iam(sink, iam), [KEY, "TOKEN."]) as program:
            more(sink)
            iam.fail(503)
            line = program.log("warning=")[1]
            assert re.search(r'state=ok warning="IAM: 503 .*; the present token is valid for [12] s more"', line), line
            tenant, = status(tmp_path)["tenants"]
            assert tenant["state"] == "ok" and tenant["last_error"].startswith("IAM: 503 "), tenant
            iam.good()
            program.log("state=ok$")
            until(lambda: status(tmp_path)["tenants"][0]["last_error"] == "", "no error")
            more(sink)
            assert not degraded(program)
        assert len(iam.given) >= 2 and not sink.requests["forbidden"]
        sound(sink)


def test_no_token_at_first(tmp_path):
    """IAM is slow: objects wait, nothing counts as a failure, nothing is sent without a token."""
    with Iam(KEY) as iam, Sink() as sink:
        iam.hold()
        with exporting(tmp_path, with_iam(sink, iam), [KEY, "TOKEN."]) as program:
            iam.wait(lambda i: i.requests == 1)
            until(lambda: list((tmp_path / "spool").glob("*/new/*")), "an object that waits")
            assert not sink.requests
            iam.good()
            more(sink)
            assert not degraded(program)
        assert not sink.requests["forbidden"] and iam.requests == 1
        sound(sink)


def test_stop_without_a_token(tmp_path):
    """What waits for a token delays no stop; it is stored at the next start."""
    with Iam(KEY) as iam, Sink() as sink, Analyzer(RECORDING, pace=PACE) as analyzer:
        iam.hold()
        config = settings.load(configure(tmp_path, with_iam(sink, iam), analyzer))
        path = settings.save(tmp_path / "exporter.yml", settings.merge(config, {"stop_timeout": 1}))
        with Exporter(path) as program:
            iam.wait(lambda i: i.requests == 1)
            until(lambda: list((tmp_path / "spool").glob("*/new/*")), "an object that waits")
            program.stop(10)
        kept = [name for name in waiting(tmp_path) if "/new/" in name]
        assert kept and not sink.stored
        iam.good()
        with Exporter(path) as program:
            sink.wait(lambda s: len(s.stored) >= len(kept))
            assert program.stop() == 0
        sound(sink)


@pytest.mark.parametrize("trouble, said", [
    (lambda iam: iam.fail(503), "IAM: 503 BXNIM0000E: it is busy"),
    (lambda iam: iam.fail(400), "IAM: 400 BXNIM0000E: it does not accept the key: check api_key"),
    (lambda iam: iam.fail(200), "IAM: its answer holds no usable access_token: check iam_endpoint"),
], ids=["busy", "refusing", "babbling"])
def test_iam_in_trouble(trouble, said, tmp_path):
    """No token to be had: said so once, and all goes on when there is one."""
    with Iam(KEY) as iam, Sink() as sink:
        trouble(iam)
        with exporting(tmp_path, with_iam(sink, iam), [KEY, "TOKEN.", "apikey="]) as program:
            assert said in program.log("state=degraded")[1]
            assert not sink.stored
            iam.good()
            program.log("state=ok")
            more(sink)
        assert not sink.requests["forbidden"]
        sound(sink)


def test_revoked_token(tmp_path):
    """A token that dies in mid-life is replaced once; the log has nothing to say about it."""
    with Iam(KEY) as iam, Sink() as sink:
        with exporting(tmp_path, with_iam(sink, iam), [KEY, "TOKEN."]) as program:
            more(sink)
            iam.revoke()
            sink.wait(lambda s: s.requests["forbidden"])
            more(sink)
            assert not degraded(program)
        assert len(iam.given) == 2 and iam.requests == 2
        sound(sink)


def test_forbidden_for_good(tmp_path):
    """The store does not want us whatever the token: IAM is not asked again and again."""
    with Iam(KEY) as iam, Sink() as sink:
        s3 = with_iam(sink, iam)
        sink.demand(lambda headers: False)
        with exporting(tmp_path, s3, [KEY, "TOKEN."]) as program:
            said = "403 AccessDenied 'told to': the store does not accept the token of api_key"
            assert said in program.log("state=degraded")[1]
            sink.wait(lambda s: s.requests["forbidden"] >= 5)
            assert iam.requests == 2
            sink.demand(iam.is_valid)
            program.log("state=ok")
        sound(sink)


def test_api_key_in_a_file(tmp_path):
    """The wrong key first, then the right one in the same file."""
    file = tmp_path / "api-key"
    file.write_text("\nwrong key\n")
    with Iam(KEY) as iam, Sink() as sink:
        s3 = with_iam(sink, iam, api_key_file=str(file))
        del s3["api_key"]
        with exporting(tmp_path, s3, [KEY, "wrong key", "wrong+key", "TOKEN."]) as program:
            assert "IAM: 400 BXNIM0415E: it does not accept the key: check api_key" in program.log("state=degraded")[1]
            settings.save_text(file, "  %s\n\n" % KEY)
            program.log("state=ok")
            more(sink)
        sound(sink)


def test_keys_in_the_directory_of_credentials(swift, bucket, tmp_path):
    """The wrong secret key first, then the right one, before a store that checks signatures."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "id").write_text(swift.access_key + "\n")
    (folder / "secret").write_text("wrong-secret")
    s3 = {"endpoint": swift.endpoint, "region": swift.region, "access_key_file": "id", "secret_key_file": "secret"}
    env = {"CREDENTIALS_DIRECTORY": str(folder)}
    with exporting(tmp_path, s3, ["wrong-secret", swift.secret_key], env, bucket) as program:
        assert re.search("403 SignatureDoesNotMatch '.*'.*: check secret_key", program.log("state=degraded")[1])
        settings.save_text(folder / "new", swift.secret_key)
        (folder / "new").rename(folder / "secret")
        program.log("state=ok")
    found = objects.read_bucket(swift.client(), bucket)
    assert found and not objects.faults(found)


@pytest.mark.parametrize("s3, said", [
    ({"api_key_file": "/nowhere/key"}, "api_key_file: cannot read the secret in /nowhere/key: No such file"),
    ({"api_key": "a", "api_key_file": "/nowhere/key"}, "api_key_file: api_key is set too"),
    ({"access_key": "a", "secret_key_file": "/nowhere/key"}, "secret_key_file: cannot read the secret in /nowhere/key"),
    ({"access_key": "a"}, "secret_key: it must be set"),
])
def test_mistakes_are_seen_at_the_start(s3, said, tmp_path):
    """`check` names key and file."""
    path = configure(tmp_path, dict({"endpoint": "http://127.0.0.1:1"}, **s3))
    config = settings.load(path)
    config["pipeline"]["subscriber"] = {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}
    settings.save(path, config)
    result = exporter("check", "-c", path)
    assert result.code != 0
    assert said in result.stdout + result.stderr


class Certified:
    """Authorities, and a context for servers that shows one certificate or another."""

    def __init__(self, folder):
        self.ca, self.other = Authority(folder, "ca"), Authority(folder, "other")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.good = self.ca.issue("good")
        self.show(self.good)

    def show(self, pair):
        self.context.load_cert_chain(pair.cert, pair.key)


def test_private_ca(tmp_path):
    """Store and IAM with certificates of an authority of one's own; the system's roots do not know it."""
    certified = Certified(tmp_path / "pki")
    with Iam(KEY, context=certified.context) as iam, Sink(context=certified.context) as sink:
        with exporting(tmp_path, with_iam(sink, iam, ca_cert=str(certified.ca.cert)), [KEY, "TOKEN."]) as program:
            more(sink)
            assert not degraded(program)
        sound(sink)


@pytest.mark.parametrize("trouble, said", [
    ("stranger", "is not signed by a trusted CA; set ca_cert to that CA's file, not "),
    ("missing", "cannot read a CA certificate from "),
])
def test_unknown_ca(trouble, said, tmp_path):
    """Another authority's certificate, or none, in ca_cert: refused with the reason; the file is mended in place."""
    certified = Certified(tmp_path / "pki")
    file = tmp_path / "ca.pem"
    if trouble == "stranger":
        shutil.copy(certified.other.cert, file)
    with Sink(context=certified.context) as sink:
        with exporting(tmp_path, dict(sink.settings(), ca_cert=str(file)), ["password"]) as program:
            line = program.log("state=degraded")[1]
            assert said + str(file) in line and "127.0.0.1:%d" % sink.port in line
            assert not sink.stored
            shutil.copy(certified.ca.cert, file)
            program.log("state=ok")
            more(sink)
        sound(sink)


def test_without_ca_cert(tmp_path):
    """The system's roots do not know the store."""
    certified = Certified(tmp_path / "pki")
    with Sink(context=certified.context) as sink, Analyzer(RECORDING, pace=PACE) as analyzer:
        with Exporter(configure(tmp_path, sink.settings(), analyzer)) as program:
            line = program.log("state=degraded")[1]
            assert "127.0.0.1:%d is not signed by a trusted CA; set ca_cert to that CA's file" % sink.port in line
            assert not sink.stored


@pytest.mark.parametrize("trouble, said", [
    (lambda ca: ca.issue("bad", hosts=["elsewhere.example"]), "is for another host"),
    (lambda ca: ca.expired("bad"), "has expired"),
], ids=["wrong-host", "expired"])
def test_bad_certificate(trouble, said, tmp_path):
    """Refused with the reason, and fine as soon as the server shows a good one."""
    certified = Certified(tmp_path / "pki")
    certified.show(trouble(certified.ca))
    with Sink(context=certified.context) as sink:
        s3 = dict(sink.settings(), ca_cert=str(certified.ca.cert))
        with exporting(tmp_path, s3, ["password"]) as program:
            line = program.log("state=degraded")[1]
            assert said in line and "127.0.0.1:%d" % sink.port in line
            assert not sink.stored
            certified.show(certified.good)
            program.log("state=ok")
            more(sink)
        sound(sink)
