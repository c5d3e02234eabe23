# SPDX-License-Identifier: Apache-2.0
"""Kafka that is killed, stopped or away, and an exporter that is killed: what a consumer reads afterwards.

make test-kafka does the same for longer: KAFKA_KILLS, KAFKA_STOPPED and KAFKA_AWAY (seconds); KAFKA_SEED repeats one.
"""
import collections
import os
import random
import shutil
import signal
import threading

import pytest

from integration.test_kafka import RECORDING, sent, to_kafka
from lib import pages, settings, strace
from lib.export import joined, waiting, whole_flows
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.process import Analyzer, Exporter, until

KILLS = int(os.environ.get("KAFKA_KILLS", 6))
STOPPED = float(os.environ.get("KAFKA_STOPPED", 2))
AWAY = float(os.environ.get("KAFKA_AWAY", 3))
SEED = int(os.environ.get("KAFKA_SEED", random.randrange(1 << 32)))
# Seconds of a life: with transactions it begins by ending what the one before left.
WINDOW = {"at_least_once": 0.4, "exactly_once": 1.5}
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
    client.make(topic, message_timestamp_type="LogAppendTime")
    total = TIMES * len(sent())
    with Analyzer(RECORDING, pace=PACE, options=["--repeat", TIMES]) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(whole_flows(), analyzer, tmp_path, to_kafka(kafka, topic)))
        with Exporter(path) as exporter:
            until(lambda: client.count(topic) > 500, "the beginning of the stream")
            trouble(kafka)
            analyzer.event("end", 300, unless_ends=exporter)
            until(lambda: waiting(tmp_path) == [], "an empty spool", 90)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
        assert analyzer.stats()["lost_flows"] == 0
    ids = [message.headers["id"] for message in client.read(topic)]
    assert len(ids) == len(set(ids)) == total


@pytest.mark.long
def test_what_is_counted(kafka, tmp_path):
    """What waits for a broker is on /status, /metrics and the page; then how long it waited, and that nothing does any more."""
    client = Client(kafka.address())
    client.make("counted")
    with Analyzer(RECORDING, pace=PACE // 4, clients=0) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(
            whole_flows(), analyzer, tmp_path, to_kafka(kafka, "counted"), {"status": pages.listening(tmp_path)}))
        with Exporter(path) as exporter:
            exporter.log("state=subscribed")
            assert set(pages.status(tmp_path)["kafka"].values()) == {0}
            assert "Kafka" not in pages.get(tmp_path, "/")[1]
            kafka.signal(signal.SIGSTOP)
            analyzer.command("play")
            until(lambda: pages.status(tmp_path)["kafka"]["queued"], "messages that wait")
            assert pages.metrics(tmp_path)["skydive_exporter_kafka_queued_messages", ()] > 0
            assert "Kafka, messages queued" in pages.get(tmp_path, "/")[1]
            threading.Event().wait(STOPPED)
            kafka.signal(signal.SIGCONT)
            analyzer.event("end", 60, unless_ends=exporter)
            total = len(sent())
            until(lambda: pages.status(tmp_path)["kafka"]["messages"] == total, "all messages", 60)
            counted = pages.status(tmp_path)["kafka"]
            assert (counted["queued"], counted["failures"], counted["aborts"]) == (0, 0, 0), counted
            assert counted["delivery_seconds"] >= STOPPED, counted
            assert exporter.stop() == 0


def fill(folder, config, of=20):
    """Let all objects of the recording be made while no broker can be reached."""
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        unreachable = {"type": "kafka", "kafka": {**config["kafka"], "brokers": ["127.0.0.1:1"]}}
        path = settings.save(folder / "exporter.yml", settings.merge(
            joined(whole_flows(of), analyzer, folder, unreachable), {"stop_timeout": 1}))
        with Exporter(path) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
    assert len(waiting(folder)) > 400 // of
    return settings.save(folder / "exporter.yml", settings.merge(settings.load(path), {"pipeline": {"write": config}}))


def empty(path, folder):
    """Let an exporter send what is in the spool."""
    with Exporter(path) as exporter:
        exporter.log("state=started")
        until(lambda: waiting(folder) == [], "an empty spool", 90)
        assert exporter.stop() == 0, exporter.err.text()[-4000:]


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
@pytest.mark.parametrize("delivery", ["at_least_once", "exactly_once"])
def test_exporter_is_killed(kafka, delivery, tmp_path):
    """kill -9 at any moment, again and again: each record is there, under the same name each time if it comes twice, which
    it does not where that was asked for."""
    client = Client(kafka.address())
    topic = "killed-" + delivery
    client.make(topic, partitions=2)
    path = fill(tmp_path, to_kafka(kafka, topic, delivery=delivery, settings={"linger.ms": 40}))
    print("KAFKA_SEED=%d" % SEED)
    moments = random.Random(SEED)
    for _ in range(KILLS):
        with Exporter(path) as exporter:
            exporter.log("state=started")
            threading.Event().wait(moments.uniform(0, WINDOW[delivery]))
            exporter.kill()
    empty(path, tmp_path)
    messages = client.read(topic)
    values = collections.defaultdict(set)
    for message in messages:
        values[message.headers["id"]].add(message.value)
    assert len(values) == len(sent()) and all(len(found) == 1 for found in values.values())
    check_whole(values)
    if delivery == "exactly_once":
        assert len(messages) == len(values)


def test_what_is_in_is_not_sent_again(kafka, tmp_path):
    """Objects whose messages were committed, but whose files a kill -9 left, go without being sent, in any order."""
    client = Client(kafka.address())
    client.make("in", partitions=2)
    path = fill(tmp_path, to_kafka(kafka, "in", delivery="exactly_once"))
    shutil.copytree(tmp_path / "spool/exporter/new", tmp_path / "kept")
    empty(path, tmp_path)
    before = client.read("in")
    assert len({m.headers["id"] for m in before}) == len(before) == len(sent())
    for file in (tmp_path / "kept").iterdir():
        shutil.copy(file, tmp_path / "spool/exporter/new" / file.name)
    empty(path, tmp_path)
    assert client.read("in") == before


@pytest.mark.long
def test_what_is_in_is_known_behind_many(kafka, tmp_path):
    """The object that was the last one to be committed in some run is not sent again by a later one, though a hundred others were
    sent since."""
    client = Client(kafka.address())
    client.make("behind", partitions=1)
    path = fill(tmp_path, to_kafka(kafka, "behind", delivery="exactly_once"), of=6)
    first, *others = sorted((tmp_path / "spool/exporter/new").iterdir())
    assert len(others) > 100
    (tmp_path / "kept").mkdir()
    shutil.copy(first, tmp_path / "kept")
    for file in others:
        file.rename(tmp_path / "kept" / file.name)
    empty(path, tmp_path)
    for file in others:
        (tmp_path / "kept" / file.name).rename(file)
    empty(path, tmp_path)
    before = client.read("behind")
    assert len({m.headers["id"] for m in before}) == len(before) == len(sent())
    shutil.copy(tmp_path / "kept" / first.name, first)
    empty(path, tmp_path)
    assert client.read("behind") == before


@pytest.mark.parametrize("delivery", ["at_least_once", "exactly_once"])
def test_what_cannot_be_removed(kafka, delivery, tmp_path):
    """An object that is in, but cannot be removed from the spool, is the only one: others wait, and nothing comes twice where that
    was asked for."""
    client = Client(kafka.address())
    topic = "stays-" + delivery
    client.make(topic, partitions=1)
    path = fill(tmp_path, to_kafka(kafka, topic, delivery=delivery))
    before, refusal = waiting(tmp_path), "error=EROFS"
    with Exporter(path, under=strace.command(tmp_path / "trace", "unlink,renameat", refusal)) as exporter:
        exporter.log("store=kafka state=degraded .*cannot be removed from the spool; others wait")
        exporter.kill()
    assert waiting(tmp_path) == before and len(client.read(topic)) <= 20
    empty(path, tmp_path)
    ids = [m.headers["id"] for m in client.read(topic)]
    assert len(set(ids)) == len(sent()) and len(ids) - len(set(ids)) <= (0 if delivery == "exactly_once" else 20)


def test_two_spools_of_one_tenant(kafka, tmp_path):
    """Two exporters with a tenant of one name, and one whose spool was made anew, do not take each other's for sent, and do
    not end each other's transactions."""
    client = Client(kafka.address())
    client.make("two", partitions=2)
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        path = fill(tmp_path / name, to_kafka(kafka, "two", delivery="exactly_once"))
        empty(path, tmp_path / name)
    shutil.rmtree(tmp_path / "one" / "spool")
    empty(fill(tmp_path / "one", to_kafka(kafka, "two", delivery="exactly_once")), tmp_path / "one")
    ids = [m.headers["id"] for m in client.read("two")]
    assert len(set(ids)) == len(ids) == 3 * len(sent())


def refuse(path, folder):
    """Let an exporter send what is in the spool, of which some goes to bad/."""
    with Exporter(path) as exporter:
        until(lambda: not [name for name in waiting(folder) if "/bad/" not in name], "an empty spool", 90)
        assert exporter.stop() == 0, exporter.err.text()[-4000:]


def retry(path, folder, send):
    """Send what is in bad/ again."""
    for file in (folder / "spool/exporter/bad").iterdir():
        file.rename(folder / "spool/exporter/new" / file.name)
    send(path, folder)


def test_too_large_in_a_transaction(kafka, tmp_path):
    """What a topic does not take goes to bad/, the others are there exactly once."""
    client = Client(kafka.address())
    client.make("tight", partitions=1, max_message_bytes=1500)
    path = fill(tmp_path, to_kafka(kafka, "tight", delivery="exactly_once", compression="none"), of=100)
    refuse(path, tmp_path)
    bad, ids = len(waiting(tmp_path)), [m.headers["id"] for m in client.read("tight")]
    assert 1 <= bad < 30 and len(ids) == len(set(ids)) == len(sent()) - bad


@pytest.mark.parametrize("delivery", ["at_least_once", "exactly_once"])
def test_put_aside_once(kafka, delivery, tmp_path):
    """What a topic does not take stands in bad/ once, also when the exporter was killed, more than once, while it put that there."""
    client = Client(kafka.address())
    topic = "aside-" + delivery
    client.make(topic, partitions=1, max_message_bytes=1500)
    # Of small batches few rows are sent again alone.
    path = fill(tmp_path, to_kafka(kafka, topic, delivery=delivery, compression="none", settings={
        "batch.num.messages": {"at_least_once": 10, "exactly_once": 200}[delivery], "linger.ms": 0}), of=100)
    # In the second one of two lives, and when an object of which some are aside is to be removed.
    for call, number in (("renameat2", 3), ("renameat2", 3), ("renameat", 1)):
        with Exporter(path, under=strace.command(tmp_path / "trace", call, "signal=KILL:when=%d" % number)) as exporter:
            until(lambda: exporter.process.poll() is not None, "its end", 60)
    assert len(list((tmp_path / "spool/exporter/bad").iterdir())) > 1
    refuse(path, tmp_path)
    aside = list((tmp_path / "spool/exporter/bad").iterdir())
    assert len(aside) == len(sent()) - len({m.headers["id"] for m in client.read(topic)})
    # Sent again they are refused again; and stored when they are not.
    retry(path, tmp_path, refuse)
    assert len(list((tmp_path / "spool/exporter/bad").iterdir())) == len(aside)
    client.change(topic, max_message_bytes=100000)
    retry(path, tmp_path, empty)
    ids = [m.headers["id"] for m in client.read(topic)]
    assert len(set(ids)) == len(sent()) and (len(ids) == len(set(ids)) or delivery == "at_least_once")
