# SPDX-License-Identifier: Apache-2.0
"""Records are in the slot of what they report: where a day, an hour or five minutes end, for every layout with times.

The expected place of each record is computed from the recording alone, by lib/slots.py.
"""
import collections
import datetime
import gzip
import json
import re

import pytest

from golden import formats
from golden.formats import IBM_PLACE
from golden.test_layouts import AWS, AWS_NAME, HIVE, IBM
from lib import aws_lines, objects, settings, slots
from lib.paths import recording

MINUTES, HOUR, DAY = 5 * 60000, 3600000, 86400000
MIDNIGHT = 1551225600000    # 2019-02-27
OWN = {"layout": "template", "max_flows_per_object": 20, "filename_prefix": "logs"}
OWN_MINUTES = {**OWN, "key": "{year}{month}{day}T{hour}{minute}/{tag}-{stream_hex}-{sequence}.json.gz"}
OWN_DAY = {**OWN, "key": "d{year}{month}{day}/{tag}/{stream}/{sequence}.json.gz"}
OWN_KEY = r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)T(?P<hhmm>\d{4})/(?P<tag>\w+)-(?P<stream>[0-9a-f]{8})-(?P<seq>\d{8})\.json\.gz"
OWN_DAY_KEY = r"d(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)/(?P<tag>\w+)/(?P<stream>\d{8}T\d{6}Z)/(?P<seq>\d{8})\.json\.gz"
NONE = {"transform": {"type": "none"}}


def ports(body):
    return [max(r["Transport"]["A"], r["Transport"]["B"]) for r in json.loads(body)]


def aws_ports(body):
    return [max(r["srcport"], r["dstport"]) for r in aws_lines.read(body)]


def ibm_ports(body):
    return [r["initiator_port"] for r in json.loads(body)["flow_logs"]]


def begins(match):
    """When the slot begins that a key says, in ms."""
    found = {**{"h": "00", "hhmm": ""}, **match.groupdict()}
    hhmm = found["hhmm"] or found["h"] + "00"
    when = datetime.datetime.strptime(found["y"] + found["m"] + found["d"] + hhmm, "%Y%m%d%H%M")
    return int(when.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


Stored = collections.namedtuple("Stored", "slot match ports first last")


def export(path, folder, flows, store, pattern, read):
    """Replay into files; returns what is stored."""
    limits = {"max_seconds_per_object": 100000, "max_seconds_per_stream": 100000, **store}
    out = formats.export(settings.merge(flows, {"store": {"buffered": limits}}), [path], folder)
    found, whole = [], re.compile("bucket/logs/" + pattern)
    for file in sorted(p for p in out.rglob("*") if p.is_file() and p.suffix != ".headers"):
        match = whole.fullmatch(file.relative_to(out).as_posix())
        assert match, file
        headers = objects.read_headers(str(file) + ".headers")
        found.append(Stored(begins(match), match, read(gzip.decompress(file.read_bytes()).decode()),
                            int(headers[objects.FIRST]), int(headers[objects.LAST])))
    return found


def arrivals(size):
    """Messages from a slot and a half before midnight to as long after it, dense around the borders."""
    times = set()
    for border in range(MIDNIGHT - size, MIDNIGHT + size + 1, size):
        times.update(border + ms for ms in (-61000, -1000, -1, 0, 1, 1000, 30000, 59999, 60000, 60001, size // 2, size - 2))
    return sorted(times)


def series(stored):
    """Return {what a number counts in: numbers}."""
    out = collections.defaultdict(list)
    for s in stored:
        g = s.match.groupdict()
        if "hash" in g:
            out[g["stream"], g["hash"][0]].append(int(g["hash"][1:], 16))
        else:
            own = s.slot if len(g["stream"]) > 8 else 0
            out[own, g["stream"], g.get("tag") or g.get("type")].append(int(g["seq"]))
    return out


AWS_UNIQUE = AWS_NAME.replace("_fl-[0-9a-f]{8}", "_fl-(?P<stream>[0-9a-f]{8})").replace(
    "Z_[0-9a-f]{8}", "Z_(?P<hash>[0-9a-f]{8})")
AWS_FEW = {"max_flows_per_object": 20}


@pytest.mark.parametrize("flows, store, pattern, read, size", [
    (formats.AWS, {**AWS_FEW, "layout": "aws"}, AWS + AWS_UNIQUE, aws_ports, MINUTES),
    (formats.AWS, {**AWS_FEW, "layout": "aws-hive", "partition": "hour"}, HIVE + r"hour=\d\d/" + AWS_UNIQUE, aws_ports, MINUTES),
    (formats.IBM, {**AWS_FEW, **IBM_PLACE}, IBM, ibm_ports, HOUR),
    (NONE, OWN_MINUTES, OWN_KEY, ports, MINUTES),
    (NONE, OWN_DAY, OWN_DAY_KEY, ports, DAY),
], ids=["aws", "aws-hive", "ibm", "minutes", "day"])
@pytest.mark.parametrize("late", [None, 0, 300], ids=["usual", "by-arrival", "300s"])
def test_records_are_in_their_slot(flows, store, pattern, read, size, late, tmp_path):
    """Late ones within the bound too, older ones and those of the future when they came; keys and windows hold."""
    about = slots.record(recording("old-netns-mixed.jsonl.gz"), tmp_path / "r.jsonl", arrivals(size))
    late_ms = 60000 if late is None else late * 1000
    store = store if late is None else {**store, "max_seconds_late": late}
    stored = export(tmp_path / "r.jsonl", tmp_path, flows, store, pattern, read)
    wanted = {port: slots.slot(*when, size, late_ms) for port, when in about.items()}
    found = {(port, s.slot) for s in stored for port in s.ports}
    assert found == {(port, wanted[port]) for port, _ in found}
    # The formats leave out some flows, but not by when they are.
    kept = {port for port, _ in found}
    early = {port for port in kept if wanted[port] < slots.start(about[port][0], size)}
    assert len(kept) > 0.4 * len(about) and bool(early) == bool(late_ms)
    assert any(slots.is_late(*about[port], size, late_ms) for port in kept) == bool(late_ms)
    for s in stored:
        came = [about[port][0] for port in s.ports]
        assert s.first <= min(came) and max(came) <= s.last, s
    assert all(sorted(n) == list(range(len(n))) for n in series(stored).values())
    assert len({s.match.group() for s in stored}) == len(stored)


def test_a_late_record_makes_no_object_of_its_own(tmp_path):
    """However old records are, there are as many objects as slots in which some came, of each tag."""
    source = recording("old-netns-mixed.jsonl.gz")
    ages = [n * 7 * MINUTES + 1 for n in range(1, 400)]
    slots.record(source, tmp_path / "r.jsonl", [MIDNIGHT + 100000 * n for n in range(12)], ages)
    stored = export(tmp_path / "r.jsonl", tmp_path, NONE, {**OWN_MINUTES, "max_flows_per_object": 10000}, OWN_KEY, ports)
    count = collections.Counter((s.slot, s.match["tag"]) for s in stored)
    assert {slot for slot, _ in count} == {MIDNIGHT + MINUTES * n for n in range(4)} and set(count.values()) == {1}
