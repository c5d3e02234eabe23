# SPDX-License-Identifier: Apache-2.0
"""Topics and what is in them, as an independent consumer reads it: confluent-kafka, with its own librdkafka."""
import collections
import sys
import time

from lib.paths import ROOT
from lib.process import Failed, until

sys.path.append(str(ROOT / "build" / "python"))
import confluent_kafka                                              # noqa: E402
import confluent_kafka.admin                                        # noqa: E402

Message = collections.namedtuple("Message", "partition offset key value headers time_ms")
PATIENCE = 10
QUIET = {"log_level": 0, "error_cb": lambda error: None}


def plain(message):
    """A message as values."""
    headers = {name: value.decode() for name, value in message.headers() or ()}
    return Message(message.partition(), message.offset(), message.key(), message.value(), headers,
                   message.timestamp()[1])


class Client:
    """An operator's view of the cluster."""

    def __init__(self, brokers):
        self.settings = {"bootstrap.servers": brokers, **QUIET}
        self.admin = confluent_kafka.admin.AdminClient(self.settings)

    def brokers(self):
        """Return how many serve."""
        try:
            return len(self.admin.list_topics(timeout=2).brokers)
        except confluent_kafka.KafkaException:
            return 0

    def topics(self):
        return sorted(self.admin.list_topics(timeout=PATIENCE).topics)

    def _finish(self, futures):
        for future in futures.values():
            future.result(PATIENCE)

    def make(self, topic, partitions=3, replicas=1, **config):
        """Make a topic; keys of its configuration with _ for a dot.

        A broker that starts again has forgotten the producers whose newest message is older than a day (Kafka's
        producer.id.expiration.ms): it takes a batch of theirs a second time. Messages have the time of their flows, and a
        recording's are older. So a topic that is to have each message once when brokers die has
        message_timestamp_type="LogAppendTime"."""
        self._finish(self.admin.create_topics([confluent_kafka.admin.NewTopic(
            topic, partitions, replicas, config={k.replace("_", "."): str(v) for k, v in config.items()})]))
        # The controller has it at once, a busy broker some time later.
        until(lambda: self._leaders(topic) == partitions, "topic " + topic, PATIENCE)

    def _leaders(self, topic):
        """Return how many partitions of a topic have a leader, as far as a broker knows."""
        found = self.admin.list_topics(timeout=PATIENCE).topics.get(topic)
        return sum(partition.leader >= 0 for partition in found.partitions.values()) if found else 0

    def remove(self, topic):
        self._finish(self.admin.delete_topics([topic]))

    def change(self, topic, **config):
        """Change keys of a topic's configuration, as in make()."""
        admin = confluent_kafka.admin
        entries = [admin.ConfigEntry(k.replace("_", "."), str(v), incremental_operation=admin.AlterConfigOpType.SET)
                   for k, v in config.items()]
        self._finish(self.admin.incremental_alter_configs([admin.ConfigResource(
            admin.ResourceType.TOPIC, topic, incremental_configs=entries)]))

    def forget(self, topic, partition, before):
        """Remove what is before an offset, as retention does."""
        self._finish(self.admin.delete_records([confluent_kafka.TopicPartition(topic, partition, before)]))

    def _rule(self, kind, name, user, operation, permission):
        admin = confluent_kafka.admin
        self._finish(self.admin.create_acls([admin.AclBinding(
            admin.ResourceType[kind], name, admin.ResourcePatternType.LITERAL, "User:" + user, "*",
            admin.AclOperation[operation], admin.AclPermissionType[permission])]))

    def forget_group(self, group):
        """Delete what a group committed; return whether it could be: it must have no members."""
        try:
            self._finish(self.admin.delete_consumer_groups([group]))
        except confluent_kafka.KafkaException:
            return False
        return True

    def forbid(self, topic, user, operation="WRITE"):
        """Forbid a user to write into the topic, or to READ it."""
        self._rule("TOPIC", topic, user, operation, "DENY")

    def allow(self, kind, name, user, operation):
        """Allow one thing with a TOPIC or a GROUP, which all that nobody has named allow; nothing else is from now on."""
        self._rule(kind, name, user, operation, "ALLOW")

    def count(self, topic):
        """Return how many messages a topic has, those of transactions under way included; 0 while a partition has no leader."""
        consumer = confluent_kafka.Consumer({**self.settings, "group.id": "reader"})
        try:
            partitions = consumer.list_topics(topic, PATIENCE).topics[topic].partitions
            return sum(consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, p), PATIENCE)[1]
                       for p in partitions)
        except confluent_kafka.KafkaException:
            return 0
        finally:
            consumer.close()

    def committed(self, topic, group):
        """Return how many messages of a topic a group has done with: the sum of its offsets."""
        consumer = confluent_kafka.Consumer({**self.settings, "group.id": group})
        try:
            places = [confluent_kafka.TopicPartition(topic, p)
                      for p in consumer.list_topics(topic, PATIENCE).topics[topic].partitions]
            return sum(max(place.offset, 0) for place in consumer.committed(places, PATIENCE))
        finally:
            consumer.close()

    def read(self, topic, isolation="read_committed", timeout=30):
        """Return all messages of a topic, as of now, in order within a partition. timeout: without any that comes."""
        consumer = confluent_kafka.Consumer({
            **self.settings, "group.id": "reader", "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "enable.partition.eof": True, "isolation.level": isolation})
        try:
            return self._read(consumer, topic, timeout)
        finally:
            consumer.close()

    def _read(self, consumer, topic, timeout):
        places = [confluent_kafka.TopicPartition(topic, p, confluent_kafka.OFFSET_BEGINNING)
                  for p in consumer.list_topics(topic, PATIENCE).topics[topic].partitions]
        ends = {place.partition: consumer.get_watermark_offsets(place, PATIENCE)[1] for place in places}
        consumer.assign(places)
        deadline = time.monotonic() + timeout
        messages, left = [], {partition for partition, end in ends.items() if end}
        while left:
            if time.monotonic() > deadline:
                raise Failed("topic %s: nothing came for %g s" % (topic, timeout))
            found = consumer.consume(10000, 0.2)
            if found:
                deadline = time.monotonic() + timeout
            for message in found:
                if not message.error():
                    messages.append(plain(message))
                elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                else:
                    raise Failed("topic %s: %s" % (topic, message.error()))
            left -= {place.partition for place in consumer.position(places) if place.offset >= ends[place.partition]}
        return sorted(messages, key=lambda m: (m.partition, m.offset))
