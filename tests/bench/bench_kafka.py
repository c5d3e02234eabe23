# SPDX-License-Identifier: Apache-2.0
"""The whole exporter: a websocket on one side, a broker of Kafka on the other.

The broker is a real one, on this machine, and takes its share of it; only the exporter's own time and memory count.
"""
import collections
import resource

from bench_end_to_end import RECORDED, VARIED, dropped, peak_kb
from lib import settings
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.process import Analyzer, Exporter, until

PACE = 100000           # flows a second, as from the websocket to a store
SECONDS = 6
ROUNDS = 3              # of which the one in the middle counts
PARTITIONS = 3
FLOWS_PER_OBJECT = 20000

KINDS = {"as recorded": RECORDED, "all different": VARIED}

Sent = collections.namedtuple("Sent", "flows records cpu peak_kb dropped")


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


def send(flows, folder, broker, repeat, source=VARIED):
    """Send the flows of a file of flows.py that often; every record must have come."""
    folder.mkdir()
    client, topic = Client(broker.address()), folder.name
    client.make(topic, PARTITIONS)
    with Analyzer(flows / source, topology=[flows / "topology.json"], pace=PACE,
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
        sent = analyzer.stats()["sent_flows"]
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Sent(sent, client.count(topic), cpu, peak, lost)


def middle(runs):
    return sorted(runs, key=lambda run: run.cpu / run.records)[len(runs) // 2]


def measure(flows, folder, count):
    """Return {kind of rows: the run in the middle, by its CPU time}."""
    repeat = PACE * SECONDS // count
    with Broker(folder / "broker") as broker:
        return {kind: middle([send(flows, folder / ("sent-%s-%d" % (source.partition(".")[0], number)), broker, repeat, source)
                              for number in range(ROUNDS)])
                for kind, source in KINDS.items()}
