# SPDX-License-Identifier: Apache-2.0
"""Kafka that is killed, stopped or away, and an exporter that is killed: what a consumer reads afterwards.

make test-kafka does the same for longer: KAFKA_KILLS, KAFKA_STOPPED and KAFKA_AWAY (seconds); KAFKA_SEED repeats one.
"""
import collections
import os
import random
import signal
import threading

import pytest

from integration.test_kafka import RECORDING, sent, to_kafka
from lib import settings
from lib.export import joined, waiting, whole_flows
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.process import Analyzer, Exporter, until

KILLS = int(os.environ.get("KAFKA_KILLS", 6))
STOPPED = float(os.environ.get("KAFKA_STOPPED", 2))
AWAY = float(os.environ.get("KAFKA_AWAY", 3))
SEED = int(os.environ.get("KAFKA_SEED", random.randrange(1 << 32)))
TIMES = int(os.environ.get("KAFKA_TIMES", 12))
PACE = int(os.environ.get("KAFKA_PACE", 2000))


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker that these tests may do anything to."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


def kill(broker):
    broker.kill()
    broker.start()


def stop(broker):
    broker.signal(signal.SIGSTOP)
    threading.Event().wait(STOPPED)
    broker.signal(signal.SIGCONT)


def away(broker):
    broker.kill()
    threading.Event().wait(AWAY)
    broker.start()


@pytest.mark.long
@pytest.mark.parametrize("trouble", [kill, stop, away], ids=["killed", "stopped", "away"])
def test_broker(kafka, trouble, tmp_path):
    """A broker that is killed, stopped or away for a while, in the middle of a stream: each record is there once, and the
    analyzer did not wait."""
    client = Client(kafka.address())
    topic = "broker-%s" % trouble.__name__
    client.make(topic)
    total = TIMES * len(sent())
    with Analyzer(*[RECORDING] * TIMES, pace=PACE) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(whole_flows(), analyzer, tmp_path, to_kafka(kafka, topic)))
        with Exporter(path) as exporter:
            until(lambda: len(client.read(topic)) > 500, "the beginning of the stream")
            trouble(kafka)
            analyzer.event("end", 300, unless_ends=exporter)
            until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
        assert analyzer.stats()["lost_flows"] == 0
    ids = [message.headers["id"] for message in client.read(topic)]
    assert len(ids) == len(set(ids)) == total


def fill(folder, config):
    """Let all objects of the recording be made while no broker can be reached."""
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        unreachable = {"type": "kafka", "kafka": {**config["kafka"], "brokers": ["127.0.0.1:1"]}}
        path = settings.save(folder / "exporter.yml", settings.merge(
            joined(whole_flows(20), analyzer, folder, unreachable), {"stop_timeout": 1}))
        with Exporter(path) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
    assert len(waiting(folder)) > 20
    return settings.save(folder / "exporter.yml", settings.merge(settings.load(path), {"pipeline": {"write": config}}))


def check_whole(ids):
    """Of each object all rows are there, of each stream all objects."""
    rows, objects = collections.defaultdict(set), collections.defaultdict(set)
    for name in ids:
        stream, number, row = name.rsplit("/", 2)
        rows[stream, number].add(int(row))
        objects[stream].add(int(number))
    for found in [*rows.values(), *objects.values()]:
        assert found == set(range(len(found)))


@pytest.mark.long
def test_exporter_is_killed(kafka, tmp_path):
    """kill -9 at any moment, again and again: each record is there at least once, under the same name each time."""
    client = Client(kafka.address())
    client.make("killed", partitions=1)
    path = fill(tmp_path, to_kafka(kafka, "killed", settings={"linger.ms": 40}))
    print("KAFKA_SEED=%d" % SEED)
    moments = random.Random(SEED)
    for _ in range(KILLS):
        with Exporter(path) as exporter:
            exporter.log("state=started")
            threading.Event().wait(moments.uniform(0, 0.4))
            exporter.kill()
    with Exporter(path) as exporter:
        until(lambda: waiting(tmp_path) == [], "an empty spool", 60)
        assert exporter.stop() == 0, exporter.err.text()[-4000:]
    messages = client.read("killed")
    values = collections.defaultdict(set)
    for message in messages:
        values[message.headers["id"]].add(message.value)
    assert len(values) == len(sent()) and all(len(found) == 1 for found in values.values())
    check_whole(values)
