# SPDX-License-Identifier: Apache-2.0
"""Analyzer to object store and back: what a consumer downloads is what the Go exporter would have stored.

The analyzer is the stand-in (handshake, pings, fragments as a real one), the
store is a real one that checks signatures, the consumer is boto3 and gzip.
"""
import contextlib
import json

import pytest

from golden import cases
from lib import objects, oracle, settings
from lib.export import PACE, export, joined, to_file, to_s3
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.paths import ROOT, recording
from lib.process import Analyzer, Exporter, until
from lib.s3.minio import Minio

NAMES = ["old-vpclogs", "new-vpclogs", "old-none-capture"]


def protocol(name):
    return {"pipeline": {"subscriber": {"protocol": name}}}


def into(bucket):
    return {"pipeline": {"store": {"buffered": {"dirname": bucket}}}}


def check(found, wanted):
    """Fail unless the objects are sound and hold the records expected, by tag."""
    problems = objects.faults(found) + list(objects.record_differences(wanted, objects.by_tag(found)))
    assert not problems, "\n".join(problems)[:8000]


@pytest.mark.parametrize("framing", ["protobuf", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_golden_case_through_swift(name, framing, swift, bucket, tmp_path):
    """Websocket in, signed PUTs out: the records of the golden case come back, byte for byte and in order."""
    case = cases.by_name(name)
    change = settings.merge(protocol(framing), into(bucket))
    stats = export(settings.load(case.config), case.inputs, case.topology, tmp_path, to_s3(swift), change)
    found = objects.read_bucket(swift.client(), bucket)
    check(found, objects.by_tag(cases.expected(case)))
    packed = settings.load(case.config)["pipeline"]["compress"]["type"] == "gzip"
    assert {o.raw[:2] == b"\x1f\x8b" for o in found} == {packed}
    assert stats["missed_flows"] == 0


@pytest.mark.parametrize("framing", ["protobuf", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_golden_case_through_files(name, framing, tmp_path):
    """The same with the writer `file`: the same keys, records, frames and headers."""
    case = cases.by_name(name)
    export(settings.load(case.config), case.inputs, case.topology, tmp_path, to_file(tmp_path), protocol(framing))
    found, wanted = objects.read_tree(tmp_path / "stored"), cases.expected(case)
    check(found, objects.by_tag(wanted))
    assert not list(objects.record_differences(objects.records(wanted), objects.records(found)))
    assert not list(objects.frame_differences(wanted, found))


@pytest.mark.parametrize("kind", ["none", "vpclogs"])
@pytest.mark.parametrize("file", ["new-netns-mixed.jsonl.gz", "new-netns-mixed-protobuf.pb.gz"])
def test_unedited_recording_through_swift(file, kind, swift, bucket, tmp_path):
    """A recording that kills the Go exporter, whole, whichever framing it was recorded in."""
    case = cases.by_name("new-vpclogs")
    config = settings.merge(settings.load(case.config), {"pipeline": {"transform": {"type": kind}}})
    export(config, [recording(file)], case.topology, tmp_path, to_s3(swift), into(bucket))
    wanted = oracle.joined(oracle.expected(config, [recording(file)], case.topology))
    check(objects.read_bucket(swift.client(), bucket), wanted)


def test_objects_arrive_while_it_runs(swift, bucket, tmp_path):
    """Nobody has to stop the exporter to get what is due; the stop adds nothing and loses nothing."""
    case = cases.by_name("old-none-capture")
    wanted = objects.by_tag(cases.expected(case))
    count = sum(len(r) for r in wanted.values())
    with Analyzer(*case.inputs, pace=2000) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(
            settings.load(case.config), analyzer, tmp_path, to_s3(swift), settings.merge(into(bucket), {
                "pipeline": {"store": {"buffered": {"max_seconds_per_object": 1}}}})))
        with Exporter(path) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            until(lambda: sum(len(o.records) for o in objects.read_bucket(swift.client(), bucket)) == count,
                  "all objects in the store", 30)
            assert exporter.stop() == 0
    check(objects.read_bucket(swift.client(), bucket), wanted)


def test_special_characters_in_keys(swift, bucket, tmp_path):
    """A prefix with blanks, plus and UTF-8 is signed as the store reads it, and stored as the Go exporter does."""
    case = cases.by_name("edge-none-prefix")
    export(settings.load(case.config), case.inputs, [], tmp_path, to_s3(swift), into(bucket))
    found = objects.read_bucket(swift.client(), bucket)
    check(found, objects.by_tag(cases.expected(case)))
    assert {o.series for o in found} == {bucket + "/a b/é+c/e/other"}


def test_wrong_secret_keeps_everything(swift, bucket, tmp_path):
    """Refused with 403: nothing is stored, nothing is lost, and a start with the right secret delivers it."""
    case = cases.by_name("old-none-capture")
    wanted = objects.by_tag(cases.expected(case))
    wrong = {"type": "s3", "s3": {**swift.settings(), "secret_key": "wrong"}}
    with Analyzer(*case.inputs, pace=2000) as analyzer:
        config = joined(settings.load(case.config), analyzer, tmp_path, wrong, into(bucket))
        config["stop_timeout"] = 3
        path = settings.save(tmp_path / "exporter.yml", config)
        with Exporter(path) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            exporter.log(r"SignatureDoesNotMatch|403")
            assert exporter.stop() == 0
        assert "wrong" not in exporter.err.text()
        assert objects.read_bucket(swift.client(), bucket) == []
        config["pipeline"]["write"] = to_s3(swift)
        settings.save(path, config)
        with Exporter(path) as exporter:
            until(lambda: sum(len(o.records) for o in objects.read_bucket(swift.client(), bucket))
                  == sum(len(r) for r in wanted.values()), "what was kept in the store", 30)
            assert exporter.stop() == 0
    check(objects.read_bucket(swift.client(), bucket), wanted)


def relay_and_group(case, analyzer, kafka, write):
    """The configurations of etc/relay.yml with a topic "flows", and of a group that makes the case's objects of it."""
    relay = settings.merge(settings.load(ROOT / "etc" / "relay.yml"), {
        "pipeline": {"write": {"kafka": {"brokers": [kafka.address()]}}}})
    group = settings.merge(settings.load(ROOT / "etc" / "from-kafka.yml"), settings.load(case.config))
    return (joined(relay, analyzer, kafka.folder / "relay", relay["pipeline"]["write"]),
            joined(group, analyzer, kafka.folder / "group", write, {
                "pipeline": {"subscriber": {"url": "kafka://%s/flows?group=vpclogs" % kafka.address()}}}))


def test_golden_case_through_kafka_and_swift(swift, bucket, tmp_path):
    """Analyzer, relay, topic, group, store, as the samples have them: the records of the golden case, each once. What is of
    one connection is in its partition; between partitions there is no order."""
    case = cases.by_name("old-vpclogs")
    wanted = {tag: sorted(texts) for tag, texts in objects.by_tag(cases.expected(case)).items()}
    with Broker(tmp_path / "kafka") as kafka, Analyzer(*case.inputs, topology=case.topology, pace=PACE) as analyzer:
        Client(kafka.address()).make("flows", message_timestamp_type="LogAppendTime")
        relay, group = relay_and_group(case, analyzer, kafka, to_s3(swift))
        group = settings.save(tmp_path / "group.yml", settings.merge(group, into(bucket)))
        with Exporter(group) as exporter, contextlib.ExitStack() as stack:
            exporter.log("state=subscribed", 20)
            beside = stack.enter_context(Exporter(settings.save(tmp_path / "relay.yml", relay)))
            analyzer.event("end", 60, unless_ends=beside)
            assert beside.stop() == 0, beside.err.text()[-4000:]
            until(lambda: sum(len(o.records) for o in objects.read_bucket(swift.client(), bucket))
                  >= sum(map(len, wanted.values())), "all records in the store", 30)
            assert exporter.stop() == 0, exporter.err.text()[-4000:]
    found, stored = {}, objects.read_bucket(swift.client(), bucket)
    assert not list(objects.gzip_faults(stored))
    for item in stored:
        found.setdefault(item.key.split("/")[-3], []).extend(item.records)
    assert not list(objects.record_differences(wanted, {tag: sorted(texts) for tag, texts in found.items()}))


def original_defaults(store, folder):
    """The values of the original's vpclogs.yml.default, with the account file in a folder of the test."""
    return {
        "host_id": "",
        "pipeline": {
            "mangle": {"type": "none"},
            "transform": {"type": "vpclogs"},
            "storeheader": {"type": "vpclogs"},
            "encode": {"type": "json", "json": {"pretty": False}},
            "compress": {"type": "none"},
            "store": {"type": "buffered", "buffered": {
                "dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": 6000,
                "max_seconds_per_object": 60, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
            "account": {"type": "file", "file": {"filename": str(folder / "account.json")}},
            "write": to_s3(store)}}


def check_account(path, found):
    """The account file counts the bytes of every object stored."""
    account = json.loads(path.read_text())
    assert account["version"] == "1.1.0"
    assert account["accumulate-bytes"] == sum(len(o.raw) for o in found)
    assert account["accumulate-start"] <= account["current-start"] <= account["accumulate-end"]


def run_original(store, folder):
    """Export an unedited recording with the original's defaults, read the bucket, check records and account."""
    config = original_defaults(store, folder)
    case = cases.by_name("old-vpclogs")
    inputs = [recording("old-netns-mixed.jsonl.gz")]
    export(config, inputs, case.topology, folder, config["pipeline"]["write"])
    found = objects.read_bucket(store.client(), "bucket")
    check(found, oracle.joined(oracle.expected(config, inputs, case.topology)))
    assert {o.series for o in found} == {"bucket/logs/other"}       # no cluster_net_masks: all is other
    assert all(json.loads(o.text)["state"] == "skip data" for o in found)
    check_account(folder / "account.json", found)


def test_original_defaults_through_swift(swift, tmp_path):
    """The original's defaults work as they stand; there they do not start (account file)."""
    swift.make_bucket("bucket")
    run_original(swift, tmp_path)


@pytest.mark.minio
def test_original_defaults_through_minio(tmp_path):
    """The same against MinIO where the original's guide has it: 127.0.0.1:9000, user/password, region local."""
    with Minio(tmp_path / "minio", port=9000) as store:
        store.make_bucket("bucket")
        assert store.endpoint == "http://127.0.0.1:9000"
        run_original(store, tmp_path)


@pytest.mark.minio
@pytest.mark.parametrize("framing", ["protobuf", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_golden_case_through_minio(name, framing, tmp_path):
    """The golden cases through MinIO."""
    case = cases.by_name(name)
    with Minio(tmp_path / "minio") as store:
        store.make_bucket("bucket")
        export(settings.load(case.config), case.inputs, case.topology, tmp_path, to_s3(store), protocol(framing))
        check(objects.read_bucket(store.client(), "bucket"), objects.by_tag(cases.expected(case)))
