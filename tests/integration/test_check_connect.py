# SPDX-License-Identifier: Apache-2.0
"""`check --connect`: the stream, the topology and the stores are tried, a line each."""
import pytest

from lib import settings
from lib.paths import recording
from lib.process import Analyzer, exporter
from lib.s3.iam import Iam
from lib.s3.sink import Sink

RECORDING = recording("old-netns-mixed.jsonl.gz")
KEY = "an/API+key of=17"
NOBODY = "127.0.0.1:1"


def check(folder, s3, analyzer, change=None, bucket="bucket"):
    """Run it. analyzer: an Analyzer, or an address."""
    address = getattr(analyzer, "address", analyzer)
    config = {
        "host_id": "check", "analyzers": [address], "topology": {"timeout": 2},
        "spool": {"directory": str(folder / "spool")},
        "pipeline": {
            "subscriber": {"url": "ws://%s/ws/subscriber/flow" % address},
            "store": {"buffered": {"dirname": bucket, "filename_prefix": "logs", "max_flows_per_object": 10,
                                   "max_seconds_per_object": 60, "max_seconds_per_stream": 86400,
                                   "max_flow_array_size": 10}},
            "write": {"type": "s3", "s3": s3}}}
    path = settings.save(folder / "acme.yml", settings.merge(config, change or {}))
    return exporter("check", "-c", path, "--connect")


def hmac(swift, **other):
    return dict({"endpoint": swift.endpoint, "region": swift.region, "access_key": swift.access_key,
                 "secret_key": swift.secret_key}, **other)


def lines(result):
    """Return {what: verdict} of the lines behind the first."""
    return {line.split()[0]: line.partition(": ")[2] for line in result.stdout.splitlines()[1:]}


@pytest.fixture
def analyzer():
    with Analyzer(RECORDING, clients=0) as one:
        yield one


def test_all_is_fine(swift, bucket, analyzer, tmp_path):
    """One line for the stream, the topology and the store; the probe is gone from the bucket, and so is its connection."""
    result = check(tmp_path, hmac(swift), analyzer, bucket=bucket)
    assert result.code == 0, result
    assert result.stdout.splitlines()[0].endswith("acme.yml: fine, 1 pipeline")
    assert [line.split(":")[0] for line in result.stdout.splitlines()[1:]] == ["stream ws", "topology 127.0.0.1", "store acme s3 http"]
    assert all(line.endswith(": fine") for line in result.stdout.splitlines()[1:])
    assert "Contents" not in swift.client().list_objects_v2(Bucket=bucket)
    stats = analyzer.stats()
    assert stats["admitted"] == 1 and len(analyzer.command("queries")["queries"]) == 1
    assert not (tmp_path / "spool").exists()


def test_probe_lies_below_the_prefix(analyzer, tmp_path):
    """What is put is empty, below the prefix, and deleted."""
    with Sink() as sink:
        assert check(tmp_path, sink.settings(), analyzer).code == 0
        (key, item), = sink.deleted.items()
    assert not sink.stored and key.startswith("bucket/logs/") and item.body == b""


@pytest.mark.parametrize("change, says", [
    ({"secret_key": "wrong"}, "403 SignatureDoesNotMatch"),
    ({"access_key": "nobody"}, "403 "),
    ({"endpoint": "http://" + NOBODY}, "refused"),
])
def test_store_that_does_not_want_us(change, says, swift, bucket, analyzer, tmp_path):
    """The store's line says why; the others are fine."""
    result = check(tmp_path, hmac(swift, **change), analyzer, bucket=bucket)
    found = lines(result)
    assert result.code == 1 and found["stream"].endswith("fine") and found["topology"].endswith("fine"), result
    assert says in found["store"], found
    assert "wrong" not in result.stdout + result.stderr


def test_no_bucket(swift, analyzer, tmp_path):
    """A bucket that is not there is named as such."""
    result = check(tmp_path, hmac(swift), analyzer, bucket="nowhere")
    assert result.code == 1 and "404 NoSuchBucket" in lines(result)["store"], result


@pytest.mark.parametrize("keys, code, says", [([KEY], 0, "fine"), (["another"], 1, "IAM: 400")])
def test_iam(keys, code, says, analyzer, tmp_path):
    """With an api_key a token is fetched, and the store is asked with it."""
    with Sink() as sink, Iam(*keys) as iam:
        sink.demand(iam.is_valid)
        result = check(tmp_path, {"endpoint": sink.endpoint, "api_key": KEY, "iam_endpoint": iam.endpoint}, analyzer)
    assert result.code == code and says in lines(result)["store"], result
    assert KEY not in result.stdout + result.stderr


def test_wrong_port(swift, bucket, tmp_path):
    """Nobody listens: the stream and the topology say so, the store is fine."""
    result = check(tmp_path, hmac(swift), NOBODY, bucket=bucket)
    found = lines(result)
    assert result.code == 1 and found["store"].endswith("fine"), result
    assert "cannot connect" in found["stream"] and "refused" in found["topology"], found


@pytest.mark.parametrize("command, stream, topology", [
    ("refuse 401", "401", "fine"),
    ("refuse 409", "host_id", "fine"),
    ("topology 500", "fine", "500"),
    ("topology garbage", "fine", "JSON"),
])
def test_analyzer_that_does_not_want_us(command, stream, topology, swift, bucket, analyzer, tmp_path):
    """Each line speaks for its part."""
    analyzer.command(command)
    result = check(tmp_path, hmac(swift), analyzer, bucket=bucket)
    found = lines(result)
    assert result.code == 1 and stream in found["stream"] and topology in found["topology"], result
    assert found["store"].endswith("fine")
