# SPDX-License-Identifier: Apache-2.0
"""The broker of the tests, and the consumer that reads what the exporter sent."""
import confluent_kafka
import pytest

from lib.kafka.broker import Broker
from lib.kafka.client import Client


def send(broker, topic, values, **settings):
    """Write values with another producer; each key is k."""
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.address(), "enable.idempotence": True, **settings})
    for value in values:
        producer.produce(topic, value, b"k", headers={"id": value}, timestamp=1700000000123)
    assert producer.flush(20) == 0


@pytest.mark.long
def test_broker(tmp_path):
    """All that was sent is read, with its key, headers and time, also after the broker was killed."""
    values = [b"%d" % i for i in range(100)]
    with Broker(tmp_path / "kafka") as broker:
        client = Client(broker.address())
        client.make("flows")
        assert client.topics() == ["flows"]
        send(broker, "flows", values)
        broker.kill()
        broker.start()
        found = client.read("flows")
        assert sorted(m.value for m in found) == sorted(values)
        assert {(m.key, m.time_ms) for m in found} == {(b"k", 1700000000123)}
        assert all(m.headers == {"id": m.value.decode()} for m in found)
