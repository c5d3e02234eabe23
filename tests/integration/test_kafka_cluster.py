# SPDX-License-Identifier: Apache-2.0
"""Three brokers that have copies of everything, two of which must: one of them away, or all (make test-kafka).

KAFKA_STOPPED, KAFKA_AWAY, KAFKA_TIMES and KAFKA_PACE are those of test_kafka_faults.py.
"""
import signal
import threading

import pytest

from integration.test_analyzer_floods import memory
from integration.test_kafka import RECORDING, sent, to_kafka
from integration.test_kafka_faults import AWAY, PACE, STOPPED, TIMES
from lib import settings
from lib.export import joined, waiting, whole_flows
from lib.kafka.broker import Cluster
from lib.kafka.client import Client
from lib.process import Analyzer, Exporter, until

MB = 1 << 20
PEAK = 160 * MB


@pytest.fixture(scope="module")
def brokers(tmp_path_factory):
    """They start in some ten seconds; afterwards all serve again."""
    with Cluster(tmp_path_factory.mktemp("kafka")) as cluster:
        yield cluster


def one_killed(brokers, arrives):
    """The others go on without it."""
    brokers[0].kill()
    arrives()
    brokers[0].start()


def one_stopped(brokers, arrives):
    """So they do after a while, and before it wakes up."""
    brokers[1].signal(signal.SIGSTOP)
    threading.Event().wait(STOPPED)
    arrives()
    brokers[1].signal(signal.SIGCONT)


def all_away(brokers, arrives):
    """What is sent meanwhile waits."""
    for broker in brokers:
        broker.kill()
    threading.Event().wait(AWAY)
    for broker in brokers:
        broker.start(wait=False)
    arrives()


@pytest.mark.cluster
@pytest.mark.parametrize("delivery", ["at_least_once", "exactly_once"])
@pytest.mark.parametrize("trouble", [one_killed, one_stopped, all_away])
def test_brokers(brokers, trouble, delivery, tmp_path):
    """In the middle of a stream: records go on arriving as soon as two brokers serve, each is there once, memory is bounded, and the
    analyzer did not wait."""
    client = Client(brokers.address())
    topic = "%s-%s" % (trouble.__name__, delivery)
    client.make(topic, replicas=3, min_insync_replicas=2, message_timestamp_type="LogAppendTime")
    with Analyzer(RECORDING, pace=PACE, options=["--repeat", TIMES]) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(
            whole_flows(2000), analyzer, tmp_path, to_kafka(brokers, topic, delivery=delivery)))

        def arrives():
            before = until(lambda: client.count(topic), "a leader of each partition", 90)
            until(lambda: client.count(topic) > before + 500, "more records", 120)

        with Exporter(path) as exporter:
            until(lambda: client.count(topic) > 500, "the beginning of the stream", 60)
            trouble(brokers.brokers, arrives)
            analyzer.event("end", 300, unless_ends=exporter)
            until(lambda: waiting(tmp_path) == [], "an empty spool", 180)
            assert memory(exporter) < PEAK
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
        assert analyzer.stats()["lost_flows"] == 0
    until(lambda: client.brokers() == 3, "all brokers", 60)
    ids = [message.headers["id"] for message in client.read(topic, timeout=120)]
    assert len(ids) == len(set(ids)) == TIMES * len(sent())
