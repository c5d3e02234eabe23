# SPDX-License-Identifier: Apache-2.0
"""A reload from a store of objects to Kafka, or back, while records wait that were made for the other one."""
import json
import signal

import pytest

from integration.test_kafka import RECORDING, sent, to_kafka
from lib import settings
from lib.export import PACE, joined, to_s3, waiting, whole_flows
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.pages import listening
from lib.process import Analyzer, Exporter, exporter, until
from lib.s3.sink import Sink

WORDS = {"s3": "it was made for another writer than kafka; with such a pipeline.write.type again",
         "kafka": "it was made for kafka; with such a pipeline.write.type again"}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker; it starts in some four seconds."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


def by_name(flows):
    return sorted((flow["UUID"], flow["Last"]) for flow in flows)


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

        with Exporter(path) as program:
            program.log("state=subscribed")
            analyzer.command("play")
            until(lambda: any("/new/" in name for name in waiting(tmp_path)), "an object")
            analyzer.command("pause")
            program.log("store=%s state=degraded" % first)
            if then == "kafka":
                client.make(topic)
            reload(program, then)
            until(lambda: all("/bad/" in name for name in waiting(tmp_path)), "what waited is put aside")
            aside = len(waiting(tmp_path))
            assert aside and program.err.text().count(WORDS[first]) == aside
            analyzer.command("resume")
            analyzer.event("end", 60, unless_ends=program)
            until(lambda: len(waiting(tmp_path)) == aside, "the rest is stored")
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
