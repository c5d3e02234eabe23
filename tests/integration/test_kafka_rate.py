# SPDX-License-Identifier: Apache-2.0
"""A group of exporters under load, with three brokers, while one of everything fails (make test-kafka): one exporter is
killed, one stands still and goes on as a zombie, one comes, the brokers are stopped and started one after the other, the
store is down. Three tenants with limits of their own store flows of two tags; one of them has a transform with memory.

KAFKA_RATE: flows/s that are tried (default 5000); how many there were is printed: two cores for all of it give 20,000.
KAFKA_SECONDS: how long, at least (20). KAFKA_STILL: how long an exporter stands still (10). KAFKA_AWAY: how long the store
is down.
"""
import collections
import contextlib
import gzip
import json
import os
import re
import signal
import threading
import time

import confluent_kafka
import pytest

from integration.test_kafka_faults import AWAY
from integration.test_kafka_in import sent, sink        # noqa: F401
from lib import settings
from lib.export import to_s3, whole_flows
from lib.kafka.broker import Cluster
from lib.kafka.client import Client
from lib.process import Exporter, until

RATE = int(os.environ.get("KAFKA_RATE", 5000))
SECONDS = int(os.environ.get("KAFKA_SECONDS", 20))
STILL = int(os.environ.get("KAFKA_STILL", 10))
PARTITIONS, SESSION = 12, 6
AT_ONCE = 200           # flows
CONNECTIONS, REPORTS = 2000, 5      # at a time; of each of them
BYTES = 100             # from a report to the next
# Flows of an object and seconds of one; WITH_MEMORY sums up what others copy.
TENANTS = {"small": (300, 1), "large": (5000, 2), "sums": (1000, 2)}
WITH_MEMORY = {"transform": {"type": "vpclogs", "vpclogs": {"dialect": "ibm"}}}
# Addresses of a cluster's network, and of none: flows between two of them, or out of it.
TAGS = {"internal": "10.10.0.7", "egress": "192.0.2.9"}
KEY = re.compile(r"bucket/(small|large|sums)/(\w+)/rate-(\d+)-\d{8}T\d{6}Z-(\d{20})/(\d{8})\.gz")
NUMBER = re.compile(rb'"TrackingID":"n(\d+)"')
PATIENCE = 90


def named(number):
    """A flow's connection, and which of its reports it is: all connections report by turns."""
    turn, connection = divmod(number, CONNECTIONS)
    generation, report = divmod(turn, REPORTS)
    return generation * CONNECTIONS + connection, report


def addresses(connection):
    """Who began it: address and port."""
    return "10.10.%d.1" % (1 + connection // 50000), 1024 + connection % 50000


class Load(threading.Thread):
    """Writes flows as the writer kafka does, by connection, as many a second as it can; each has a number."""

    def __init__(self, brokers, topic):
        super().__init__()
        self.topic, self.count, self.failed, self.over = topic, 0, [], threading.Event()
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": brokers.address(), "enable.idempotence": True, "linger.ms": 20, "compression.type": "lz4",
            "partitioner": "murmur2_random", "on_delivery": self.delivered, "log_level": 0})
        flow = {**sent()[0], "UUID": "@uuid", "TrackingID": "@number", "Metric": "@total",
                "LastUpdateMetric": self.metric(BYTES),
                "Network": {"Protocol": "IPV4", "A": "@a", "B": "@b", "ID": 0},
                "Transport": {"Protocol": "TCP", "A": "@port", "B": 443, "ID": 0}}
        text = json.dumps(flow).replace("%", "%%")
        for name, value in (("uuid", '"c%(c)d"'), ("number", '"n%(n)d"'), ("a", '"%(a)s"'), ("b", '"%(b)s"'),
                            ("port", "%(port)d"), ("total", "%(total)s")):
            text = text.replace('"@%s"' % name, value)
        self.text = text

    def metric(self, total):
        return {"ABPackets": total // BYTES, "ABBytes": total, "BAPackets": 0, "BABytes": 0,
                "Start": 1795344057825, "Last": 1795344060877}

    def delivered(self, error, _message):
        if error:
            self.failed.append(str(error))

    def write(self, number):
        connection, report = named(number)
        a, port = addresses(connection)
        text = self.text % {"c": connection, "n": number, "a": a, "port": port, "b": TAGS[tag_of(connection)],
                            "total": json.dumps(self.metric(BYTES * (report + 1)))}
        while True:
            try:
                self.producer.produce(self.topic, text, b"c%d" % connection, headers={"format": "Flow/1"})
                return
            except BufferError:
                self.producer.poll(0.1)

    def run(self):
        begun = time.monotonic()
        while not self.over.is_set():
            for number in range(self.count, self.count + AT_ONCE):
                self.write(number)
            self.count += AT_ONCE
            self.producer.poll(0)
            self.over.wait(max(0, begun + self.count / RATE - time.monotonic()))
        self.seconds = time.monotonic() - begun

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
        assert self.producer.flush(PATIENCE) == 0 and self.failed == []


def tag_of(connection):
    return ("internal", "egress")[connection % 2]


def configure(folder, name, brokers, sink):
    """A member of the group; returns its configuration's path."""
    folder = folder / name
    folder.mkdir()

    def tenant(prefix):
        of, interval = TENANTS[prefix]
        config = settings.merge(whole_flows(of, "gzip"), {"pipeline": {
            "subscriber": {"url": "kafka://%s/rate?group=rate" % brokers.address(),
                           "settings": {"session.timeout.ms": 1000 * SESSION, "heartbeat.interval.ms": 500}},
            "store": {"buffered": {"max_seconds_per_object": interval, "filename_prefix": prefix}}}})
        config["pipeline"]["write"] = to_s3(sink)
        if prefix == "sums":
            config["pipeline"].update(WITH_MEMORY)
        return config

    base = {"host_id": name, "stop_timeout": 10, "spool": {"directory": str(folder / "spool")}, "status": {"listen": ""}}
    return settings.save_all(folder, base, {prefix: tenant(prefix) for prefix in TENANTS})


class Group:
    """Members that run, and what happens to them; each returns when flows are stored again."""

    def __init__(self, stack, folder, brokers, sink):
        self.stack, self.folder, self.brokers, self.sink = stack, folder, brokers, sink
        self.paths, self.running = {}, {}

    def join(self, name):
        if name not in self.paths:
            self.paths[name] = configure(self.folder, name, self.brokers, self.sink)
        self.running[name] = self.stack.enter_context(Exporter(self.paths[name]))

    def goes_on(self):
        """Until each tenant has some more."""
        before = records(self.sink)
        self.sink.wait(lambda s: all(count > before[name] + AT_ONCE for name, count in records(s).items()), PATIENCE)

    def one_is_killed(self):
        self.running.pop("a").kill()
        self.goes_on()
        self.join("a")

    def one_stands_still(self):
        self.running["b"].signal(signal.SIGSTOP)
        threading.Event().wait(STILL)
        self.running["b"].signal(signal.SIGCONT)

    def one_comes(self):
        self.join("d")

    def brokers_are_restarted(self):
        for broker in self.brokers.brokers:
            broker.kill()
            broker.start(wait=False)
            until(lambda: Client(self.brokers.address()).brokers() == len(self.brokers.brokers), "all brokers", 90)
            self.goes_on()

    def store_is_down(self):
        self.sink.behave("status=503")
        threading.Event().wait(AWAY)
        self.sink.behave("ok")


def records(sink):
    """How many each tenant has stored, by what its objects say of themselves."""
    found = dict.fromkeys(TENANTS, 0)
    for key, item in list(sink.stored.items()):
        found[key.split("/")[1]] += int(item.headers["x-amz-meta-num-records"])
    return found


def wrong_rows(key, item, times):
    """Count a tenant's flows by their numbers; returns those that are in an object of another tag."""
    numbers = [int(number) for number in NUMBER.findall(gzip.decompress(item.body))]
    assert len(numbers) <= TENANTS[key[1]][0]
    for number in numbers:
        times[number] += 1
    return [number for number in numbers if tag_of(named(number)[0]) != key[2]]


def rows_with_memory(stored):
    """{(address, port, total until then): [bytes since the report before]} of the tenant whose transform has memory."""
    found = collections.defaultdict(list)
    for key, item in stored:
        assert int(item.headers["x-amz-meta-num-records"]) <= TENANTS[key[1]][0]
        for row in json.loads(gzip.decompress(item.body)):
            found[row["initiator_ip"], row["initiator_port"], row["cumulative_bytes_from_initiator"]].append(
                row["bytes_from_initiator"])
    return found


def check(sink, count):
    """Each tenant has each flow once, in objects of its tag; what has memory sums up to what there was."""
    times = {name: bytearray(count) for name in TENANTS}
    misplaced, summed = [], []
    for name, item in sorted(sink.stored.items()):
        key = KEY.fullmatch(name)
        assert key, name
        if key[1] == "sums":
            summed.append((key, item))
        else:
            misplaced += wrong_rows(key, item, times[key[1]])
    for name in ("small", "large"):
        not_once = [number for number in range(count) if times[name][number] != 1]
        assert not not_once, (name, len(not_once), [(n, times[name][n]) for n in not_once[:10]])
    assert misplaced == []
    rows = rows_with_memory(summed)
    wanted = {(*addresses(connection), BYTES * (report + 1)) for connection, report in map(named, range(count))}
    assert set(rows) == wanted
    assert [row for row in rows.items() if row[1] != [BYTES]][:10] == []


@pytest.mark.cluster
def test_a_group_under_load(sink, tmp_path):     # noqa: F811
    """Whatever fails, each flow is stored once, and no key is ever stored with other flows."""
    with Cluster(tmp_path / "kafka") as brokers, contextlib.ExitStack() as stack:
        Client(brokers.address()).make("rate", PARTITIONS, 3, message_timestamp_type="LogAppendTime", min_insync_replicas=2)
        group = Group(stack, tmp_path, brokers, sink)
        for name in "abc":
            group.join(name)
        with Load(brokers, "rate") as load:
            begun = time.monotonic()
            group.goes_on()
            for trouble in (group.one_is_killed, group.one_stands_still, group.one_comes, group.brokers_are_restarted,
                            group.store_is_down):
                trouble()
                print("%.0f s: %s, %d flows" % (time.monotonic() - begun, trouble.__name__, load.count))
                group.goes_on()
            threading.Event().wait(max(0, begun + SECONDS - time.monotonic()))
        print("%d flows, %.0f a second" % (load.count, load.count / load.seconds))
        try:
            sink.wait(lambda s: min(records(s).values()) >= load.count, 60 + load.count // 5000)
        except AssertionError:
            check(sink, load.count)
            raise
        print("stored after %.0f s" % (time.monotonic() - begun))
        for member in group.running.values():
            assert member.stop() == 0, member.err.text()[-4000:]
    check(sink, load.count)
    assert [key for key in sink.rewritten if "/sums/" not in key] == []
