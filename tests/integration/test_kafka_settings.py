# SPDX-License-Identifier: Apache-2.0
"""Flows from Kafka while settings change, or differ between the members of a group: each flow is stored once all the same."""
import signal

import pytest

from integration.test_kafka_in import KEY, Feeding, Writer, make, member, stored_uuids, wait_for
from integration.test_kafka_in import kafka, sink, topic                 # noqa: F401 (fixtures)
from lib.process import Exporter

# Of the first a partition is in one interval all the time, and objects of that are stored.
SMALL, LARGE = {"of": 7, "interval": 3600}, {"of": 30, "interval": 1}


def prefix(name):
    return {"change": {"pipeline": {"store": {"buffered": {"filename_prefix": name}}}}}


def reload(exporter, until):
    """Wait for a line that comes then."""
    at = len(exporter.err.lines)
    exporter.signal(signal.SIGHUP)
    exporter.log(until, 20, at)


def test_a_reload(kafka, topic, sink, tmp_path):                          # noqa: F811
    """What was begun, and is stored in part, is ended with the former settings."""
    writer = Writer(kafka, topic)
    path = member(tmp_path, kafka, topic, sink, **SMALL)
    with Exporter(path) as one, Feeding(writer):
        for settings in (LARGE, SMALL, {**LARGE, **prefix("elsewhere")}):
            wait_for(sink, sum(stored_uuids(sink).values()) + 300)
            member(tmp_path, kafka, topic, sink, **settings)
            reload(one, "tenant=.* state=ended")
        wait_for(sink, sum(stored_uuids(sink).values()) + 300)
        assert one.stop() == 0, one.err.text()[-4000:]
    with Exporter(path) as again:
        wait_for(sink, writer.count)
        assert again.stop() == 0
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def test_other_numbers_after_a_crash(kafka, topic, sink, tmp_path):       # noqa: F811
    """Who was killed began objects of other sizes and intervals: they are ended so."""
    writer = Writer(kafka, topic)
    with Feeding(writer):
        for settings in (SMALL, LARGE, SMALL):
            with Exporter(member(tmp_path, kafka, topic, sink, **settings)) as one:
                wait_for(sink, sum(stored_uuids(sink).values()) + 300)
                one.kill()
    with Exporter(member(tmp_path, kafka, topic, sink, **LARGE)) as last:
        wait_for(sink, writer.count)
        assert last.stop() == 0
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


@pytest.mark.cluster
def test_members_that_differ(kafka, topic, sink, tmp_path):               # noqa: F811
    """Partitions that move from one to the other: said, and stored once."""
    writer = Writer(kafka, topic)
    with Exporter(member(tmp_path, kafka, topic, sink, "a", **SMALL)) as one, Feeding(writer):
        sink.wait(lambda s: {KEY.fullmatch(key)[3] for key in s.stored} == set("012"))
        with Exporter(member(tmp_path, kafka, topic, sink, "b", **LARGE)) as two:
            two.log("settings=differ", 20)
            wait_for(sink, sum(stored_uuids(sink).values()) + 300)
            assert two.stop() == 0, two.err.text()[-4000:]
        assert one.stop() == 0, one.err.text()[-4000:]
    with Exporter(member(tmp_path, kafka, topic, sink, "a", **LARGE)) as one, \
            Exporter(member(tmp_path, kafka, topic, sink, "b", **LARGE)) as two:
        wait_for(sink, writer.count)
        assert one.stop() == two.stop() == 0
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def test_other_rows_after_a_crash(kafka, sink, tmp_path):                 # noqa: F811
    """Nobody but who makes the same rows under the same keys can end what was begun: it is refused until then, and said."""
    topic = make(kafka, 1)                                               # noqa: F811
    writer = Writer(kafka, topic)
    path = member(tmp_path, kafka, topic, sink, of=7, interval=3600)
    with Exporter(path) as one:
        writer.write(300)
        wait_for(sink, 200)
        one.kill()
        begun = stored_uuids(sink)
    member(tmp_path, kafka, topic, sink, of=7, interval=3600, **prefix("elsewhere"))
    with Exporter(path) as two:
        two.log("partition 0: what is stored behind offset 0 was made with other settings of pipeline", 20)
        assert stored_uuids(sink) == begun
        member(tmp_path, kafka, topic, sink, of=7, interval=3600)
        reload(two, "partition=0 state=assigned")
        member(tmp_path, kafka, topic, sink, of=7, interval=1, **prefix("elsewhere"))
        reload(two, "tenant=.* state=ended")
        wait_for(sink, writer.count)
        assert two.stop() == 0
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []
