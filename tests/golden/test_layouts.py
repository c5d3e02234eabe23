# SPDX-License-Identifier: Apache-2.0
"""Keys as AWS and IBM document theirs, and keys of one's own: where they are, when their rows came, nothing lost.

Records are put by arrival; golden/test_slots.py has those that go by their time.
"""
import collections
import datetime
import gzip
import json
import re

import pytest

from golden import formats
from golden.formats import BASE, IBM_PLACE, messages
from lib import aws_lines, ibm_objects, objects, settings
from lib.process import exporter

# The last messages of a day, then the first of the next.
DAYS = {"2019-02-26": "2355", "2019-02-27": "0000"}
STARTS = [1551225540000, 1551225600000]

# docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html: prefixes by default and Hive-compatible, for a day
# and for an hour; aws_account_id_vpcflowlogs_region_flow_log_id_YYYYMMDDTHHmmZ_hash.log.gz, the time in steps of five.
AWS_NAME = (r"(?P<name_account>\d{12})_vpcflowlogs_(?P<name_region>[a-z]{2}-[a-z]+-\d)_fl-[0-9a-f]{8}"
            r"_(?P<date>\d{8})T(?P<hhmm>\d\d[0-5][05])Z_[0-9a-f]{8}\.log\.gz")
AWS = r"AWSLogs/(?P<account>\d{12})/vpcflowlogs/(?P<region>[a-z]{2}-[a-z]+-\d)/(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d)/"
HIVE = (r"AWSLogs/aws-account-id=(?P<account>\d{12})/aws-service=vpcflowlogs/aws-region=(?P<region>[a-z]{2}-[a-z]+-\d)"
        r"/year=(?P<y>\d{4})/month=(?P<m>\d\d)/day=(?P<d>\d\d)/")
# cloud.ibm.com/docs/vpc?topic=vpc-fl-analyze, "Flow log object format".
IBM = (r"ibm_vpc_flowlogs_v1/account=(?P<account>[^/:]+)/region=(?P<region>[^/:]+)/vpc-id=(?P<vpc>[^/:]+)"
       r"/subnet-id=(?P<subnet>[^/:]+)/endpoint-type=vnics/instance-id=(?P<instance>[^/:]+)/vnic-id=(?P<vnic>[^/:]+)"
       r"/record-type=(?P<type>all|ingress|egress|internal)/year=(?P<y>\d{4})/month=(?P<m>\d\d)/day=(?P<d>\d\d)"
       r"/hour=(?P<h>\d\d)/stream-id=(?P<stream>\d{8}T\d{6}Z)/(?P<seq>\d{8})\.gz")
OWN = r"dt=(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)/(?P<tag>egress|ingress|internal|other)-\d{8}T\d{6}Z-\d{8}\.json"

# Objects are as large as the slots of their keys allow.
LONG = {"max_seconds_per_object": 100000, "max_seconds_per_stream": 100000, "max_seconds_late": 0}


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    """A recording whose first half was made before midnight and whose second half after."""
    folder = tmp_path_factory.mktemp("evening")
    lines = messages("old")
    half = len(lines) // 2
    times = [STARTS[at >= half] + (at if at < half else at - half) for at in range(len(lines))]
    (folder / "evening.jsonl").write_bytes(b"".join(lines))
    (folder / "evening.times").write_text("".join("%d\n" % t for t in times))
    return folder / "evening.jsonl"


def export(evening, folder, flows, store):
    """Replay into files; returns {key: (body, headers)}."""
    folder.mkdir()
    out = formats.export(settings.merge(flows, {"store": {"buffered": {**LONG, **store}}}), [evening], folder)
    paths = [p for p in out.rglob("*") if p.is_file() and p.suffix != ".headers"]
    return {p.relative_to(out).as_posix(): (gzip.decompress(p.read_bytes()).decode(),
                                            objects.read_headers(str(p) + ".headers")) for p in paths}


def day(match):
    return "-".join(match.group("y", "m", "d"))


def matched(found, pattern):
    """Every key is of the pattern, both days have objects. Returns [(match, body, headers)]."""
    whole = re.compile("bucket/logs/" + pattern)
    matches = [(whole.fullmatch(key), *found[key]) for key in sorted(found)]
    assert all(m for m, _, _ in matches), [key for key in found if not whole.fullmatch(key)][:3]
    assert {day(m) for m, _, _ in matches} == set(DAYS)
    return matches


def expected(evening, folder, flows, read):
    """Objects of a message each, in the layout of the Go exporter: {(day of its arrival, record): count}."""
    found = export(evening, folder, flows, {"max_seconds_per_object": 0, "max_flows_per_object": 100000})
    counts = collections.Counter()
    for body, headers in found.values():
        came = datetime.datetime.fromtimestamp(int(headers[objects.LAST]) / 1000, datetime.timezone.utc)
        counts.update((came.strftime("%Y-%m-%d"), r) for r in read(body))
    return counts


def nothing_is_lost(matches, read, wanted):
    """Each record is there once, in an object of the day on which it came."""
    assert collections.Counter((day(m), r) for m, body, _ in matches for r in read(body)) == wanted


def aws_texts(body):
    aws_lines.read(body)
    return body.splitlines()[1:]


def json_texts(body):
    return objects.split(body)[2]


def ibm_texts(body):
    return [json.dumps(r) for r in json.loads(body)["flow_logs"]]


@pytest.mark.parametrize("layout, partition, folder", [
    ("aws", "auto", AWS), ("aws", "hour", AWS + r"(?P<h>\d\d)/"),
    ("aws-hive", "day", HIVE), ("aws-hive", "hour", HIVE + r"hour=(?P<h>\d\d)/")],
    ids=["aws", "aws-hour", "aws-hive", "aws-hive-hour"])
def test_aws(layout, partition, folder, evening, tmp_path):
    """The documented name in the documented folders, with the five minutes in which rows came; gzip, unlabelled."""
    found = export(evening, tmp_path / "aws", formats.AWS, {"layout": layout, "partition": partition})
    matches = matched(found, folder + AWS_NAME)
    for m, _, headers in matches:
        assert m["account"] == m["name_account"] == "123456789012" and m["region"] == m["name_region"] == "eu-central-1"
        assert m["date"] == m["y"] + m["m"] + m["d"]
        assert m["hhmm"] == DAYS[day(m)]
        assert partition != "hour" or m["h"] == m["hhmm"][:2]
        assert headers["content-type"] == "application/gzip" and "content-encoding" not in headers
    nothing_is_lost(matches, aws_texts, expected(evening, tmp_path / "go", formats.AWS, aws_texts))


def test_ibm(evening, tmp_path):
    """A folder an hour with streams of its own, whose objects count from 0; CRNs are escaped; JSON labelled as gzip."""
    found = export(evening, tmp_path / "ibm", formats.IBM, IBM_PLACE)
    numbers, matches = collections.defaultdict(list), matched(found, IBM)
    for m, body, headers in matches:
        assert m.group("account", "region", "subnet", "vnic") == ("a1", "us-south", "0717-1", "0717-2")
        assert m["vpc"] == "crn%3Av1%3Abluemix%3Apublic%3Ais%3Aus-south%3Aa%2F1%3A%3Avpc%3Ar1"
        assert m["h"] == DAYS[day(m)][:2]
        assert headers["content-type"] == "application/json" and headers["content-encoding"] == "gzip"
        ibm_objects.read(json.loads(body))
        numbers[m["type"], m["d"], m["stream"]].append(int(m["seq"]))
    assert all(n == list(range(len(n))) for n in numbers.values())
    assert len({(t, d) for t, d, _ in numbers}) == len(numbers)
    nothing_is_lost(matches, ibm_texts, expected(evening, tmp_path / "go", formats.IBM, ibm_texts))


def test_template(evening, tmp_path):
    """A key of one's own."""
    flows = {"transform": {"type": "vpclogs"}}
    found = export(evening, tmp_path / "own", flows, {
        "layout": "template", "key": "dt={year}-{month}-{day}/{tag}-{stream}-{sequence}.json"})
    matches = matched(found, OWN)
    nothing_is_lost(matches, json_texts, expected(evening, tmp_path / "go", flows, json_texts))


@pytest.mark.parametrize("store, compress, reason", [
    ({"layout": "template", "key": "{year}/{tag}/{sequence}.gz"}, "gzip", ".key: needs {stream}, or a restart would"),
    ({"layout": "template", "key": "{tag}/{stream}/{sequence}/{second}"}, "gzip", '.key: does not know "{second}"'),
    ({"layout": "aws", "account_id": "123456789012", "region": "eu-central-1"}, "zstd",
     ".layout: wants pipeline.compress.type: gzip"),
    (settings.merge(IBM_PLACE, {"subnet_id": ""}), "gzip", ".subnet_id: must be set for this layout"),
    (settings.merge(IBM_PLACE, {"max_seconds_late": 3601}), "gzip",
     ".max_seconds_late: must not be longer than a slot of the layout: write 3600 or less"),
    ({"max_seconds_late": 60}, "gzip", ".max_seconds_late: is for layouts with times in their keys"),
])
def test_check_refuses(store, compress, reason, tmp_path):
    """One line with the file, its line and what is wrong."""
    change = {"pipeline": {"store": {"buffered": store}, "compress": {"type": compress}}}
    result = exporter("check", "-c", settings.save(tmp_path / "t.yml", settings.merge(BASE, change)))
    assert result.code == 1
    lines = [line for line in result.stderr.splitlines() if "pipeline.store.buffered" + reason in line]
    assert len(lines) == 1 and "t.yml:" in lines[0], result.stderr


@pytest.mark.parametrize("one, other, collide", [
    (("x", "{tag}/a/{stream}/{sequence}"), ("x/egress", None), True),
    (("x", "a/{tag}/{stream}/{sequence}.gz"), ("x/a", None), True),
    (("", "a/{tag}/{stream}/{sequence}.gz"), ("a", None), True),
    (("", "{tag}/{stream}/{sequence}"), ("y", None), True),
    (("x", "a/{tag}/{stream}/{sequence}.gz"), ("x/ab", None), False),
    (("x", "{tag}/{stream}/{sequence}.gz"), ("xy", None), False),
    (("x", "t={tag}/{stream}/{sequence}.gz"), ("x/u", None), False),
    (("x", None), ("x/egress", None), False),
])
def test_two_pipelines_never_write_one_key(one, other, collide, tmp_path):
    """A template must not lead to where another pipeline writes: refused when it could."""
    stores = [{"filename_prefix": prefix, **({"layout": "template", "key": key} if key else {})}
              for prefix, key in (one, other)]
    for order in (stores, stores[::-1]):
        folder = tmp_path / str(order is stores)
        folder.mkdir()
        tenants = {n: {"pipeline": {"store": {"buffered": s}}} for n, s in zip("ab", order)}
        path = settings.save_all(folder, BASE, tenants)
        result = exporter("check", "-c", path)
        said = result.stderr.count("may write under the same keys, by their layout")
        assert (result.code, said) == ((1, 1) if collide else (0, 0)), result.stderr
