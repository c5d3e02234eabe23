# SPDX-License-Identifier: Apache-2.0
"""The whole exporter: a topic of Kafka on one side, an object store on the other, beside the same from a websocket.

A relay writes the flows into the topics first, as etc/relay.yml does. What is read afterwards is all there, so it is
read as fast as one exporter can. The broker and the store are on this machine; only the exporter's own time and memory
count.
"""
import collections
import resource
import time

import bench_end_to_end
from bench_kafka import KINDS
from lib import settings
from lib.export import whole_flows
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink

PACE = 50000            # of the relay, flows a second
SECONDS = 8
ROUNDS = 3              # of which the one in the middle counts
PARTITIONS = 4
FORMS = ("json", "protobuf")

Taken = collections.namedtuple("Taken", "flows records cpu peak_kb objects rate")


def relay(analyzer, broker, topic, form, folder):
    """Write all that the stand-in sends into a new topic; returns how many flows there are."""
    folder.mkdir()
    client = Client(broker.address())
    client.make(topic, PARTITIONS, message_timestamp_type="LogAppendTime")
    config = settings.merge(whole_flows(20000), {
        "analyzers": [analyzer.address],
        "spool": {"directory": str(folder / "spool"), "min_free": 0},
        "pipeline": {"subscriber": {"url": analyzer.url}, "write": {"type": "kafka", "kafka": {
            "brokers": [broker.address()], "topic": topic, "key": "connection", "format": form}}}})
    with Exporter(settings.save(folder / "exporter.yml", config)) as exporter:
        analyzer.event("end", 120, unless_ends=exporter)
        until(lambda: not list((folder / "spool").glob("*/*/*")), "flows in the topic", 60)
        assert exporter.stop() == 0, exporter.err.text()[-4000:]
    return client.count(topic)


def stored(sink):
    """How many records."""
    return sum(int(item.headers["x-amz-meta-num-records"]) for item in list(sink.stored.values()))


def take(analyzer, broker, topic, flows, folder):
    """Store all of a topic, as a group of its own."""
    folder.mkdir()
    client, group = Client(broker.address()), folder.name
    with Sink() as sink:
        config = settings.merge(
            bench_end_to_end.configuration(analyzer, sink, folder, {"type": "gzip"}, bench_end_to_end.SECONDS_PER_OBJECT),
            {"pipeline": {"subscriber": {"url": "kafka://%s/%s?group=%s" % (broker.address(), topic, group)}}})
        path = settings.save(folder / "exporter.yml", config)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Exporter(path) as exporter:
            exporter.log("state=assigned", 60)
            begun = time.monotonic()
            sink.wait(lambda s: stored(s) > flows / 3, 120)
            most, seconds = stored(sink), time.monotonic() - begun
            until(lambda: client.committed(topic, group) == flows, "all of the topic committed", 120)
            peak = bench_end_to_end.peak_kb(exporter)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        records = stored(sink)
        objects = len(sink.stored)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Taken(flows, records, cpu, peak, objects, flows * most / records / seconds)


def us_a_flow(run):
    return run.cpu / run.flows * 1e6


def middle(runs):
    return sorted(runs, key=us_a_flow)[len(runs) // 2]


def measure_kind(flows, folder, count, broker, source):
    """Return {form: the run in the middle, by its CPU time} of a file of flows; "websocket" is one of them."""
    repeat = PACE * SECONDS // count
    runs = collections.defaultdict(list)
    folder.mkdir()
    for form in FORMS:
        topic = "%s-%s" % (folder.name, form)
        with Analyzer(flows / source, topology=[flows / "topology.json"], pace=PACE,
                      options=["--repeat", repeat, "--uniq"]) as analyzer:
            sent = relay(analyzer, broker, topic, form, folder / ("relay-" + form))
            for number in range(ROUNDS):
                runs[form].append(take(analyzer, broker, topic, sent, folder / ("%s-in-%d" % (topic, number))))
    for number in range(ROUNDS):
        runs["websocket"].append(bench_end_to_end.export(flows, folder / ("ws-%d" % number), repeat,
                                                         bench_end_to_end.CPU_PACE, source=source))
    return {name: middle(found) for name, found in runs.items()}


def measure(flows, folder, count):
    """Return what measure_kind() does, for each kind of rows."""
    with Broker(folder / "broker") as broker:
        return {kind: measure_kind(flows, folder / source.partition(".")[0], count, broker, source)
                for kind, source in KINDS.items()}
