# SPDX-License-Identifier: Apache-2.0
"""Flows as protobuf in Kafka: what protobuf's own library reads of the messages of a real broker."""
import contextlib
import json
import re
import signal

import pytest

from integration.test_kafka import KEYS, RECORDING, checked, sent, to_kafka
from lib import flow_messages, objects, pages, settings, stream
from lib.export import PACE, export, joined, to_file, waiting, whole_flows
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.pages import listening
from lib.paths import ROOT, recording
from lib.process import Analyzer, Exporter, exporter, until

PROTOBUF, JSON = "Flow.protobuf/1", "Flow/1"


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A broker; it starts in some four seconds."""
    with Broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


@pytest.fixture
def topic(kafka):
    """A topic of one partition, which keeps everything in order."""
    Client(kafka.address()).make("in-order", partitions=1)
    return "in-order"


def by_text(flows):
    return sorted(flows, key=repr)


def of_form(messages, form):
    return [m.value for m in messages if m.headers["format"] == form]


@pytest.mark.parametrize("name", ["old-netns-mixed", "new-netns-mixed", "new-netns-storm6"])
def test_messages_are_the_flows(kafka, name, tmp_path):
    """Each flow of a recording is a message, which says what the analyzer's JSON says, layers of applications, too; its
    key, its time and its headers are those of JSON, but for the format."""
    client = Client(kafka.address())
    client.make(name, partitions=3)
    path = recording(name + ".jsonl.gz")
    export(whole_flows(of=6000), [path], [], tmp_path, to_kafka(kafka, name, format="protobuf", key="connection"))
    found = client.read(name)
    flows = [flow for batch in stream.batches(path) for flow in batch]
    decoded = [flow_messages.decode(m.value) for m in found]
    assert by_text(decoded) == by_text(map(flow_messages.expected, flows))
    for layer in ("DNS",) if name.endswith("storm6") else ("DNS", "DHCPv4", "VRRPv2", "ICMP", "TCPMetric", "IPMetric"):
        assert any(flow[layer] for flow in decoded), layer
    assert len({m.headers["id"] for m in found}) == len(found)
    for message, flow in zip(found, decoded):
        assert message.key == KEYS["connection"](flow) and message.headers["format"] == PROTOBUF
        assert message.time_ms == (flow["LastUpdateMetric"] or flow)["Last"]


def idle(kafka, folder, topic="flows"):
    """A configuration that writes messages, and gets nothing."""
    return settings.save(folder / "exporter.yml", settings.merge(whole_flows(), {"pipeline": {
        "subscriber": {"url": "udp://127.0.0.1:9"}, "write": to_kafka(kafka, topic, format="protobuf")}}))


@pytest.mark.parametrize("age", ["old", "new"])
def test_agents_flows(kafka, age, tmp_path):
    """What came as protobuf goes as the same bytes, but for what the schema does not know."""
    client, topic = Client(kafka.address()), "agents-" + age
    path = recording(age + "-netns-mixed.flowmsg.pb.gz")
    client.make(topic)
    result = exporter("replay", "-c", idle(kafka, tmp_path, topic), path)
    assert result.code == 0, result
    flows = [value for chunk in stream.chunks(stream.read(path)) for number, value in stream.fields(chunk) if number == 1]
    assert flows and sorted(m.value for m in client.read(topic)) == sorted(map(flow_messages.known, flows))


# Flows as JSON, the last bytes of their messages, and how many of their layers no message can hold.
ODD = [
    ({"UUID": "a line feed ends it", "FinishType": 10}, b"\xe0\x03\n", 0),
    ({"UUID": "so does a text", "L3TrackingID": "x\n"}, b"x\n", 0),
    ({"UUID": "blanks\r\n \t"}, b"\r\n \t", 0),
    ({}, b"", 0),
    ({"UUID": "large", "DNS": {"questions": [{"name": "q%d" % i} for i in range(9000)]}}, b"q8999", 0),
    ({"UUID": "newer", "DNS": {"ID": 1 << 32}, "VRRPv2": {"version": 2}}, b"\xd2>\x02\x18\x02", 1),
]


@pytest.fixture
def odd(kafka, tmp_path):
    """Starts a program that gets the odd flows, and waits until it has; the values of more are the writer's."""
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"Namespace": "flow", "Type": "store", "Obj": [flow for flow, _, _ in ODD]}) + "\n")

    @contextlib.contextmanager
    def run(topic, **more):
        write = to_kafka(kafka, topic, format="protobuf", **more)
        with Analyzer(path, pace=PACE) as analyzer:
            config = joined(whole_flows(), analyzer, tmp_path, write, {"status": listening(tmp_path)})
            with Exporter(settings.save(tmp_path / "exporter.yml", config)) as program:
                analyzer.event("end", 60, unless_ends=program)
                yield program
                assert program.stop() == 0, program.err.text()[-3000:]
    return run


def assert_odd(messages):
    for message, (flow, end, lost) in zip(messages, ODD, strict=True):
        wanted = {**flow, "DNS": None} if lost else flow
        assert message.value is not None and message.value.endswith(end)
        assert flow_messages.decode(message.value) == flow_messages.expected(wanted)


def test_odd_flows(kafka, topic, odd, tmp_path):
    """A message goes as it is, whatever byte it ends with; an empty one is not none. What no message can hold is
    counted."""
    with odd(topic):
        until(lambda: pages.counters(tmp_path)["records_uploaded"] == len(ODD), "all are sent")
        assert pages.counters(tmp_path)["layers_dropped"] == sum(lost for _, _, lost in ODD)
    assert_odd(Client(kafka.address()).read(topic))


@pytest.mark.parametrize("delivery", ["at_least_once", "exactly_once"])
def test_too_large(kafka, odd, delivery, tmp_path):
    """A message that the topic does not take waits in bad/ as what it is, and is sent once the topic takes it."""
    client, topic = Client(kafka.address()), "small-" + delivery
    client.make(topic, partitions=1, max_message_bytes=20000)
    with odd(topic, compression="none", delivery=delivery) as program:
        program.log("refused, moved to bad: it is larger than the store takes")
        until(lambda: pages.counters(tmp_path)["records_uploaded"] == len(ODD) - 1, "the others are sent", 60)
        client.change(topic, max_message_bytes=200000)
        assert exporter("retry", "-c", tmp_path / "exporter.yml").code == 0
        until(lambda: waiting(tmp_path) == [], "all are sent", 60)
    found = client.read(topic)
    place = [flow.get("UUID") for flow, _, _ in ODD].index("large")
    assert_odd(found[:place] + found[-1:] + found[place:-1])


@pytest.mark.parametrize("first, then", [("json", "protobuf"), ("protobuf", "json")])
def test_another_format(kafka, first, then, tmp_path):
    """After a reload with another format new flows have it; what waits in the spool is sent as what it is."""
    topic = "from-" + first
    config = settings.merge(whole_flows(of=50), {"stop_timeout": 20})
    with Analyzer(RECORDING, pace=400) as analyzer:
        def save(form):
            return settings.save(tmp_path / "exporter.yml", joined(
                config, analyzer, tmp_path, to_kafka(kafka, topic, format=form)))
        with Exporter(save(first)) as program:
            until(lambda: [name for name in waiting(tmp_path) if "/new/" in name], "an object that waits")
            analyzer.command("pause")
            save(then)
            program.signal(signal.SIGHUP)
            program.log("reload=done .*changed=1")
            analyzer.command("resume")
            analyzer.event("end", 60, unless_ends=program)
            Client(kafka.address()).make(topic)
            assert program.stop() == 0, program.err.text()[-3000:]
    # What the reload interrupted may come twice, under its name.
    found = {m.headers["id"]: m for m in Client(kafka.address()).read(topic)}.values()
    lines, messages = of_form(found, JSON), of_form(found, PROTOBUF)
    assert lines and messages
    flows = [flow_messages.expected(json.loads(line)) for line in lines] + [flow_messages.decode(m) for m in messages]
    assert by_text(flows) == by_text(map(flow_messages.expected, sent()))
    assert waiting(tmp_path) == []


def test_nobody_else_takes_them(kafka, tmp_path):
    """With another writer what waits goes to bad/ and not to it; "retry" sends it when Kafka is named again."""
    topic, config = "taken-back", settings.merge(whole_flows(), {"stop_timeout": 1})
    write = to_kafka(kafka, topic, format="protobuf")
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(config, analyzer, tmp_path, write))
        with Exporter(path) as program:
            analyzer.event("end", 60, unless_ends=program)
            program.stop()
    quiet = settings.merge(config, {"pipeline": {"subscriber": {"url": "udp://127.0.0.1:0"}},
                                    "spool": {"directory": str(tmp_path / "spool")}, "status": {"listen": ""}})
    with Exporter(settings.save(path, settings.merge(quiet, {"pipeline": {"write": to_file(tmp_path)}}))) as program:
        program.log("moved to bad/: it was made for kafka")
        until(lambda: all("/bad/" in name for name in waiting(tmp_path)), "everything is put aside")
        assert program.stop() == 0
    assert not list((tmp_path / "stored").rglob("*.*"))
    Client(kafka.address()).make(topic)
    settings.save(path, settings.merge(quiet, {"pipeline": {"write": write}}))
    assert exporter("retry", "-c", path).code == 0
    with Exporter(path) as program:
        until(lambda: waiting(tmp_path) == [], "an empty spool")
        assert program.stop() == 0
    assert len(of_form(Client(kafka.address()).read(topic), PROTOBUF)) == len(sent())


@pytest.mark.parametrize("transform", ["vpclogs", "secadvisor", "awsflowlogs"])
def test_other_transforms(kafka, transform, tmp_path):
    """Only flows as they come have a schema: one line names both keys, with file and line."""
    config = settings.merge(whole_flows(), {"pipeline": {
        "transform": {"type": transform}, "subscriber": {"url": "udp://127.0.0.1:9"},
        "write": to_kafka(kafka, "flows", format="protobuf")}})
    result = exporter("check", "-c", settings.save(tmp_path / "exporter.yml", config))
    assert result.code == 1 and len(result.stderr.splitlines()) == 1, result
    assert re.search(r"exporter.yml:\d+: pipeline.write.kafka.format: protobuf is for flows as they come: "
                     r"pipeline.transform.type must be none, not %s; or take format: json" % transform, result.stderr), result


def test_no_objects(tmp_path):
    """Messages have no ends, so no object is made of them."""
    config = settings.merge(whole_flows(), {"pipeline": {
        "encode": {"type": "protobuf"}, "subscriber": {"url": "udp://127.0.0.1:9"}, "write": to_file(tmp_path)}})
    result = exporter("check", "-c", settings.save(tmp_path / "exporter.yml", config))
    assert result.code == 1 and len(result.stderr.splitlines()) == 1, result
    assert re.search(r"exporter.yml:\d+: pipeline.encode.type: protobuf cannot be in objects: it is for "
                     r"pipeline.write.type: kafka, with pipeline.write.kafka.format: protobuf", result.stderr), result


def test_wrong_format(kafka, tmp_path):
    """There are two."""
    result = checked(kafka, "flows", tmp_path, format="avro")
    assert result.code == 1 and re.search(r"yml:\d+: pipeline.write.kafka.format: .*json.*protobuf", result.stderr), result


def test_explain(kafka, tmp_path):
    """A message is no text for a terminal: its record is shown as JSON, and of it how long it is."""
    result = exporter("explain", "-c", idle(kafka, tmp_path), stdin=json.dumps(sent()[0]).encode())
    assert result.code == 0 and result.stdout.replace("\n", "").isprintable(), result
    assert re.search(r"encode protobuf, compress none:\n +1 record, \d+ bytes\n", result.stdout), result.stdout


def test_replay(kafka, tmp_path):
    """Files hold lines: messages in a file nobody could tell apart."""
    result = exporter("replay", "-c", idle(kafka, tmp_path), "--output", tmp_path / "out", RECORDING)
    assert result.code == 0, result
    flows = [record for item in objects.read_tree(tmp_path / "out")
             for record in map(json.loads, item.records)]
    assert by_text(flows) == by_text(sent())


def test_sample(kafka, tmp_path):
    """etc/relay.yml, with another address, relays a recording."""
    client = Client(kafka.address())
    client.make("flows")
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        variables = {"ANALYZERS": analyzer.address, "PIPELINE_SUBSCRIBER_URL": analyzer.url, "STATUS_LISTEN": "",
                     "PIPELINE_WRITE_KAFKA_BROKERS": kafka.address(), "SPOOL_DIRECTORY": str(tmp_path / "spool")}
        with Exporter(ROOT / "etc" / "relay.yml", env={"SKYDIVE_" + k: v for k, v in variables.items()}) as program:
            analyzer.event("end", 60, unless_ends=program)
            assert program.stop() == 0, program.err.text()[-3000:]
    found = client.read("flows")
    decoded = [flow_messages.decode(value) for value in of_form(found, PROTOBUF)]
    assert by_text(decoded) == by_text(map(flow_messages.expected, sent())) and waiting(tmp_path) == []
