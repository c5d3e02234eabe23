# SPDX-License-Identifier: Apache-2.0
"""Records as messages in Kafka: what an independent consumer reads of a real broker."""
import collections
import contextlib
import itertools
import json
import pathlib
import re
import time

import pytest

from golden import cases
from lib import objects, settings, stream
from lib.export import PACE, export, joined, to_file, waiting, whole_flows
from lib.kafka.broker import PASSWORD, USER, Broker, token
from lib.kafka.client import Client
from lib.pages import listening
from lib.paths import ROOT, recording
from lib.pki import Authority
from lib.process import Analyzer, Exporter, exporter, until
from lib.threads import threads

NUMBERS = itertools.count(1)
RECORDING = recording("old-netns-mixed.jsonl.gz")
TAGS = ("egress", "ingress", "internal", "other")
TOKEN_SECONDS = 15      # of one that is followed by another: long enough to log in on a slow machine


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker; it starts in some four seconds."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


@pytest.fixture
def topic(kafka):
    """The name of a new topic of one partition, which keeps everything in order."""
    name = "flows-%d" % next(NUMBERS)
    Client(kafka.address()).make(name, partitions=1)
    return name


def to_kafka(broker, topic, listener="PLAINTEXT", **more):
    return {"type": "kafka", "kafka": {"brokers": broker.address(listener).split(","), "topic": topic, **more}}


def by_record(config):
    """A configuration without what stands around records or packs them."""
    config = json.loads(json.dumps(config))
    for phase in ("encode", "compress", "storeheader"):
        config["pipeline"].pop(phase, None)
    return config


def parsed(by_tag):
    return {tag: [json.loads(text) for text in texts] for tag, texts in by_tag.items()}


@pytest.mark.parametrize("name", ["old-vpclogs", "edge-none", "new-secadvisor"])
def test_golden(kafka, topic, name, tmp_path):
    """The records of a golden case are the messages, tag by tag in order, each a line of JSON."""
    case = cases.by_name(name)
    export(by_record(settings.load(case.config)), case.inputs, case.topology, tmp_path, to_kafka(kafka, topic))
    found = collections.defaultdict(list)
    for message in Client(kafka.address()).read(topic):
        found[message.headers["tag"]].append(message.value.decode())
    assert parsed(found) == parsed(objects.by_tag(cases.expected(case)))
    assert not any("\n" in text for texts in found.values() for text in texts)


@pytest.mark.parametrize("headers", [["format"], ["id", "tag"]])
def test_headers_that_are_asked_for(kafka, topic, headers, tmp_path):
    """Those, and no others, on every message."""
    export(whole_flows(), [RECORDING], [], tmp_path, to_kafka(kafka, topic, headers=headers))
    found = [message.headers for message in Client(kafka.address()).read(topic)]
    assert len(found) == len(sent()) and all(set(each) == set(headers) for each in found)
    assert {each.get("format", "Flow/1") for each in found} == {"Flow/1"}
    assert len({each.get("id") for each in found}) == (len(found) if "id" in headers else 1)


@contextlib.contextmanager
def running(folder, config, write, change=None):
    """An exporter that gets the recording at once; yields it, and stops it at the end."""
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        path = settings.save(folder / "exporter.yml", joined(config, analyzer, folder, write, change))
        with Exporter(path) as exporter:
            yield exporter
            assert exporter.stop() == 0, exporter.err.text()[-4000:]


def sent():
    """The flows of the recording, by UUID and last packet."""
    return [flow for batch in stream.batches(RECORDING) for flow in batch]


KEYS = {"none": lambda flow: None, "tenant": lambda flow: b"exporter",
        "connection": lambda flow: flow["L3TrackingID"].encode(), "interface": lambda flow: flow["NodeTID"].encode()}


@pytest.mark.parametrize("key", KEYS)
def test_what_a_message_carries(kafka, key, tmp_path):
    """The key that was asked for, the time of the record, the tenant, the tag, the format and a name of its own; a
    topic for each tag."""
    client = Client(kafka.address())
    prefix = "carries-%s-" % key
    for tag in TAGS:
        client.make(prefix + "exporter." + tag)
    export(whole_flows(), [RECORDING], [], tmp_path, to_kafka(kafka, prefix + "{tenant}.{tag}", key=key))
    found = [(tag, m) for tag in TAGS for m in client.read(prefix + "exporter." + tag)]
    assert len(found) == len(sent()) and len({m.headers["id"] for _, m in found}) == len(found)
    spool = (tmp_path / "spool" / "identity").read_text()
    for tag, message in found:
        flow = json.loads(message.value)
        assert message.key == KEYS[key](flow)
        assert message.time_ms == (flow.get("LastUpdateMetric") or flow)["Last"]
        assert {k: v for k, v in message.headers.items() if k != "id"} == {
            "tenant": "exporter", "tag": tag, "format": "Flow/1"}
        assert re.fullmatch(r"%s/exporter/logs/%s/\d{8}T\d{6}Z/\d{8}/\d+" % (spool, tag), message.headers["id"])


def test_a_key_stays_in_its_partition(kafka, tmp_path):
    """A connection's records are in one partition, where Java's clients would put them; there is more than one."""
    client = Client(kafka.address())
    client.make("partitions", partitions=7)
    export(whole_flows(), [RECORDING], [], tmp_path, to_kafka(kafka, "partitions", key="connection"))
    places = collections.defaultdict(set)
    for message in client.read("partitions"):
        places[message.key].add(message.partition)
    assert all(len(found) == 1 for found in places.values())
    assert len(set.union(*places.values())) > 1


def degraded(exporter, words, timeout=40):
    """Wait until the store is said to fail for that reason."""
    return exporter.log(r"store=kafka state=degraded .*" + words, timeout)[1]


def test_absent_topic(kafka, tmp_path):
    """A topic that is not there is said and not made; once it is there everything comes into it, once."""
    client = Client(kafka.address())
    with running(tmp_path, whole_flows(), to_kafka(kafka, "not-yet")) as exporter:
        degraded(exporter, "there is no topic not-yet, and none is made by writing: make it, or correct topic")
        assert "not-yet" not in client.topics()
        client.make("not-yet")
        exporter.log("store=kafka state=ok", 70)
    assert len({m.headers["id"] for m in client.read("not-yet")}) == len(sent()) and waiting(tmp_path) == []


def emptied(folder):
    """Whether nothing waits to be made or sent."""
    return not [name for name in waiting(folder) if "/bad/" not in name]


def login(kafka, **other):
    return {"mechanism": "PLAIN", "username": USER, "password": PASSWORD, "ca_cert": str(kafka.ca), **other}


def login_with(kafka, folder, text):
    """The token is in a file of the folder."""
    settings.save_text(folder / "token", text)
    return {"mechanism": "OAUTHBEARER", "token_file": str(folder / "token"), "ca_cert": str(kafka.ca)}


@pytest.mark.parametrize("way", ["PLAIN over TLS", "a certificate", "a token"])
def test_ways_in(kafka, topic, way, tmp_path):
    """With a password, with a client's certificate, and with a token; check --connect goes the same way."""
    if way == "a certificate":
        listener, security = "MTLS", {"ca_cert": str(kafka.ca), "client_cert": str(kafka.client.cert),
                                      "client_key": str(kafka.client.key)}
    elif way == "a token":
        listener, security = "TOKEN", login_with(kafka, tmp_path, token(600) + "\n")
    else:
        listener, security = "SASL", login(kafka)
    assert checked(kafka, topic, tmp_path, "--connect", listener=listener, security=security).code == 0
    export(whole_flows(), [RECORDING], [], tmp_path, to_kafka(kafka, topic, listener, security=security))
    assert len(Client(kafka.address()).read(topic)) == len(sent())


REFUSALS = {
    "wrong password": ("SASL", {"password": "guessed"}, "SASL authentication error: Authentication failed"),
    "wrong CA": ("SASL", {"ca_cert": "other"}, "signed by a CA that is not trusted here: see security.ca_cert|its CA is not trusted here: see security.ca_cert"),
    "expired": ("EXPIRED", {"mechanism": "none", "username": "", "password": ""}, "the certificate of .* is refused: it has expired"),
    "no certificate": ("MTLS", {"mechanism": "none", "username": "", "password": ""}, "SSL|certificate|closed"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(kafka, topic, name, tmp_path):
    """Whoever is refused, or does not trust, says why, once, and goes on trying; nothing is lost."""
    listener, change, words = REFUSALS[name]
    if change.get("ca_cert"):
        change = {"ca_cert": str(Authority(tmp_path / "pki", "other").cert)}
    write = to_kafka(kafka, topic, listener, security=login(kafka, **change))
    with running(tmp_path, settings.merge(whole_flows(), {"stop_timeout": 1}), write) as exporter:
        degraded(exporter, words)
    said = exporter.err.text()
    assert said.count("state=degraded") == 1 and "guessed" not in said and PASSWORD not in said
    assert waiting(tmp_path)


TOKENS = {"expired": ("exactly_once", token(-5), "the token in .*/token expired at .*Z: put a new one there"),
          "refused": ("at_least_once", token(9000, iat=int(time.time()) + 8000), "the brokers do not accept the token: see security.token_file")}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_mended(kafka, topic, name, tmp_path):
    """A token that is of no use is said once; another one in the file is taken without a reload, everything comes once."""
    delivery, text, words = TOKENS[name]
    write = to_kafka(kafka, topic, "TOKEN", security=login_with(kafka, tmp_path, text), delivery=delivery)
    with running(tmp_path, whole_flows(), write) as program:
        degraded(program, words)
        (tmp_path / "token").write_text(token(600))
        program.log("store=kafka state=ok", 40)
        until(lambda: waiting(tmp_path) == [], "an empty spool", 60)
    assert program.err.text().count("state=degraded") == 1 and text not in program.err.text()
    ids = [m.headers["id"] for m in Client(kafka.address()).read(topic)]
    assert len(ids) == len(set(ids)) == len(sent())


@pytest.mark.long
def test_a_token_is_renewed(kafka, topic, tmp_path):
    """A token that ends, which brokers end connections for, is followed by the next one in the file, unnoticed."""
    client = Client(kafka.address())
    write = to_kafka(kafka, topic, "TOKEN", security=login_with(kafka, tmp_path, token(600)))
    with Analyzer(RECORDING, pace=PACE, clients=0, options=["--repeat", 0, "--uniq"]) as analyzer:
        def play(flows):
            goal = analyzer.stats()["broadcast_flows"] + flows
            analyzer.command("resume")
            analyzer.until_stats(lambda stats: stats["broadcast_flows"] >= goal)
            analyzer.command("pause")
            total = analyzer.stats()["broadcast_flows"]
            until(lambda: client.count(topic) == total, "%d records" % total)
            return total

        path = settings.save(tmp_path / "exporter.yml", joined(whole_flows(), analyzer, tmp_path, write))
        with Exporter(path) as program:
            program.log("state=subscribed")
            # Nobody has logged in yet.
            ends = time.time() + TOKEN_SECONDS
            settings.save_text(tmp_path / "token", token(TOKEN_SECONDS))
            analyzer.command("play")
            play(200)
            until(lambda: time.time() > ends - 2, "a token that is about to end")
            settings.save_text(tmp_path / "token", token(600))
            until(lambda: time.time() > ends + 1, "a token that has ended")
            total = play(200)
            assert program.stop() == 0, program.err.text()[-3000:]
    assert "state=degraded" not in program.err.text()
    assert len({m.headers["id"] for m in client.read(topic)}) == total


NO_TOKENS = {"missing": (None, "cannot read the secret in .*/token: No such file"),
             "empty": ("\n", "cannot read the secret in .*/token: it is empty"),
             "a word": ("secret", "the token in .*/token is not a JSON Web Token: that is three parts of base64url"),
             "no JSON": ("YQ.YQ.YQ", "the token in .*/token is not a JSON Web Token: its claims are no JSON"),
             "endless": (token(5, exp=None), r"the token in .*/token does not say when it expires \(exp\)")}


@pytest.mark.parametrize("name", NO_TOKENS)
def test_no_tokens(kafka, topic, name, tmp_path):
    """check says what is wrong with a token, in one line, without repeating it."""
    text, words = NO_TOKENS[name]
    security = login_with(kafka, tmp_path, text or "")
    if text is None:
        (tmp_path / "token").unlink()
    result = checked(kafka, topic, tmp_path, listener="TOKEN", security=security)
    assert result.code == 1 and len(result.stderr.splitlines()) == 1 and "secret\n" not in result.stderr, result
    assert re.search(r"pipeline.write.kafka.security.token_file: " + words, result.stderr), result


@pytest.mark.parametrize("what", ["password", "CA"])
def test_a_file_is_mended(kafka, topic, what, tmp_path):
    """A password or a CA that was wrong is read again, without a reload; everything is stored once."""
    password, ca = tmp_path / "password", tmp_path / "ca.pem"
    password.write_text(PASSWORD if what == "CA" else "guessed")
    ca.write_text((Authority(tmp_path / "pki", "other").cert if what == "CA" else kafka.ca).read_text())
    security = {"mechanism": "PLAIN", "username": USER, "password_file": str(password), "ca_cert": str(ca)}
    with running(tmp_path, whole_flows(), to_kafka(kafka, topic, "SASL", security=security)) as program:
        degraded(program, "authentication" if what == "password" else "not trusted")
        settings.save_text(password, PASSWORD)
        settings.save_text(ca, kafka.ca.read_text())
        program.log("store=kafka state=ok", 40)
        until(lambda: waiting(tmp_path) == [], "an empty spool")
    ids = [m.headers["id"] for m in Client(kafka.address()).read(topic)]
    assert len(ids) == len(set(ids)) == len(sent())


def test_acl(kafka, tmp_path):
    """Who may not write there is told so."""
    client = Client(kafka.address())
    client.make("forbidden")
    client.forbid("forbidden", USER)
    write = to_kafka(kafka, "forbidden", "SASL", security=login(kafka))
    with running(tmp_path, settings.merge(whole_flows(), {"stop_timeout": 1}), write) as exporter:
        degraded(exporter, "this user may not write to topic forbidden: the cluster's ACLs must allow it Describe and Write")
    assert waiting(tmp_path) and client.read("forbidden") == []


@pytest.fixture
def newer(tmp_path):
    """The environment of a program that finds the librdkafka that confluent-kafka brings."""
    folder = tmp_path / "newer"
    folder.mkdir()
    for path in (ROOT / "build/python/confluent_kafka.libs").iterdir():
        (folder / path.name).symlink_to(path)
        if path.name.startswith("librdkafka-"):
            (folder / "librdkafka.so.1").symlink_to(path)
    return {"LD_LIBRARY_PATH": str(folder)}


def test_newer_library(kafka, topic, newer, tmp_path):
    """The newest librdkafka does what the distribution's does, and knows SCRAM."""
    security = login(kafka, mechanism="SCRAM-SHA-256")
    write = to_kafka(kafka, topic, "SASL", security=security, key="connection")
    assert checked(kafka, topic, tmp_path, env=newer, security=security).code == 0
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(whole_flows(), analyzer, tmp_path, write))
        with Exporter(path, env=newer) as program:
            analyzer.event("end", 60, unless_ends=program)
            assert "/librdkafka-" in pathlib.Path("/proc/%d/maps" % program.process.pid).read_text()
            assert program.stop() == 0, program.err.text()[-3000:]
    found = Client(kafka.address()).read(topic)
    assert len({m.headers["id"] for m in found}) == len(found) == len(sent())
    assert all(m.key.decode() == json.loads(m.value)["L3TrackingID"] for m in found)


def test_scram_needs_a_newer_library(kafka, topic, tmp_path):
    """check refuses what would fail with the library that is here, and says what to do."""
    write = to_kafka(kafka, topic, "SASL", security=login(kafka, mechanism="SCRAM-SHA-256"))
    path = settings.save(tmp_path / "exporter.yml", settings.merge(whole_flows(), {"pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/"}, "write": write}}))
    result = exporter("check", "-c", path)
    assert result.code == 1 and "2.6.1 is needed; use PLAIN over TLS, or a client's certificate" in result.stderr
    assert "security.mechanism" in result.stderr and len(result.stderr.splitlines()) == 1


def test_too_large(kafka, tmp_path):
    """Records that a topic does not take go to bad/, the others into the topic; "retry" sends them once it does."""
    client = Client(kafka.address())
    client.make("small", partitions=1, max_message_bytes=1500)
    with running(tmp_path, whole_flows(), to_kafka(kafka, "small", compression="none"), {
            "status": listening(tmp_path)}) as program:
        program.log("store=kafka .* record=[0-9]+ of [0-9]+ bytes refused, moved to bad: it is larger than the store takes")
        until(lambda: emptied(tmp_path), "all objects are stored or put aside", 60)
        bad, stored = list((tmp_path / "spool/exporter/bad").glob("*")), client.read("small")
        assert 1 <= len(bad) < 30 and len(stored) + len(bad) == len(sent())
        client.change("small", max_message_bytes=100000)
        assert exporter("retry", "-c", tmp_path / "exporter.yml").code == 0
        until(lambda: waiting(tmp_path) == [], "all are stored", 60)
    ids = [m.headers["id"] for m in client.read("small")]
    assert len(ids) == len(set(ids)) == len(sent())


def test_sample(kafka, tmp_path):
    """etc/kafka.yml, with another address, exports a recording."""
    client = Client(kafka.address())
    client.make("flows")
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        variables = {"ANALYZERS": analyzer.address, "PIPELINE_SUBSCRIBER_URL": analyzer.url, "STATUS_LISTEN": "",
                     "PIPELINE_WRITE_KAFKA_BROKERS": kafka.address(), "SPOOL_DIRECTORY": str(tmp_path / "spool")}
        with Exporter(ROOT / "etc" / "kafka.yml", env={"SKYDIVE_" + k: v for k, v in variables.items()}) as program:
            analyzer.event("end", 60, unless_ends=program)
            assert program.stop() == 0, program.err.text()[-3000:]
    assert len(client.read("flows")) == len(sent()) and waiting(tmp_path) == []


def checked(kafka, topic, folder, *args, env=None, listener="PLAINTEXT", **more):
    """What check says of a pipeline that writes there."""
    path = settings.save(folder / "exporter.yml", settings.merge(whole_flows(), {"pipeline": {
        "subscriber": {"url": "udp://127.0.0.1:9"}, "write": to_kafka(kafka, topic, listener, **more)}}))
    return exporter("check", "-c", path, *args, env=env)


def test_check_connect(kafka, topic, tmp_path):
    """It tells the topic and its partitions, or that it is not there; and makes none."""
    result = checked(kafka, topic, tmp_path, "--connect")
    assert result.code == 0 and "topic %s has 1 partition" % topic in result.stdout, result
    result = checked(kafka, "flaws-{tag}", tmp_path, "--connect")
    assert result.code == 1 and "there is no topic flaws-egress" in result.stdout, result
    assert not [name for name in Client(kafka.address()).topics() if name.startswith("flaws")]


WRONG = {
    "no brokers": ({"brokers": []}, "brokers: must be set"),
    "no topic": ({"topic": ""}, "topic: must be set"),
    "name": ({"topic": "a b"}, 'topic: " " cannot be in the name of a topic'),
    "template": ({"topic": "a-{vrf}"}, 'topic: "{vrf}" is no name: there are {tenant} and {tag}'),
    "header": ({"headers": ["format", "tags"]}, r'headers\[1\]: "tags" is no header of ours: there are tenant, tag, format, id'),
    "setting": ({"settings": {"linger.sm": 1}}, 'settings.linger.sm: librdkafka .*No such configuration property'),
    "not ours": ({"settings": {"transactional.id": "x"}}, "settings.transactional.id: cannot be set here: set delivery"),
    "no file": ({"security": {"ca_cert": "/nowhere"}}, "security.ca_cert: cannot read /nowhere: No such file"),
    "no user": ({"security": {"tls": True, "mechanism": "PLAIN", "password": "x"}}, "security.username: must be set"),
    "no mechanism": ({"security": {"username": "x"}}, "security.mechanism: must be set"),
    "no token": ({"security": {"tls": True, "mechanism": "OAUTHBEARER"}}, "security.token_file: must be set"),
    "a token alone": ({"security": {"token_file": "x"}}, "security.mechanism: must be OAUTHBEARER"),
    "token and user": ({"security": {"tls": True, "mechanism": "OAUTHBEARER", "token_file": "x", "username": "y"}},
                       "security.mechanism: OAUTHBEARER goes with token_file"),
}


@pytest.mark.parametrize("headers, transform, is_told", [
    (["id"], "none", True), (["id", "format"], "none", False), ([], "none", False), (["id"], "vpclogs", False)])
def test_flows_without_format(kafka, headers, transform, is_told, tmp_path):
    """Who would read them as flows could not: check says so, and takes it all the same."""
    path = settings.save(tmp_path / "exporter.yml", settings.merge(whole_flows(), {"pipeline": {
        "subscriber": {"url": "udp://127.0.0.1:9"}, "transform": {"type": transform},
        "write": to_kafka(kafka, "flows", headers=headers)}}))
    result = exporter("check", "-c", path)
    assert result.code == 0, result
    told = re.search(r"exporter.yml:\d+: pipeline.write.kafka.headers: without format a group of exporters", result.stderr)
    assert bool(told) == is_told, result


@pytest.mark.parametrize("name", WRONG)
def test_wrong_keys(kafka, name, tmp_path):
    """One line, with the place and the key."""
    change, words = WRONG[name]
    more = {key: value for key, value in change.items() if key != "topic"}
    result = checked(kafka, change.get("topic", "flows"), tmp_path, **more)
    assert result.code == 1 and len(result.stderr.splitlines()) == 1, result
    assert re.search(r"exporter.yml(:\d+)?: pipeline.write.kafka." + words, result.stderr), result


def test_other_stages(kafka, tmp_path):
    """What packs records, or stands around them, is refused with both keys."""
    config = settings.merge(whole_flows(compress="gzip"), {"pipeline": {
        "encode": {"type": "json"}, "subscriber": {"url": "udp://127.0.0.1:9"}, "write": to_kafka(kafka, "flows")}})
    result = exporter("check", "-c", settings.save(tmp_path / "exporter.yml", config))
    assert result.code == 1 and len(result.stderr.splitlines()) == 2, result
    for key, word in (("encode", "ndjson"), ("compress", "none")):
        assert re.search(r"exporter.yml:\d+: pipeline.write.type: kafka sends each record by itself: pipeline.%s.type must be "
                         r"%s, not \w+" % (key, word), result.stderr), result


def test_profile(kafka, tmp_path):
    """A profile's header, which nobody has written down, is refused in one line."""
    path = settings.save(tmp_path / "exporter.yml", {"profile": "vpclogs", "pipeline": {
        "subscriber": {"url": "udp://127.0.0.1:9"}, "write": to_kafka(kafka, "flows")}})
    result = exporter("check", "-c", path)
    assert result.code == 1 and len(result.stderr.splitlines()) == 1, result
    assert "pipeline.storeheader.type must be none, not vpclogs" in result.stderr
    config = settings.merge(settings.load(path), {"pipeline": {"storeheader": {"type": "none"}}})
    assert exporter("check", "-c", settings.save(path, config)).code == 0


def test_missing_library(kafka, tmp_path):
    """Without librdkafka one message names the packages; who writes elsewhere does not need it."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "librdkafka.so.1").write_bytes(b"")
    env = {"LD_LIBRARY_PATH": str(tmp_path / "lib")}
    result = checked(kafka, "flows", tmp_path, env=env)
    assert result.code == 1 and len(result.stderr.splitlines()) == 1, result
    assert "Kafka needs the library librdkafka.so.1: install librdkafka1 (Debian) or librdkafka (Fedora)" in result.stderr
    export(whole_flows(), [RECORDING], [], tmp_path, to_file(tmp_path))


def test_nothing_is_loaded_without_it(tmp_path):
    """No library and no thread of Kafka's in a process whose configuration does not name it."""
    with running(tmp_path, whole_flows(), to_file(tmp_path)) as program:
        program.log("state=started")
        pid = program.process.pid
        assert "rdkafka" not in pathlib.Path("/proc/%d/maps" % pid).read_text()
        names = {name for name, _ in threads(pid, "comm")}
        assert names and not [name for name in names if "kafka" in name or "rdk" in name]
