# SPDX-License-Identifier: Apache-2.0
"""The whole exporter: a websocket on one side, a broker of Kafka on the other.

The broker is a real one, on this machine, and takes its share of it; only the exporter's own time and memory count.
"""
import collections
import resource

from bench_end_to_end import dropped, peak_kb
from lib import settings
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.process import Analyzer, Exporter, until

PACE = 50000            # records a second
SECONDS = 8
ROUNDS = 3              # of which the one in the middle counts
PARTITIONS = 3
FLOWS_PER_OBJECT = 20000

Sent = collections.namedtuple("Sent", "records cpu peak_kb dropped")


def configuration(analyzer, broker, topic, folder):
    return {
        "analyzers": [analyzer.address],
        "spool": {"directory": str(folder / "spool"), "min_free": 0},
        "pipeline": {
            "subscriber": {"url": analyzer.url},
            "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
            "transform": {"type": "vpclogs"},
            "store": {"type": "buffered", "buffered": {
                "max_flows_per_object": FLOWS_PER_OBJECT, "max_seconds_per_object": 2,
                "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
            "write": {"type": "kafka", "kafka": {
                "brokers": [broker.address()], "topic": topic, "compression": "lz4"}},
        },
    }


def send(flows, folder, broker, repeat):
    """Send the flows of flows.py that often; every record must have come."""
    folder.mkdir()
    client, topic = Client(broker.address()), folder.name
    client.make(topic, PARTITIONS)
    with Analyzer(flows / "flows.pb", topology=[flows / "topology.json"], pace=PACE,
                  options=["--repeat", repeat, "--uniq"]) as analyzer:
        path = settings.save(folder / "exporter.yml", configuration(analyzer, broker, topic, folder))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Exporter(path) as exporter:
            analyzer.event("end", 120, unless_ends=exporter)
            until(lambda: not list((folder / "spool").glob("*/*/*")), "records sent", 60)
            peak = peak_kb(exporter)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
            lost = dropped(exporter)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Sent(client.count(topic), cpu, peak, lost)


def measure(flows, folder, count):
    """Return the run in the middle, by its CPU time."""
    with Broker(folder / "broker") as broker:
        runs = [send(flows, folder / ("sent-%d" % number), broker, PACE * SECONDS // count) for number in range(ROUNDS)]
    return sorted(runs, key=lambda run: run.cpu / run.records)[ROUNDS // 2]
