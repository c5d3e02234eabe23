# SPDX-License-Identifier: Apache-2.0
"""Flows from Kafka: a group of exporters stores what relays have written, each flow once."""
import collections
import contextlib
import itertools
import json
import re
import signal
import threading

import confluent_kafka
import pytest

from lib import settings, stream
from lib.export import export, to_s3, whole_flows
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.paths import recording
from lib.process import Exporter, exporter
from lib.s3.sink import Sink

NUMBERS = itertools.count(1)
RECORDING = recording("old-netns-mixed.jsonl.gz")
KEY = re.compile(r"bucket/logs/(egress|ingress|internal|other)/(in-\d+)-(\d+)-(\d{20})/(\d{8})\.gz")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker; it starts in some four seconds."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


@pytest.fixture
def sink():
    with Sink() as sink:
        yield sink


def make(kafka, partitions=3, time="LogAppendTime", **config):
    """A new topic, whose times are the broker's; its name."""
    name = "in-%d" % next(NUMBERS)
    Client(kafka.address()).make(name, partitions, message_timestamp_type=time, **config)
    return name


@pytest.fixture
def topic(kafka):
    return make(kafka)


def member(folder, kafka, topic, sink, name="one", interval=2, of=200, change=None):
    """Save the configuration of a member of the topic's group."""
    config = settings.merge(whole_flows(of), {
        "host_id": name, "stop_timeout": 10,
        "spool": {"directory": str(folder / ("spool-" + name))}, "status": {"listen": ""},
        "pipeline": {
            "subscriber": {"url": "kafka://%s/%s?group=%s" % (kafka.address(), topic, topic),
                           "settings": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}},
            "store": {"buffered": {"max_seconds_per_object": interval}}}})
    config["pipeline"]["write"] = to_s3(sink)
    return settings.save(folder / (name + ".yml"), settings.merge(config, change or {}))


def sent():
    return [flow for batch in stream.batches(RECORDING) for flow in batch]


def relay(kafka, topic, folder):
    """Play the recording through an exporter into the topic."""
    (folder / "relay").mkdir()
    export(whole_flows(), [RECORDING], [], folder / "relay", {"type": "kafka", "kafka": {
        "brokers": [kafka.address()], "topic": topic, "key": "connection"}})


def named(flow):
    """What tells it from all others."""
    return flow["UUID"], (flow.get("LastUpdateMetric") or flow)["Last"], flow["Last"]


class Writer:
    """Writes flows as the writer kafka does, each with a UUID of its own."""

    def __init__(self, kafka, topic):
        self.topic, self.flow, self.count = topic, sent()[0], 0
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": kafka.address(), "enable.idempotence": True, "linger.ms": 20})

    def write(self, count, **place):
        """So many; returns their names."""
        for number in range(self.count, self.count + count):
            self.producer.produce(self.topic, json.dumps({**self.flow, "UUID": "u%d" % number}), b"k%d" % number,
                                  headers={"format": "Flow/1"}, **place)
            self.producer.poll(0)
        self.count += count
        assert self.producer.flush(20) == 0

    def wanted(self):
        return collections.Counter("u%d" % number for number in range(self.count))


def stored(sink):
    """How often each flow is stored."""
    return collections.Counter(named(json.loads(text)) for item in sink.objects() for text in item.records)


def stored_uuids(sink):
    return collections.Counter(json.loads(text)["UUID"] for item in sink.objects() for text in item.records)


def wait_for(sink, count, timeout=30):
    """Until so many flows are stored."""
    sink.wait(lambda s: sum(item.body.count(b'"UUID"') for item in s.stored.values()) >= count, timeout)


@contextlib.contextmanager
def running(path):
    with Exporter(path) as exporter:
        try:
            yield exporter
        except BaseException:
            print(exporter.err.text()[-6000:])
            raise
        assert exporter.stop() == 0, exporter.err.text()[-4000:]


def test_from_a_relay_to_objects(kafka, topic, sink, tmp_path):
    """What an analyzer sent is stored whole, in objects of one tag that are named after partition and offset, each with as
    many flows as may be; and once, though the exporter is started again."""
    flows = sent()
    relay(kafka, topic, tmp_path)
    path = member(tmp_path, kafka, topic, sink)
    with running(path):
        wait_for(sink, len(flows))
    with running(path) as again:
        again.log("state=subscribed")
        Writer(kafka, topic).write(1)
        wait_for(sink, len(flows) + 1)
    assert stored(sink) - collections.Counter(map(named, flows)) == collections.Counter(
        {named({**flows[0], "UUID": "u0"}): 1})
    assert sum(stored(sink).values()) == len(flows) + 1 and sink.rewritten == []
    keys = [KEY.fullmatch(key) for key in sink.stored]
    assert all(keys) and {key[3] for key in keys} == {"0", "1", "2"}
    for _, found in itertools.groupby(sorted(keys, key=lambda k: k.group(3, 4, 5)), key=lambda k: k.group(3, 4, 5)):
        assert sum(len(sink.stored[key[0]].body.split(b'"UUID"')) - 1 for key in found) <= 200


def test_a_partition_is_stored_though_it_is_quiet(kafka, topic, sink, tmp_path):
    """Within twice the interval, each time that it was quiet again; offsets name the objects, without a gap."""
    writer = Writer(kafka, topic)
    with running(member(tmp_path, kafka, topic, sink, interval=1)) as one:
        one.log("state=subscribed")
        for times in range(1, 4):
            writer.write(5, partition=1)
            wait_for(sink, 5 * times, 6)
    assert sorted(KEY.fullmatch(key).group(3, 4, 5) for key in sink.stored) == [
        ("1", "%020d" % (5 * times), "00000000") for times in range(3)]


class Feeding(threading.Thread):
    """Writes at a steady pace until it is ended."""

    def __init__(self, writer, each=100, pause=0.05):
        super().__init__()
        self.writer, self.each, self.pause, self.over = writer, each, pause, threading.Event()

    def run(self):
        while not self.over.wait(self.pause):
            self.writer.write(self.each)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


@pytest.mark.long
def test_members_come_and_go(kafka, sink, tmp_path):
    """One is killed, one is stopped until it is missed and goes on as a zombie, one comes; the store is down for a while.
    Each flow is stored once, and no key is ever stored with other flows."""
    topic = make(kafka, partitions=6)
    writer = Writer(kafka, topic)
    paths = {name: member(tmp_path, kafka, topic, sink, name, interval=1, of=300) for name in "abcd"}
    with contextlib.ExitStack() as stack:
        members = {name: stack.enter_context(Exporter(paths[name])) for name in "abc"}
        with Feeding(writer):
            for each in members.values():
                each.log("state=subscribed", 20)
            wait_for(sink, 2000)
            members["a"].kill()
            sink.behave("status=503")
            members["b"].signal(signal.SIGSTOP)
            members["d"] = stack.enter_context(Exporter(paths["d"]))
            members["c"].log("partition=. state=assigned", 20, len(members["c"].err.lines))
            sink.behave("ok")
            wait_for(sink, sum(stored_uuids(sink).values()) + 2000)
            members["b"].signal(signal.SIGCONT)
            members["b"].log("state=lost", 20)
            wait_for(sink, sum(stored_uuids(sink).values()) + 1000)
        wait_for(sink, writer.count, 60)
        for name in "bcd":
            assert members[name].stop() == 0, members[name].err.text()[-4000:]
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []
