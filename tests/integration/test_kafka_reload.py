# SPDX-License-Identifier: Apache-2.0
"""A reload from a store of objects to Kafka, or back, while records wait that were made for the other one; and an object whose put
ends in the middle, because of a reload, a file that has changed, or a row that fails: the next put goes on from there."""
import json
import signal
import time

import pytest

from integration.test_kafka import RECORDING, degraded, login, sent, to_kafka
from integration.test_kafka_faults import fill
from lib import settings
from lib.export import PACE, joined, to_s3, waiting, whole_flows
from lib.kafka.broker import PASSWORD, USER, Broker
from lib.kafka.client import Client
from lib.pages import listening, status
from lib.pki import Authority
from lib.process import Analyzer, Exporter, exporter, until
from lib.s3.sink import Sink

WORDS = {"s3": "it was made for another writer than kafka; with such a pipeline.write.type again",
         "kafka": "it was made for kafka; with such a pipeline.write.type again"}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker that these tests may do anything to; it starts in some four seconds."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


def by_name(flows):
    return sorted((flow["UUID"], flow["Last"]) for flow in flows)


def encoded(folder):
    return sum(tenant["counters"]["records_encoded"] for tenant in status(folder)["tenants"])


@pytest.mark.parametrize("first, then", [("s3", "kafka"), ("kafka", "s3")])
def test_reload(kafka, first, then, tmp_path):
    """What waits for the one goes to bad/, each object with one line; what comes goes to the other; after the way back
    "retry" sends the rest where it belongs. Nothing is missing, nothing comes twice."""
    client, topic = Client(kafka.address()), "from-" + first
    with Sink() as sink, Analyzer(RECORDING, pace=PACE // 4, clients=0) as analyzer:
        writes = {"s3": to_s3(sink), "kafka": to_kafka(kafka, topic)}
        if first == "s3":
            sink.behave("503")
        config = joined(whole_flows(), analyzer, tmp_path, writes[first], {"status": listening(tmp_path)})
        path = settings.save(tmp_path / "exporter.yml", config)

        def reload(program, name):
            settings.save(path, settings.merge(config, {"pipeline": {"write": writes[name]}}))
            line = len(program.err.lines)
            program.signal(signal.SIGHUP)
            program.log("reload=done .* changed=1", start=line)

        def only_aside(program):
            names = waiting(tmp_path)
            return (names and all("/bad/" in name for name in names) and
                    program.err.text().count(WORDS[first]) == len(names))

        with Exporter(path) as program:
            program.log("state=subscribed")
            analyzer.command("play")
            until(lambda: any("/new/" in name for name in waiting(tmp_path)), "an object")
            analyzer.command("pause")
            program.log("store=%s state=degraded" % first)
            if then == "kafka":
                client.make(topic)
            reload(program, then)
            until(lambda: only_aside(program), "what waited is put aside")
            analyzer.command("resume")
            analyzer.event("end", 60, unless_ends=program)
            until(lambda: encoded(tmp_path) == len(sent()), "all is in the spool")
            until(lambda: only_aside(program), "the rest is stored")
            if first == "kafka":
                client.make(topic)
            sink.behave("ok")
            reload(program, first)
            assert exporter("retry", "-c", path).code == 0
            until(lambda: waiting(tmp_path) == [], "an empty spool", 60)
            assert program.stop() == 0
        stored = [json.loads(text) for found in sink.objects() for text in found.records]
    streamed = [json.loads(message.value) for message in client.read(topic)]
    assert stored and streamed and by_name(stored + streamed) == by_name(sent())


# Few messages a request, one request at a time: there is a middle.
SLOWLY = {"max.in.flight.requests.per.connection": 1, "linger.ms": 0}


def once(client, topic):
    """Whether every record of the recording is in the topic once."""
    ids = [m.headers["id"] for m in client.read(topic)]
    return len(ids) == len(set(ids)) == len(sent())


def stop_in_the_middle(kafka, client, topic):
    """Stop the broker when it has some of the rows, and not all."""
    until(lambda: client.count(topic) > 20, "the first rows")
    kafka.signal(signal.SIGSTOP)


def change(path, program, change):
    """Reload with that change of the writer."""
    settings.save(path, settings.merge(settings.load(path), {"pipeline": {"write": {"kafka": change}}}))
    line = len(program.err.lines)
    program.signal(signal.SIGHUP)
    program.log("reload=done .* changed=1", start=line)


CHANGES = {"the same producer": lambda kafka: {"key": "tenant"}, "another producer": lambda kafka: {"compression": "none"},
           "another address": lambda kafka: {"brokers": [kafka.address().replace("127.0.0.1", "localhost")]}}


@pytest.mark.parametrize("delivery, what", [
    ("at_least_once", "the same producer"), ("at_least_once", "another producer"),
    pytest.param("at_least_once", "another address", marks=pytest.mark.cluster),
    pytest.param("exactly_once", "another producer", marks=pytest.mark.cluster)])
def test_a_reload_under_way(kafka, delivery, what, tmp_path):
    """What the broker has is not sent again by the writer that a reload makes, nor what is under way."""
    client, topic = Client(kafka.address()), "reload-%s-%s" % (delivery, what.replace(" ", "-"))
    client.make(topic, partitions=1)
    path = fill(tmp_path, to_kafka(kafka, topic, delivery=delivery, settings={**SLOWLY, "batch.num.messages": 1}), of=2000)
    with Exporter(path) as program:
        stop_in_the_middle(kafka, client, topic)
        change(path, program, CHANGES[what](kafka))
        assert waiting(tmp_path)
        kafka.signal(signal.SIGCONT)
        until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
        assert program.stop() == 0, program.err.text()[-4000:]
    assert once(client, topic)


@pytest.mark.cluster
def test_a_file_changes_under_way(kafka, tmp_path):
    """A file with certificates changes while the broker hangs: what it may have is left to the producer that sent it."""
    client, ca = Client(kafka.address()), tmp_path / "ca.pem"
    client.make("file", partitions=1)
    ca.write_text(kafka.ca.read_text())
    patience = {"request.timeout.ms": 1000, "socket.timeout.ms": 1500}
    path = fill(tmp_path, to_kafka(kafka, "file", "SASL", security=login(kafka, ca_cert=str(ca)),
                                   settings={**SLOWLY, **patience, "batch.num.messages": 8}), of=2000)
    with Exporter(path) as program:
        stop_in_the_middle(kafka, client, "file")
        degraded(program, ".")
        settings.save_text(ca, kafka.ca.read_text() + Authority(tmp_path / "pki", "other").cert.read_text())
        degraded(program, "a file with a password or certificates has changed")
        kafka.signal(signal.SIGCONT)
        until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
        assert program.stop() == 0, program.err.text()[-4000:]
    assert once(client, "file")


@pytest.fixture
def other_password(kafka):
    """A function that starts the broker, which was killed, with another password; in the end it has the old one."""
    file = kafka.folder / "settings"
    before = file.read_text()

    def start(password):
        settings.save_text(file, before.replace(PASSWORD, password))
        kafka.start()
    yield start
    kafka.kill()
    start(PASSWORD)


@pytest.mark.cluster
def test_a_password_changes_while_the_broker_is_away(kafka, other_password, tmp_path):
    """Who had rows under way cannot log in any more: they are sent by its successor. Only what was in flight may come twice."""
    client, file = Client(kafka.address()), tmp_path / "password"
    client.make("password", partitions=1)
    file.write_text(PASSWORD)
    security = {"mechanism": "PLAIN", "username": USER, "password_file": str(file), "ca_cert": str(kafka.ca)}
    path = fill(tmp_path, to_kafka(kafka, "password", "SASL", security=security,
                                   settings={**SLOWLY, "batch.num.messages": 8}), of=2000)
    with Exporter(path) as program:
        until(lambda: client.count("password") > 20, "the first rows")
        kafka.kill()
        degraded(program, ".")
        settings.save_text(file, "another-one")
        other_password("another-one")
        until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
        assert program.stop() == 0, program.err.text()[-4000:]
    ids = [m.headers["id"] for m in client.read("password")]
    assert len(set(ids)) == len(sent()) and len(ids) - len(set(ids)) <= 8


def middle():
    """A moment with as many records before it as after it, Unix ms."""
    times = sorted((flow.get("LastUpdateMetric") or flow)["Last"] for flow in sent())
    return times[len(times) // 2]


@pytest.mark.parametrize("more", ["a file", pytest.param("nothing", marks=pytest.mark.cluster)])
def test_some_rows_fail(kafka, more, tmp_path):
    """The topic does not take rows that are old: the others are not sent again with them, also by another producer."""
    client, topic, ca = Client(kafka.address()), "old-" + more.replace(" ", "-"), tmp_path / "ca.pem"
    client.make(topic, partitions=1, message_timestamp_before_max_ms=int(time.time() * 1000) - middle())
    ca.write_text(kafka.ca.read_text())
    path = fill(tmp_path, to_kafka(kafka, topic, "SASL", security=login(kafka, ca_cert=str(ca)),
                                   settings={**SLOWLY, "batch.num.messages": 25}), of=2000)
    with Exporter(path) as program:
        degraded(program, "[Tt]imestamp")
        if more == "a file":
            settings.save_text(ca, kafka.ca.read_text() + Authority(tmp_path / "pki", "other").cert.read_text())
        client.change(topic, message_timestamp_before_max_ms=2 ** 63 - 1)
        until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
        assert program.stop() == 0, program.err.text()[-4000:]
    assert once(client, topic)


@pytest.mark.cluster
def test_a_topic_comes_after_a_reload(kafka, tmp_path):
    """What waits for a topic that is not there, handed over by the writer before, comes once when it is."""
    client = Client(kafka.address())
    path = fill(tmp_path, to_kafka(kafka, "later"), of=50)
    settings.save(path, settings.merge(settings.load(path), {"status": listening(tmp_path)}))
    with Exporter(path) as program:
        program.log("state=started")
        until(lambda: status(tmp_path)["kafka"]["queued"], "rows that are handed over")
        change(path, program, {"key": "tenant"})
        client.make("later", partitions=1)
        until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
        assert program.stop() == 0, program.err.text()[-4000:]
    assert once(client, "later")
