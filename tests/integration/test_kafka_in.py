# SPDX-License-Identifier: Apache-2.0
"""Flows from Kafka: a group of exporters stores what relays have written, each flow once."""
import collections
import contextlib
import itertools
import json
import os
import re
import signal
import threading
import time

import confluent_kafka
import pytest

from lib import settings, stream
from lib.export import PACE, export, to_s3, whole_flows
from lib.kafka.broker import PASSWORD, USER, Broker, token
from lib.kafka.client import Client
from lib.kafka.gate import SYNC_GROUP, Gate
from lib.pages import get, listening, metrics, source, text_of
from lib.paths import ROOT, recording
from lib.pki import Authority
from lib.process import Analyzer, Exporter, exporter, until
from lib.s3.server import free_ports
from lib.s3.sink import Sink

NUMBERS = itertools.count(1)
RECORDING = recording("old-netns-mixed.jsonl.gz")
KEY = re.compile(r"bucket/logs/(egress|ingress|internal|other)/(in-\d+)-(\d+)-\d{8}T\d{6}Z-(\d{20})/(\d{8})\.gz")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker; it starts in some four seconds."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


@pytest.fixture
def sink():
    with Sink() as sink:
        yield sink


def make(kafka, partitions=3, time="LogAppendTime", **config):
    """A new topic, whose times are the broker's; its name."""
    name = "in-%d" % next(NUMBERS)
    Client(kafka.address()).make(name, partitions, message_timestamp_type=time, **config)
    return name


@pytest.fixture
def topic(kafka):
    return make(kafka)


def member(folder, kafka, topic, sink, name="one", interval=2, of=200, change=None):
    """Save the configuration of a member of the topic's group."""
    config = settings.merge(whole_flows(of), {
        "host_id": name, "stop_timeout": 10,
        "spool": {"directory": str(folder / ("spool-" + name))}, "status": {"listen": ""},
        "pipeline": {
            "subscriber": {"url": "kafka://%s/%s?group=%s" % (kafka.address(), topic, topic),
                           "settings": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}},
            "store": {"buffered": {"max_seconds_per_object": interval}}}})
    config["pipeline"]["write"] = to_s3(sink)
    return settings.save(folder / (name + ".yml"), settings.merge(config, change or {}))


def sent():
    return [flow for batch in stream.batches(RECORDING) for flow in batch]


def relay(kafka, topic, folder, **more):
    """Play the recording through an exporter into the topic."""
    (folder / "relay").mkdir()
    export(whole_flows(), [RECORDING], [], folder / "relay", {"type": "kafka", "kafka": {
        "brokers": [kafka.address()], "topic": topic, "key": "connection", **more}})


def named(flow):
    """What tells it from all others."""
    return flow["UUID"], (flow.get("LastUpdateMetric") or flow)["Last"], flow["Last"]


class Writer:
    """Writes flows as the writer kafka does, each with a UUID of its own."""

    def __init__(self, kafka, topic):
        self.topic, self.flow, self.count = topic, sent()[0], 0
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": kafka.address(), "enable.idempotence": True, "linger.ms": 20})

    def write(self, count, **place):
        """So many; returns their names."""
        for number in range(self.count, self.count + count):
            self.producer.produce(self.topic, json.dumps({**self.flow, "UUID": "u%d" % number}), b"k%d" % number,
                                  headers={"format": "Flow/1"}, **place)
            self.producer.poll(0)
        self.count += count
        assert self.producer.flush(20) == 0

    def wanted(self):
        return collections.Counter("u%d" % number for number in range(self.count))


def stored(sink):
    """How often each flow is stored."""
    return collections.Counter(named(json.loads(text)) for item in sink.objects() for text in item.records)


def stored_uuids(sink):
    return collections.Counter(json.loads(text)["UUID"] for item in sink.objects() for text in item.records)


def wait_for(sink, count, timeout=30):
    """Until so many flows are stored."""
    sink.wait(lambda s: sum(item.body.count(b'"UUID"') for item in s.stored.values()) >= count, timeout)


def ready(folder):
    """What /readyz says, as soon as somebody answers."""
    try:
        return get(folder, "/readyz")[0] == 200
    except OSError:
        return False


@contextlib.contextmanager
def running(path):
    with Exporter(path) as exporter:
        try:
            yield exporter
        except BaseException:
            print(exporter.err.text()[-6000:])
            raise
        assert exporter.stop() == 0, exporter.err.text()[-4000:]


@pytest.mark.parametrize("form", ["json", "protobuf"])
def test_from_a_relay_to_objects(kafka, topic, form, sink, tmp_path):
    """What an analyzer sent is stored whole, in objects of one tag that are named after partition and offset, each with as
    many flows as may be; and once, though the exporter is started again."""
    flows = sent()
    relay(kafka, topic, tmp_path, format=form)
    path = member(tmp_path, kafka, topic, sink)
    with running(path):
        wait_for(sink, len(flows))
    with running(path) as again:
        again.log("state=subscribed")
        Writer(kafka, topic).write(1)
        wait_for(sink, len(flows) + 1)
    assert stored(sink) - collections.Counter(map(named, flows)) == collections.Counter(
        {named({**flows[0], "UUID": "u0"}): 1})
    assert sum(stored(sink).values()) == len(flows) + 1 and sink.rewritten == []
    keys = [KEY.fullmatch(key) for key in sink.stored]
    assert all(keys) and {key[3] for key in keys} == {"0", "1", "2"}
    for _, found in itertools.groupby(sorted(keys, key=lambda k: k.group(3, 4, 5)), key=lambda k: k.group(3, 4, 5)):
        assert sum(len(sink.stored[key[0]].body.split(b'"UUID"')) - 1 for key in found) <= 200


def test_a_partition_is_stored_though_it_is_quiet(kafka, topic, sink, tmp_path):
    """Within twice the interval, each time that it was quiet again; offsets name the objects, without a gap."""
    writer = Writer(kafka, topic)
    with running(member(tmp_path, kafka, topic, sink, interval=1)) as one:
        one.log("state=subscribed")
        for times in range(1, 4):
            writer.write(5, partition=1)
            wait_for(sink, 5 * times, 6)
    assert sorted(KEY.fullmatch(key).group(3, 4, 5) for key in sink.stored) == [
        ("1", "%020d" % (5 * times), "00000000") for times in range(3)]


class Feeding(threading.Thread):
    """Writes at a steady pace until it is ended."""

    def __init__(self, writer, each=100, pause=0.05):
        super().__init__()
        self.writer, self.each, self.pause, self.over = writer, each, pause, threading.Event()

    def run(self):
        while not self.over.wait(self.pause):
            self.writer.write(self.each)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


@pytest.mark.long
@pytest.mark.parametrize("again", range(int(os.environ.get("KAFKA_ROUNDS", "1"))))
def test_members_come_and_go(kafka, again, sink, tmp_path):
    """One is killed, one is stopped until it is missed and goes on as a zombie, one comes; the store is down for a while.
    Each flow is stored once, and no key is ever stored with other flows."""
    del again
    topic = make(kafka, partitions=6)
    writer = Writer(kafka, topic)
    paths = {name: member(tmp_path, kafka, topic, sink, name, interval=1, of=300) for name in "abcd"}
    with contextlib.ExitStack() as stack:
        members = {name: stack.enter_context(Exporter(paths[name])) for name in "abc"}
        with Feeding(writer):
            for each in members.values():
                each.log("state=subscribed", 20)
            wait_for(sink, 2000)
            members["a"].kill()
            sink.behave("status=503")
            members["b"].signal(signal.SIGSTOP)
            members["d"] = stack.enter_context(Exporter(paths["d"]))
            members["c"].log("partition=. state=assigned", 20, len(members["c"].err.lines))
            sink.behave("ok")
            wait_for(sink, sum(stored_uuids(sink).values()) + 2000)
            members["b"].signal(signal.SIGCONT)
            members["b"].log("state=lost", 20)
            wait_for(sink, sum(stored_uuids(sink).values()) + 1000)
        wait_for(sink, writer.count, 60)
        for name in "bcd":
            assert members[name].stop() == 0, members[name].err.text()[-4000:]
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def produce(kafka, topic, value, partition=0, **more):
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.address()})
    producer.produce(topic, value, partition=partition, **more)
    assert producer.flush(20) == 0


def test_what_is_no_flow_is_passed_over(kafka, topic, sink, tmp_path):
    """Poison between flows, an analyzer's own messages, and records of another format: each is counted, and said."""
    writer = Writer(kafka, topic)
    writer.write(3, partition=0)
    store = {"Namespace": "flow", "Type": "store", "UUID": "", "Status": 200, "Obj": [{**writer.flow, "UUID": "analyzer"}]}
    produce(kafka, topic, json.dumps(store))
    for value, headers in ((b"{", {"format": "Flow/1"}), (b"\xff\xff", {"format": "Flow/1"}), (b"{", None), (b"", None),
                           (b"\x00\x01", None), (b"{}", {"format": "vpclogs/1"})):
        produce(kafka, topic, value, headers=headers)
    writer.write(3, partition=0)
    with running(member(tmp_path, kafka, topic, sink, interval=1)) as one:
        wait_for(sink, 7)
        one.log('bad_message=', 20)
    assert stored_uuids(sink) == writer.wanted() + collections.Counter(["analyzer"])
    assert "unsaid=5 bad messages" in one.err.text()


def commit_as_another(kafka, topic, partition, offset):
    """In the group of the topic."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.address(), "group.id": topic})
    consumer.commit(offsets=[confluent_kafka.TopicPartition(topic, partition, offset)], asynchronous=False)
    consumer.close()


def make_anew(client, topic):
    client.remove(topic)
    until(lambda: topic not in client.topics(), "the topic to be gone")
    client.make(topic, 1, message_timestamp_type="LogAppendTime")


@pytest.mark.cluster
def test_a_topic_made_anew_under_a_member(kafka, sink, tmp_path):
    """It is refused; and read from its beginning when all members were stopped and what the group committed is deleted."""
    topic, client = make(kafka, 1), Client(kafka.address())
    path = member(tmp_path, kafka, topic, sink, interval=1)
    Writer(kafka, topic).write(5)
    with running(path) as one:
        wait_for(sink, 5)
        one.signal(signal.SIGSTOP)
        make_anew(client, topic)
        Writer(kafka, topic).write(2)
        one.signal(signal.SIGCONT)
        one.log("it was made anew", 20)
    until(lambda: client.forget_group(topic), "a group without members", 20)
    with running(path):
        wait_for(sink, 7)
    assert sink.rewritten == []


def test_a_partition_that_lost_its_end(kafka, sink, tmp_path):
    """Its offsets are given again, and would give objects the names of others: it is refused, and says so."""
    topic, client = make(kafka, 1), Client(kafka.address())
    with running(member(tmp_path, kafka, topic, sink, interval=1)) as one:
        Writer(kafka, topic).write(5)
        wait_for(sink, 5)
        one.signal(signal.SIGSTOP)
        make_anew(client, topic)
        Writer(kafka, topic).write(2)
        one.signal(signal.SIGCONT)
        one.log("partition 0 of topic %s ends at offset 2, and was read until 5: it was made anew" % topic, 20)
    assert sum(stored_uuids(sink).values()) == 5 and sink.rewritten == []


def test_a_topic_made_anew(kafka, sink, tmp_path):
    """While nobody reads: offsets begin again, and brokers forget what was committed. Objects of both topics are kept, and
    what comes later follows on."""
    topic, client = make(kafka, 1), Client(kafka.address())
    path = member(tmp_path, kafka, topic, sink, interval=1)
    writer = Writer(kafka, topic)
    writer.write(5)
    with running(path):
        wait_for(sink, 5)
    make_anew(client, topic)
    writer.write(6)
    for count in (11, 18):
        with running(path):
            wait_for(sink, count)
        writer.write(7)
    assert set(stored_uuids(sink).values()) == {1} and sink.rewritten == []
    assert len({key.split("/")[3].rsplit("-", 1)[0] for key in sink.stored}) == 2


def two_topics(folder, kafka, first, second, sink):
    """A configuration with a pipeline for each, called so, as members of groups of theirs."""
    base = {"host_id": "one", "spool": {"directory": str(folder / "spool")}, "status": listening(folder)}
    return settings.save_all(folder, base, {topic: settings.merge(whole_flows(), {"pipeline": {
        "subscriber": {"url": "kafka://%s/%s?group=%s" % (kafka.address(), topic, topic)},
        "store": {"buffered": {"max_seconds_per_object": 1, "filename_prefix": topic}}, "write": to_s3(sink)}})
        for topic in (first, second)})


def test_a_topic_that_is_deleted(kafka, sink, tmp_path):
    """While it is read: it is said, once, and not ready; another one is read on."""
    goes, stays = make(kafka, 1), make(kafka, 1)
    with running(two_topics(tmp_path, kafka, goes, stays, sink)) as one:
        for topic in (goes, stays):
            one.log("source=kafka://.*/%s state=subscribed" % topic, 20)
            Writer(kafka, topic).write(3)
        wait_for(sink, 6)
        Client(kafka.address()).remove(goes)
        why = "there is no topic %s: make it, or correct the URL" % goes
        one.log('source=kafka://.*/%s error="%s' % (goes, why), 20)
        code, text = get(tmp_path, "/readyz")
        assert code == 503 and why in text and stays not in text, text
        Writer(kafka, stays).write(3)
        wait_for(sink, 9)
        assert one.err.text().count(why) == 1


def test_times_become_those_of_producers(kafka, sink, tmp_path):
    """A time from the future would stop its clock: the topic is refused, and another one is read on. With LogAppendTime what a
    producer says of the time does not matter."""
    turns, stays, future = make(kafka, 1), make(kafka, 1), int(time.time() + 1800) * 1000
    with running(two_topics(tmp_path, kafka, turns, stays, sink)) as one:
        for topic in (turns, stays):
            one.log("source=kafka://.*/%s state=subscribed" % topic, 20)
            Writer(kafka, topic).write(3, timestamp=future)
        wait_for(sink, 6)
        Client(kafka.address()).change(turns, message_timestamp_type="CreateTime")
        why = re.compile('source=kafka://.*/%s error="topic %s %s' % (turns, turns, REFUSED["times of producers"]))
        until(lambda: Writer(kafka, turns).write(1, timestamp=future) or why.search(one.err.text()), "its line", 20)
        Writer(kafka, stays).write(3)
        wait_for(sink, 9)
        assert get(tmp_path, "/readyz")[0] == 503


def test_members_of_another_program(kafka, topic, sink, tmp_path):
    """Who is in the group already and shares partitions in another way keeps us out: it is said; when it goes we are in."""
    other = confluent_kafka.Consumer({"bootstrap.servers": kafka.address(), "group.id": topic})
    other.subscribe([topic])
    until(lambda: (other.poll(0.2), other.assignment())[1], "an assignment", 20)
    with running(member(tmp_path, kafka, topic, sink)) as one:
        one.log('error="group %s has members of another program: name another group"' % topic, 20)
        other.close()
        one.log("state=subscribed", 20)


REFUSED = {
    "times of producers": "has times of its producers: set its message.timestamp.type=LogAppendTime",
    "another program's group": "another program, or a tool, has committed offset 1 in this group",
    "no topic": "there is no topic in-absent: make it, or correct the URL",
    "a member twice": "another process is member one of group",
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals(kafka, sink, what, tmp_path):
    """One clear line; nothing is stored, and nothing stops."""
    topic = "in-absent" if what == "no topic" else make(
        kafka, 1, time="CreateTime" if what == "times of producers" else "LogAppendTime")
    if what != "no topic":
        Writer(kafka, topic).write(3)
    if what == "another program's group":
        commit_as_another(kafka, topic, 0, 1)
    path = member(tmp_path, kafka, topic, sink, interval=1)
    with contextlib.ExitStack() as stack:
        if what == "a member twice":
            first = stack.enter_context(Exporter(path))
            first.log("state=subscribed", 20)
            wait_for(sink, 3)
            path = member(tmp_path, kafka, topic, sink, interval=1, change={
                "spool": {"directory": str(tmp_path / "another")}})
            stack.enter_context(running(path))
            first.log('error="' + REFUSED[what], 20)
        else:
            stack.enter_context(running(path)).log('error=".*' + REFUSED[what], 20)
            assert not sink.stored


def connected(path, code):
    """What check --connect says of the source: one line."""
    done = exporter("check", "-c", path, "--connect")
    assert done.code == code and done.stderr == "", done
    line, = [line for line in done.stdout.splitlines() if line.startswith("stream kafka://")]
    return line


def test_check_connect(kafka, topic, sink, tmp_path):
    """It tells the topic and its partitions, before the group has read and after; the member that runs keeps them, and nothing
    is committed."""
    path = member(tmp_path, kafka, topic, sink, interval=1)
    fine = "stream kafka://%s/%s: fine: topic %s has 3 partitions" % (kafka.address(), topic, topic)
    assert connected(path, 0) == fine
    with running(path) as one:
        at, _ = one.log("state=subscribed", 20)
        Writer(kafka, topic).write(3)
        wait_for(sink, 3)
        assert connected(path, 0) == fine
        assert not [line for line in one.err.lines[at + 3:] if "state=" in line], one.err.text()


def test_check_connect_finds(kafka, sink, tmp_path):
    """What would keep the source from reading: a line for each."""
    there, empty, absent, other = (make(kafka, 1, time) for time in ("CreateTime", "CreateTime", "LogAppendTime", "LogAppendTime"))
    Writer(kafka, there).write(1)
    commit_as_another(kafka, other, 0, 0)
    Client(kafka.address()).remove(absent)
    for topic, why in ((there, REFUSED["times of producers"]), (empty, REFUSED["times of producers"]),
                       (absent, "there is no topic %s: make it, or correct the URL" % absent),
                       (other, "partition 0: another program, or a tool, has committed offset 0 in this group")):
        line = connected(member(tmp_path, kafka, topic, sink), 1)
        assert ": failed: " in line and why in line, line
    assert absent not in Client(kafka.address()).topics()


def secured(folder, kafka, topic, sink, listener="SASL", **security):
    """A member that logs in."""
    security = {"tls": True, "ca_cert": str(kafka.ca), "mechanism": "PLAIN", "username": USER, "password": PASSWORD, **security}
    return member(folder, kafka, topic, sink, interval=1, change={"pipeline": {"subscriber": {
        "url": "kafka://%s/%s?group=%s" % (kafka.address(listener), topic, topic), "security": security}}})


MAY = {
    "write only": (("TOPIC", USER, "WRITE"), "failed: this user may not read topic %s: the cluster's ACLs must allow it Describe and Read"),
    "nothing": (("TOPIC", "another", "READ"), "failed: this user may not read topic %s: the cluster's ACLs must allow it Describe and Read"),
    "another group": (("GROUP", "another", "READ"), "failed: this user may not read as group %s: the cluster's ACLs must allow it Read of that"),
    "no settings": (("TOPIC", USER, "READ"), "fine: topic %s has 1 partition; whether its message.timestamp.type is LogAppendTime, as it"),
}


def test_check_connect_and_what_it_may(kafka, sink, tmp_path):
    """A user who may only know of the topic, or not even that, or not read as the group. Who may not see the topic's settings is
    told so; a message is as good."""
    for (kind, user, operation), why in MAY.values():
        topic = make(kafka, 1)
        Client(kafka.address()).allow(kind, topic, user, operation)
        line = connected(secured(tmp_path, kafka, topic, sink), 1 if why.startswith("failed") else 0)
        assert why % topic in line, line
    Writer(kafka, topic).write(1)
    assert connected(secured(tmp_path, kafka, topic, sink), 0).endswith("fine: topic %s has 1 partition" % topic)


def test_check_connect_and_who_is_there(kafka, topic, sink, tmp_path):
    """A wrong password, a CA that is not the brokers', no certificate where one is wanted, and nobody at all."""
    other = tmp_path / "other.pem"
    other.write_text(Authority(tmp_path, "other").cert.read_text())
    nobody = {"pipeline": {"subscriber": {"url": "kafka://127.0.0.1:%d/%s?group=g" % (free_ports(1)[0], topic)}}}
    for make_path, why in (
            (lambda: secured(tmp_path, kafka, topic, sink, password="wrong"), "uthentication failed"),
            (lambda: secured(tmp_path, kafka, topic, sink, ca_cert=str(other)), " CA( that)? is not trusted here: see security.ca_cert"),
            (lambda: secured(tmp_path, kafka, topic, sink, "MTLS", mechanism="none", username="", password=""),
             "or want one: see security.client_cert"),
            (lambda: member(tmp_path, kafka, topic, sink, change=nobody), "Connection refused")):
        line = connected(make_path(), 1)
        assert re.search(": failed: .*" + why, line), line


def test_what_a_login_may_read(kafka, sink, tmp_path):
    """With a password over TLS, in librdkafka's own settings; who may not read the topic, or not as the group, is told what to
    allow, and goes on when that is allowed."""
    login = {"security.protocol": "SASL_SSL", "ssl.ca.location": str(kafka.ca), "sasl.mechanism": "PLAIN",
             "sasl.username": USER, "sasl.password": PASSWORD}
    client = Client(kafka.address())
    for count, kind in enumerate(("TOPIC", "GROUP"), 1):
        topic = make(kafka, 1)
        Writer(kafka, topic).write(3)
        client.allow(kind, topic, USER, "DESCRIBE")
        path = member(tmp_path, kafka, topic, sink, interval=1, change={"pipeline": {"subscriber": {
            "url": "kafka://%s/%s?group=%s" % (kafka.address("SASL"), topic, topic), "settings": login}}})
        with running(path) as one:
            one.log('error="this user may not read %s %s: the cluster\'s ACLs must allow it' % (
                {"TOPIC": "topic", "GROUP": "as group"}[kind], topic), 20)
            assert sum(stored_uuids(sink).values()) == 3 * (count - 1)
            client.allow(kind, topic, USER, "READ")
            wait_for(sink, 3 * count)


@pytest.mark.parametrize("what", ["password", "certificate", "token"])
def test_ways_in(kafka, sink, what, tmp_path):
    """Keys as the writer's; who is not let in at first tries with what the files hold later on: so a certificate is renewed."""
    topic, secret, key = make(kafka, 1), tmp_path / what, tmp_path / "key"
    Writer(kafka, topic).write(3)
    late, good = kafka.authority.expired("late"), kafka.client
    listener, security, wrong, right, said = {
        "password": ("SASL", {"mechanism": "PLAIN", "username": USER, "password_file": str(secret)}, "wrong", PASSWORD,
                     "uthentication failed"),
        "certificate": ("MTLS", {"client_cert": str(secret), "client_key": str(key)}, late.cert.read_text(), good.cert.read_text(),
                        "the brokers do not accept our certificate, or want one: see security.client_cert"),
        "token": ("TOKEN", {"mechanism": "OAUTHBEARER", "token_file": str(secret)},
                  token(9000, iat=int(time.time()) + 8000), token(600), "security.token_file")}[what]
    secret.write_text(wrong)
    key.write_text(late.key.read_text())
    with running(member(tmp_path, kafka, topic, sink, interval=1, change={"pipeline": {"subscriber": {
            "url": "kafka://%s/%s?group=%s" % (kafka.address(listener), topic, topic),
            "security": {"ca_cert": str(kafka.ca), **security}}}})) as one:
        one.log("error source=.*error=.*" + said, 20)
        assert not sink.stored
        settings.save_text(secret, right)
        settings.save_text(key, good.key.read_text())
        wait_for(sink, 3)
    assert sum(stored_uuids(sink).values()) == 3


def test_broken_batches_are_passed_over(kafka, sink, tmp_path):
    """Large and small, near to each other, and the last: each is said once, and its offsets are counted; all else is stored, what
    comes later, too."""
    topic = make(kafka, 1)
    writer = Writer(kafka, topic)
    for count in (1, 60, 1, 20, 2, 1):
        writer.write(count)
    broken = [kafka.damage(topic, 0, offset) for offset in (59, 62, 84)]
    lost = {"u%d" % offset for offsets in broken for offset in offsets}
    with running(member(tmp_path, kafka, topic, sink, interval=1, change={"status": listening(tmp_path)})) as one:
        wait_for(sink, writer.count - len(lost))
        for offsets in broken:
            one.log("partition=0 broken=%d offsets from %d on: they cannot be read, and are passed over: .*; check the disks" % (
                len(offsets), offsets[0]), 20)
        writer.write(1)
        wait_for(sink, writer.count - len(lost))
        assert one.err.text().count("passed over") == len(broken) and source(tmp_path)["broken"] == len(lost)
    assert writer.wanted() - stored_uuids(sink) == collections.Counter(lost) and max(stored_uuids(sink).values()) == 1


def test_what_retention_took_is_counted(kafka, sink, tmp_path):
    """Said with how many offsets; what is left is stored."""
    topic = make(kafka, 1)
    writer = Writer(kafka, topic)
    writer.write(5)
    path = member(tmp_path, kafka, topic, sink, interval=1)
    with running(path):
        wait_for(sink, 5)
    writer.write(20)
    Client(kafka.address()).forget(topic, 0, 15)
    with running(path) as one:
        one.log("partition=0 lost=10 offsets from 5 on: retention removed them", 20)
        wait_for(sink, 15)
    assert stored_uuids(sink) == collections.Counter("u%d" % n for n in (*range(5), *range(15, 25)))


def test_what_retention_takes_while_it_is_read(kafka, sink, tmp_path):
    """The same when it happens under a reader that was stopped: it goes on with what there is."""
    topic = make(kafka, 1)
    writer = Writer(kafka, topic)
    with running(member(tmp_path, kafka, topic, sink, interval=1)) as one:
        writer.write(5)
        wait_for(sink, 5)
        one.signal(signal.SIGSTOP)
        writer.write(20)
        Client(kafka.address()).forget(topic, 0, 15)
        one.signal(signal.SIGCONT)
        wait_for(sink, 15)
    found = stored_uuids(sink)
    assert set(found.values()) == {1}
    lost = re.search(r"partition=0 lost=(\d+) offsets from 5 on", one.err.text())
    assert len(found) == 25 - (int(lost[1]) if lost else 0)


@pytest.mark.long
def test_brokers_that_are_away_are_no_end(tmp_path, sink):
    """A partition is not taken for quiet because its broker is dead: what was begun goes on when it is back, once."""
    with Broker(tmp_path / "broker") as kafka:
        topic = make(kafka, 2)
        writer = Writer(kafka, topic)
        with running(member(tmp_path, kafka, topic, sink, interval=3)) as one:
            one.log("state=subscribed", 20)
            writer.write(100)
            one.log("source=.*state=subscribed")
            kafka.kill()
            at, _ = one.log('source=.* error="', 20)
            kafka.start()
            one.log("source=.*state=subscribed", 60, at)
            writer.write(100)
            wait_for(sink, 200, 60)
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def test_a_full_spool(kafka, topic, sink, tmp_path):
    """With the store away a spool that is full is no reason to drop anything: reading waits, and goes on."""
    writer = Writer(kafka, topic)
    sink.behave("status=503")
    with running(member(tmp_path, kafka, topic, sink, interval=1, change={
            "spool": {"max_bytes": 1000000, "min_free": 0}})) as one:
        one.log("state=subscribed", 20)
        for _ in range(5):
            writer.write(1000)
        sink.wait(lambda s: s.requests["status=503"] > 5)
        sink.behave("ok")
        wait_for(sink, 5000, 60)
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def test_tenants_of_a_group(kafka, topic, sink, tmp_path):
    """Each has all flows, or those of its capture, in objects of its own size and interval; one that comes by a reload, too,
    and those that were there have each flow once all the same."""
    writer = Writer(kafka, topic)
    capture = writer.flow["CaptureID"]
    base = {"host_id": "one", "spool": {"directory": str(tmp_path / "spool")}, "status": {"listen": ""},
            "logging": {"level": "DEBUG"}}

    def tenant(name, of, interval, **subscriber):
        config = settings.merge(whole_flows(of), {"pipeline": {
            "subscriber": {"url": "kafka://%s/%s?group=%s" % (kafka.address(), topic, topic), **subscriber},
            "store": {"buffered": {"max_seconds_per_object": interval, "filename_prefix": name}}}})
        config["pipeline"]["write"] = to_s3(sink)
        return config

    def found(name):
        return collections.Counter(json.loads(text)["UUID"] for item in sink.objects() for text in item.records
                                   if item.key.startswith("bucket/%s/" % name))

    tenants = {"a": tenant("a", 50, 1), "b": tenant("b", 200, 2), "c": tenant("c", 10, 2, capture_id=capture),
               "d": tenant("d", 10, 2, capture_id="another")}
    path = settings.save_all(tmp_path, base, tenants)
    with running(path) as one:
        one.log("state=subscribed", 20)
        writer.write(500)
        wait_for(sink, 1500)
        settings.save_all(tmp_path, base, {**tenants, "e": tenant("e", 100, 1)})
        one.signal(signal.SIGHUP)
        at, _ = one.log("reload=done", 20)
        one.log("state=assigned", 20, at)
        writer.write(300)
        wait_for(sink, 3 * 800 + 300)
        sink.wait(lambda s: all(found(name) == writer.wanted() for name in "abc"))
    for name in "abc":
        assert found(name) == writer.wanted()
    assert not found("d") and set(found("e").values()) == {1} and sink.rewritten == []
    assert max(len(item.records) for item in sink.objects() if item.key.startswith("bucket/c/")) == 10


def began(kafka, topic):
    """When the first message came, as keys say it."""
    first = Client(kafka.address()).read(topic)[0]
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(first.time_ms // 1000))


def test_what_the_store_refuses(kafka, sink, tmp_path):
    """It holds up nobody, is kept when its partition is begun anew, and sent again with one command."""
    topic = make(kafka, 1)
    writer = Writer(kafka, topic)
    writer.write(20)
    key = "bucket/logs/other/%s-0-%s-%020d/00000000.gz" % (topic, began(kafka, topic), 0)
    sink.refused[key] = "status=400 code=InvalidRequest"
    path = member(tmp_path, kafka, topic, sink, interval=1, of=5, change={"status": listening(tmp_path)})
    with running(path) as one:
        one.log("key=logs/other/.*00000000.gz refused, moved to bad", 20)
        wait_for(sink, 15)
        one.signal(signal.SIGHUP)
        one.log("reload=done", 20)
        assert key not in sink.stored
    sink.refused.clear()
    with running(path):
        until(lambda: exporter("retry", "-c", path).code == 0, "an exporter that can be asked")
        wait_for(sink, 20)
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def test_a_spare_member_is_ready(kafka, sink, tmp_path):
    """Who has no partition because there are more members is ready; who should have one is not."""
    topic = make(kafka, 1)
    folders = {name: tmp_path / name for name in "ab"}
    for folder in folders.values():
        folder.mkdir()
    paths = {name: member(folder, kafka, topic, sink, name, change={"status": listening(folder)})
             for name, folder in folders.items()}
    with running(paths["a"]) as first, running(paths["b"]):
        first.log("state=subscribed", 20)
        until(lambda: all(ready(folder) for folder in folders.values()) and
              sorted(source(folder)["partitions"] for folder in folders.values()) == [0, 1], "both to be ready", 30)


def loiterer(kafka, topic):
    """A member of the topic's group that has joined, and does not poll any more: until it is closed nobody gets a partition."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": kafka.address(), "group.id": topic, "partition.assignment.strategy": "cooperative-sticky"})
    consumer.subscribe([topic])
    until(lambda: (consumer.poll(0.2), consumer.assignment())[1], "an assignment", 20)
    return consumer


def test_a_member_without_a_partition_is_not_ready(kafka, topic, sink, tmp_path):
    """There are enough: /readyz says that it has none, and so does the log, once; with some it is ready."""
    other = loiterer(kafka, topic)
    with running(member(tmp_path, kafka, topic, sink, change={"status": listening(tmp_path)})) as one:
        why = "no partition of the topic is assigned to this member, though there are enough"
        one.log('error="' + why, 20)
        code, text = get(tmp_path, "/readyz")
        assert code == 503 and "no partition is read since" in text and why in text, text
        assert source(tmp_path)["partitions"] == 0
        other.close()
        one.log("state=subscribed", 20)
        assert ready(tmp_path) and source(tmp_path)["partitions"] == 3
        assert one.err.text().count(why) == 1


def test_what_operators_see(kafka, topic, sink, tmp_path):
    """Partitions, lag and age on the first page and in the metrics; who keeps its group from committing is seen for each pipeline,
    on its page, too."""
    writer = Writer(kafka, topic)
    base = {"host_id": "one", "spool": {"directory": str(tmp_path / "spool")}, "status": listening(tmp_path)}
    with Sink() as broken:
        broken.behave("status=503")
        tenants = {name: settings.merge(whole_flows(), {"pipeline": {
            "subscriber": {"url": "kafka://%s/%s?group=%s" % (kafka.address(), topic, topic)},
            "store": {"buffered": {"max_seconds_per_object": 1, "filename_prefix": name}}, "write": to_s3(where)}})
            for name, where in (("good", sink), ("bad", broken))}

        def age(of):
            return metrics(tmp_path)["skydive_exporter_tenant_commit_age_seconds", (("tenant", of),)]

        with running(settings.save_all(tmp_path, base, tenants)) as one:
            one.log("state=subscribed", 20)
            writer.write(5)
            wait_for(sink, 5)
            until(lambda: age("bad") >= 2 and age("good") == 0, "an age", 20)
            of_source = {name: value for (name, labels), value in metrics(tmp_path).items() if "source" in dict(labels)}
            assert of_source["skydive_exporter_source_partitions"] == 3
            assert of_source["skydive_exporter_source_rebalances_total"] == 3
            assert of_source["skydive_exporter_source_lag"] == 0
            assert of_source["skydive_exporter_source_commit_age_seconds"] >= 1
            row = re.search('<h2>Partitions</h2>.*kafka://%s/%s</th>(.*?)</tr>' % (kafka.address(), topic),
                            text_of(tmp_path, "/"), re.DOTALL)[1]
            cells = re.findall(">([^<]+)</td>", row)
            assert cells[:2] == ["3", "0"] and cells[3:] == ["0", "0", "3"] and re.fullmatch(r"\d+s", cells[2]), cells
            for name, seen in (("good", "0s"), ("bad", "[1-9][0-9]*s")):
                assert re.search("<dt>Not committed for</dt><dd>%s<" % seen, text_of(tmp_path, "/tenants/" + name))
            broken.behave("ok")
            until(lambda: age("bad") == 0, "it to be stored", 30)
            until(lambda: source(tmp_path)["commit_age_seconds"] == 0, "a commit", 20)
        assert stored_uuids(broken) == writer.wanted()


def test_a_quiet_partition_of_who_was_killed(kafka, sink, tmp_path):
    """Cut at its end while the store was away, it is stored by whoever comes next, though no message comes."""
    topic = make(kafka, 1)
    writer = Writer(kafka, topic)
    path = member(tmp_path, kafka, topic, sink, interval=1)
    sink.behave("status=503")
    with Exporter(path) as one:
        writer.write(5)
        sink.wait(lambda s: s.requests["status=503"])
        one.kill()
    sink.behave("ok")
    with running(path):
        wait_for(sink, 5)
    assert stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def test_files_that_others_remove(kafka, sink, tmp_path):
    """What is gone from the spool before it was stored is read again."""
    topic = make(kafka, 1)
    writer = Writer(kafka, topic)
    sink.behave("status=503")
    with running(member(tmp_path, kafka, topic, sink, interval=1, of=5)) as one:
        writer.write(20)
        sink.wait(lambda s: s.requests["status=503"])
        removed = [path for path in (tmp_path / "spool-one").rglob("shard-0/new/*") if not path.unlink()]
        sink.behave("ok")
        wait_for(sink, 20)
        one.log("others have removed: what was not stored is read again")
    assert removed and stored_uuids(sink) == writer.wanted() and sink.rewritten == []


def test_who_refuses_a_partition_gives_it_back(kafka, sink, tmp_path):
    """So that the group goes on, and the others are stored."""
    topic = make(kafka, 2)
    writer = Writer(kafka, topic)
    commit_as_another(kafka, topic, 0, 0)
    with running(member(tmp_path, kafka, topic, sink, interval=1)) as one:
        one.log("partition 0: another program, or a tool, has committed", 20)
        with running(member(tmp_path, kafka, topic, sink, "two", interval=1)) as two:
            two.log("partition 0: another program|partition=1 state=assigned", 20)
            writer.write(5, partition=1)
            wait_for(sink, 5)


SETTINGS = {
    "url": ({"subscriber": {"url": "kafka://a:1/flows"}}, "subscriber.url: write kafka://host:port,host:port/topic"),
    "group": ({"subscriber": {"settings": {"group.id": "x"}}}, "settings.group.id: cannot be set here: set the URL's group"),
    "unknown": ({"subscriber": {"settings": {"fetch.few": "1"}}}, "settings.fetch.few: librdkafka .* does not take it"),
    "no file": ({"subscriber": {"security": {"ca_cert": "/nowhere"}}}, "subscriber.security.ca_cert: cannot read /nowhere: No such"),
    "no password": ({"subscriber": {"security": {"mechanism": "PLAIN", "username": "u", "password_file": "/nowhere"}}},
                    "subscriber.security.password_file: .*/nowhere"),
    "an old library": ({"subscriber": {"security": {"mechanism": "SCRAM-SHA-256", "username": "u", "password": "p"}}},
                       "subscriber.security.mechanism: librdkafka .* cannot log in with SCRAM"),
    "tags": ({"classify": {"type": "subnet_autodiscovery"}}, "classify.type: with flows from Kafka a flow must always have"),
    "mangle": ({"transform": {"type": "vpclogs"}, "mangle": {"type": "action"}}, "mangle.type: with flows from Kafka what a mangle keeps"),
    "aws": ({"transform": {"type": "awsflowlogs"}}, "transform.type: with flows from Kafka each partition"),
    "stdout": ({"write": {"type": "stdout"}}, "write.type: with flows from Kafka objects are named after their partition"),
    "no interval": ({"store": {"buffered": {"max_seconds_per_object": 0}}}, "max_seconds_per_object: with flows from Kafka objects are of an"),
    "times": ({"store": {"buffered": {"layout": "template", "key": "{tag}/{year}/{stream}/{sequence}.gz"}}}, "buffered.key: with flows from Kafka keys have"),
    "a limit": ({"limits": {"flows_per_second": 5}}, "limits.flows_per_second: with flows from Kafka nothing is dropped"),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_what_a_pipeline_cannot_be(what, sink, tmp_path):
    """What would store a flow twice, or drop it, is refused before anything begins, with file, line and key."""
    change, why = SETTINGS[what]
    config = settings.merge(whole_flows(), {
        "host_id": "one", "spool": {"directory": str(tmp_path / "spool")},
        "pipeline": {"subscriber": {"url": "kafka://a:1,b:2/flows?group=g"}}})
    config["pipeline"]["write"] = to_s3(sink)
    assert exporter("check", "-c", settings.save(tmp_path / "good.yml", config)).code == 0
    done = exporter("check", "-c", settings.save(tmp_path / "bad.yml", settings.merge(config, {"pipeline": change})))
    assert done.code == 1 and re.search(r"bad\.yml:\d+: pipeline\.(\w+\.)*" + why, done.stderr), done.stderr


@pytest.mark.parametrize("what", ("stop", "reload"))
def test_who_has_joined_and_knows_no_partition_may_end(kafka, topic, sink, what, tmp_path):
    """librdkafka before 2.3.0 aborts the process when such a consumer is destroyed."""
    path = member(tmp_path, kafka, topic, sink)
    with Gate(kafka.ports["PLAINTEXT"], SYNC_GROUP) as gate:
        behind = path.read_text().replace(kafka.address(), gate.address)
        path.write_text(behind)
        with Exporter(path) as exporter:
            assert gate.reached.wait(20)
            if what == "reload":
                path.write_text(behind.replace(gate.address, kafka.address()))
                exporter.signal(signal.SIGHUP)
                exporter.log("state=subscribed", 20)
                Writer(kafka, topic).write(3)
                wait_for(sink, 3)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]


def test_a_consumer_that_cannot_be_made(sink, tmp_path):
    """It is told once, and tried again with pauses of seconds in between, not all the time."""
    ca, trace = tmp_path / "ca.pem", tmp_path / "trace"
    ca.write_text("not a certificate")
    config = settings.merge(whole_flows(1), {"spool": {"directory": str(tmp_path / "spool"), "min_free": 0}, "pipeline": {
        "subscriber": {"url": "kafka://127.0.0.1:1/flows?group=g", "security": {"tls": True, "ca_cert": str(ca)}},
        "write": to_s3(sink)}})

    def tries():
        """Return the times, and those of them that are a second or more behind the one before."""
        at = [float(line.split()[1]) for line in trace.read_text().splitlines() if "openat(" in line]
        return at, [after for before, after in zip(at, at[1:]) if after - before >= 1]
    with Exporter(settings.save(tmp_path / "exporter.yml", config), under=[
            "strace", "-D", "-f", "-ttt", "-o", trace, "-e", "trace=openat", "-P", ca]) as exporter:
        exporter.log('source=kafka://.* error=".*ca', 20)
        until(lambda: len(tries()[0]) > 20 or len(tries()[1]) >= 3, "tries", 30)
        assert len(tries()[1]) >= 3, tries()
        assert exporter.err.text().count("source=kafka") == 1
        assert exporter.stop() == 0


@pytest.mark.parametrize("security, why", [
    ({"tls": True, "mechanism": "PLAIN"}, "username: must be set: mechanism is"),
    ({"mechanism": "OAUTHBEARER"}, "token_file: must be set: mechanism is OAUTHBEARER")])
def test_half_a_login(security, why, sink, tmp_path):
    """A key that is missing has no line; it is named."""
    config = settings.merge(whole_flows(), {"pipeline": {"subscriber": {
        "url": "kafka://a:1/flows?group=g", "security": security}}})
    config["pipeline"]["write"] = to_s3(sink)
    done = exporter("check", "-c", settings.save(tmp_path / "bad.yml", config))
    assert done.code == 1 and "bad.yml: pipeline.subscriber.security." + why in done.stderr, done.stderr


def test_a_login_that_others_can_read(sink, tmp_path):
    """check says so, and goes on; with TLS it says nothing."""
    config = settings.merge(whole_flows(), {"spool": {"directory": str(tmp_path / "spool")}, "pipeline": {"subscriber": {
        "url": "kafka://a:1/flows?group=g", "security": {"mechanism": "PLAIN", "username": "u", "password": "p"}}}})
    config["pipeline"]["write"] = to_s3(sink)
    done = exporter("check", "-c", settings.save(tmp_path / "bare.yml", config))
    assert done.code == 0 and re.search(r"bare\.yml:\d+: pipeline\.subscriber\.security\.mechanism: the password goes there "
                                        "without TLS, for everybody on the way to read", done.stderr), done
    config["pipeline"]["subscriber"]["security"]["tls"] = True
    done = exporter("check", "-c", settings.save(tmp_path / "tls.yml", config))
    assert done.code == 0 and done.stderr == "", done


@pytest.mark.parametrize("other, why", [
    ({"store": {"buffered": {"max_seconds_per_object": 3, "filename_prefix": "b"}}},
     "max_seconds_per_object: pipelines .* and .* are of one group, which is cut together"),
    ({"subscriber": {"url": "kafka://b:2,a:1/flows?group=g"}, "store": {"buffered": {"filename_prefix": "b"}}},
     "subscriber.url: pipelines .* and .* name one group with different URLs")])
def test_what_pipelines_cannot_be_together(other, why, sink, tmp_path):
    """They are one member of the group, and are cut together."""
    base = {"host_id": "one", "spool": {"directory": str(tmp_path / "spool")}}
    drop_in = settings.merge(whole_flows(), {"pipeline": {
        "subscriber": {"url": "kafka://a:1,b:2/flows?group=g"}, "store": {"buffered": {"max_seconds_per_object": 2}}}})
    drop_in["pipeline"]["write"] = to_s3(sink)
    drop_ins = {"a": drop_in, "b": settings.merge(drop_in, {"pipeline": other})}
    done = exporter("check", "-c", settings.save_all(tmp_path, base, drop_ins))
    assert done.code == 1 and re.search(why, done.stderr), done.stderr


def test_the_samples_together(kafka, sink, tmp_path):
    """etc/relay.yml beside an analyzer, etc/from-kafka.yml behind it: the analyzer's flows are vpclogs records in the store."""
    topic = make(kafka)
    relay_env = {"PIPELINE_WRITE_KAFKA_BROKERS": kafka.address(), "PIPELINE_WRITE_KAFKA_TOPIC": topic,
                 "SPOOL_DIRECTORY": str(tmp_path / "relay"), "STATUS_LISTEN": ""}
    group_env = {"PIPELINE_SUBSCRIBER_URL": "kafka://%s/%s?group=%s" % (kafka.address(), topic, topic),
                 "PIPELINE_WRITE_S3_ENDPOINT": sink.endpoint, "SPOOL_DIRECTORY": str(tmp_path / "group"), "STATUS_LISTEN": "",
                 "PIPELINE_STORE_BUFFERED_MAX_SECONDS_PER_OBJECT": "2"}
    with Exporter(ROOT / "etc" / "from-kafka.yml", env={"SKYDIVE_" + k: v for k, v in group_env.items()}) as group:
        with Analyzer(RECORDING, pace=PACE) as analyzer:
            relay_env.update(ANALYZERS=analyzer.address, PIPELINE_SUBSCRIBER_URL=analyzer.url)
            with Exporter(ROOT / "etc" / "relay.yml", env={"SKYDIVE_" + k: v for k, v in relay_env.items()}) as program:
                analyzer.event("end", 60, unless_ends=program)
                assert program.stop() == 0, program.err.text()[-3000:]
        with_ports = [flow for flow in sent() if "Transport" in flow and "Network" in flow]
        sink.wait(lambda s: sum(len(item.records) for item in s.objects()) >= len(with_ports))
        assert group.stop() == 0, group.err.text()[-3000:]
    assert sum(len(item.records) for item in sink.objects()) == len(with_ports)
    assert all(KEY.fullmatch(key) for key in sink.stored) and sink.rewritten == []
