# SPDX-License-Identifier: Apache-2.0
"""Records as messages in Kafka: what an independent consumer reads of a real broker."""
import collections
import itertools
import json

import pytest

from golden import cases
from lib import objects, settings
from lib.export import PACE, export, joined, waiting
from lib.kafka.broker import Broker
from lib.kafka.client import Client

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker; it starts in some four seconds."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


@pytest.fixture
def topic(kafka):
    """The name of a new topic of one partition, which keeps everything in order."""
    name = "flows-%d" % next(NUMBERS)
    Client(kafka.address()).make(name, partitions=1)
    return name


def to_kafka(broker, topic, listener="PLAINTEXT", **more):
    return {"type": "kafka", "kafka": {"brokers": [broker.address(listener)], "topic": topic, **more}}


def by_record(config):
    """A configuration without what stands around records or packs them."""
    config = json.loads(json.dumps(config))
    for phase in ("encode", "compress", "storeheader"):
        config["pipeline"].pop(phase, None)
    return config


def parsed(by_tag):
    return {tag: [json.loads(text) for text in texts] for tag, texts in by_tag.items()}


@pytest.mark.parametrize("name", ["old-vpclogs", "edge-none", "new-secadvisor"])
def test_golden(kafka, topic, name, tmp_path):
    """The records of a golden case are the messages, tag by tag in order, each a line of JSON."""
    case = cases.by_name(name)
    export(by_record(settings.load(case.config)), case.inputs, case.topology, tmp_path, to_kafka(kafka, topic))
    found = collections.defaultdict(list)
    for message in Client(kafka.address()).read(topic):
        found[message.headers["tag"]].append(message.value.decode())
    assert parsed(found) == parsed(objects.by_tag(cases.expected(case)))
    assert not any("\n" in text for texts in found.values() for text in texts)
