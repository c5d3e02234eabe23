# SPDX-License-Identifier: Apache-2.0
"""An object whose put ends in the middle, because of a reload, a file that has changed, or a row that fails: the next one goes on
where it ended, and every record is there once."""
import signal
import time

import pytest

from integration.test_kafka import degraded, login, sent, to_kafka
from integration.test_kafka_faults import fill
from lib import settings
from lib.export import waiting
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.pki import Authority
from lib.process import Exporter, until

# A message a request, one request at a time: there is a middle.
SLOWLY = {"batch.num.messages": 1, "max.in.flight.requests.per.connection": 1, "linger.ms": 0}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker that these tests may do anything to."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


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
    ("at_least_once", "the same producer"), ("at_least_once", "another producer"), ("at_least_once", "another address"),
    ("exactly_once", "another producer")])
def test_a_reload_under_way(kafka, delivery, what, tmp_path):
    """What the broker has is not sent again by the writer that a reload makes, nor what is under way."""
    client, topic = Client(kafka.address()), "reload-%s-%s" % (delivery, what.replace(" ", "-"))
    client.make(topic, partitions=1)
    path = fill(tmp_path, to_kafka(kafka, topic, delivery=delivery, settings=SLOWLY), of=2000)
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
                                   settings={**SLOWLY, **patience}), of=2000)
    with Exporter(path) as program:
        stop_in_the_middle(kafka, client, "file")
        degraded(program, ".")
        ca.write_text(kafka.ca.read_text() + Authority(tmp_path / "pki", "other").cert.read_text())
        degraded(program, "a file with a password or certificates has changed")
        kafka.signal(signal.SIGCONT)
        until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
        assert program.stop() == 0, program.err.text()[-4000:]
    assert once(client, "file")


def middle():
    """A moment with as many records before it as after it, Unix ms."""
    times = sorted((flow.get("LastUpdateMetric") or flow)["Last"] for flow in sent())
    return times[len(times) // 2]


@pytest.mark.parametrize("more", ["nothing", "a file"])
def test_some_rows_fail(kafka, more, tmp_path):
    """The topic does not take rows that are old: the others are not sent again with them, also by another producer."""
    client, topic, ca = Client(kafka.address()), "old-" + more.replace(" ", "-"), tmp_path / "ca.pem"
    client.make(topic, partitions=1, message_timestamp_before_max_ms=int(time.time() * 1000) - middle())
    ca.write_text(kafka.ca.read_text())
    path = fill(tmp_path, to_kafka(kafka, topic, "SASL", security=login(kafka, ca_cert=str(ca)), settings=SLOWLY), of=2000)
    with Exporter(path) as program:
        degraded(program, "[Tt]imestamp")
        if more == "a file":
            ca.write_text(kafka.ca.read_text() + Authority(tmp_path / "pki", "other").cert.read_text())
        client.change(topic, message_timestamp_before_max_ms=2 ** 63 - 1)
        until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
        assert program.stop() == 0, program.err.text()[-4000:]
    assert once(client, topic)
