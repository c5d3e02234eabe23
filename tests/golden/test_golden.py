# SPDX-License-Identifier: Apache-2.0
"""What the product makes of recordings through `replay`, against the Go exporter and the oracle."""
import json
import re

import pytest

from golden import cases, differences
from lib import objects, oracle, settings, stream
from lib.paths import GOLDEN, recording
from lib.process import exporter, replay

CASES = {case.name: case for case in cases.every()}
PRE028 = {age: GOLDEN / "inputs" / (age + "-netns-mixed-pre028.topology.json.gz")
          for age in ("old", "new")}
FRAMINGS = ["netns-mixed.jsonl.gz", "netns-mixed-protobuf.pb.gz"]


def no(differences):
    """Fail with the list of differences if there is any."""
    found = list(differences)
    assert not found, "%d differences:\n%s" % (len(found), "\n".join(found)[:8000])


def run_case(case, folder):
    """Replay a case; returns the objects it made."""
    config = settings.with_spool(case.config, folder)
    if case.stdout:
        return objects.read_stdout(replay(config, case.inputs, case.topology).stdout)
    output = folder / "out"
    replay(config, case.inputs, case.topology, output)
    return objects.read_tree(output)


@pytest.mark.parametrize("name", sorted(CASES))
def test_case(name, tmp_path):
    """Same tags, records (bytes, order), text around them and headers as the Go exporter, and sound objects."""
    case = CASES[name]
    found, wanted = run_case(case, tmp_path), cases.expected(case)
    if case.stdout:
        for side in (wanted, found):
            side.sort(key=lambda o: o.series)
    else:
        no(objects.faults(found))
    found = differences.ours(case, found)
    no(objects.record_differences(objects.records(wanted), objects.records(found)))
    no(objects.frame_differences(wanted, found))
    if case.cut:
        no(objects.cut_differences(wanted, found))


@pytest.mark.parametrize("name", ["edge-secadvisor-logstatus", "old-secadvisor-logstatus"])
def test_logstatus_as_the_go_exporter(name, tmp_path):
    """With compat: true there is a SKIPDATA wherever the Go exporter has one; its NODATA come at random."""
    case, drop = CASES[name], differences.without("NODATA")
    config = settings.merge(settings.load(case.config), {"pipeline": {"mangle": {"logstatus": {"compat": True}}}})
    replay(settings.with_spool(settings.save(tmp_path / "compat.yml", config), tmp_path), case.inputs, case.topology,
           tmp_path / "out")
    found = objects.read_tree(tmp_path / "out")
    assert has_status("NODATA", found) == has_status("NODATA", cases.of_go(case))
    wanted = drop(cases.of_go(case), case)
    assert has_status("SKIPDATA", wanted)
    no(objects.record_differences(clockless(wanted), clockless(drop(found, case))))


def has_status(status, found):
    return any(json.loads(r)["LogStatus"] == status for o in found for r in o.records)


def clockless(found):
    """Return {series: records}; a SKIPDATA begins and ends when it was made."""
    return {series: [re.sub(r'("(?:Start|Last)": ?)\d+', r"\1#", r) if "SKIPDATA" in r else r for r in records]
            for series, records in objects.records(found).items()}


def test_default_gzip_header(tmp_path):
    """A compressed object is one gzip member with the ten bytes the Go exporter writes."""
    for item in run_case(CASES["edge-none"], tmp_path):
        assert item.raw[:10].hex() == "1f8b08000000000000ff"


def test_key_of_a_stream_is_a_time_of_the_recording(tmp_path):
    """replay lives on the clock of the recording: streams and timestamps lie inside it, but for one interval."""
    case = CASES["old-none-capture"]
    times = [int(t) for t in stream.read(recording("old-netns-mixed.times")).split()]
    for item in run_case(case, tmp_path):
        for meta in (objects.FIRST, objects.LAST):
            assert times[0] <= int(item.headers[meta]) <= times[-1] + 3000, item.key


def test_twice_the_same(tmp_path):
    """A replay is deterministic: keys, bodies and headers of two runs are equal, byte for byte."""
    runs = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        run_case(CASES["old-vpclogs"], folder)
        runs.append({p.relative_to(folder / "out").as_posix(): p.read_bytes()
                     for p in (folder / "out").rglob("*") if p.is_file()})
    assert runs[0] and runs[0] == runs[1]


def against_oracle(config, inputs, topology, folder):
    """Replay and compare with the oracle; returns {tag: records}."""
    path = settings.save(folder / "config.yml", settings.merge(
        config, {"spool": {"directory": str(folder / "spool")}}))
    replay(path, inputs, topology, folder / "out")
    found = objects.read_tree(folder / "out")
    no(objects.faults(found))
    wanted = oracle.joined(oracle.expected(config, inputs, topology))
    no(objects.record_differences(wanted, objects.by_tag(found)))
    return wanted


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("age, records", [("old", 573), ("new", 837)])
def test_vpclogs_of_an_unedited_recording(age, records, framing, tmp_path):
    """UDP, SCTP and TCP without TCPMetric are exported, ICMP and ARP are not; directions from the first record on.

    The Go exporter dies of the first message of these recordings (P16).
    """
    config = settings.load(CASES[age + "-vpclogs"].config)
    wanted = against_oracle(config, [recording("%s-%s" % (age, framing))], [PRE028[age]], tmp_path)
    every = [json.loads(r) for tag in wanted.values() for r in tag]
    assert len(every) == records
    assert {r.get("transport_protocol", 0) for r in every} == {6, 17, 0}
    assert {r.get("direction", "") for r in every} == {"inbound", "outbound", ""}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("age", ["old", "new"])
def test_secadvisor_of_an_unedited_recording(age, framing, tmp_path):
    """Containers of docker and of runc, their pods and hosts are found in the topology of a v0.28 and of a later analyzer.

    The Go exporter finds none of the containers (P10), and cannot read most messages of the later one (W5).
    """
    config = settings.load(CASES["new-secadvisor"].config)
    wanted = against_oracle(config, [recording("%s-%s" % (age, framing))],
                            [recording(age + "-netns-mixed.topology.json.gz")], tmp_path)
    peers = [peer for tag in wanted.values() for r in tag for peer in json.loads(r).get("Context", {}).values()]
    assert {"shop/web-1", "client", "shop/db-7f9c6d5b8-q2x4z", "batch-5"} <= {peer["Name"] for peer in peers}
    assert {"pod", "container", "host"} >= {peer["Type"] for peer in peers} >= {"pod", "container"}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("age", ["old", "new"])
def test_none_of_an_unedited_recording(age, framing, tmp_path):
    """Every flow of a recording comes out as it came in, in DNS and VRRP spelling of its analyzer (W5)."""
    config = settings.load(CASES["old-none-capture"].config)
    del config["pipeline"]["subscriber"]["capture_id"]
    against_oracle(config, [recording("%s-%s" % (age, framing))], [], tmp_path)


@pytest.mark.parametrize("age", ["old", "new"])
def test_none_of_agents_datagrams(age, tmp_path):
    """Agents' flow.Message decode to the same flows, spelt as an OLD analyzer does, times in RFC 3339."""
    config = settings.load(CASES["old-none-capture"].config)
    del config["pipeline"]["subscriber"]["capture_id"]
    against_oracle(config, [recording(age + "-netns-mixed.flowmsg.pb.gz")], [], tmp_path)


@pytest.mark.parametrize("age", ["old", "new"])
def test_vpclogs_of_agents_datagrams(age, tmp_path):
    """The record does not depend on the way a flow came."""
    config = settings.load(CASES[age + "-vpclogs"].config)
    against_oracle(config, [recording(age + "-netns-mixed.flowmsg.pb.gz")], [PRE028[age]], tmp_path)


def test_recordings_one_after_the_other_are_one_stream(tmp_path):
    """Three recordings of a pipeline give one series per tag, in the order of the command line."""
    config = settings.load(CASES["edge-none"].config)
    inputs = [recording("old-netns-mixed.jsonl.gz"), recording("new-netns-mixed-protobuf.pb.gz")]
    against_oracle(config, CASES["edge-none"].inputs + inputs, [], tmp_path)


@pytest.mark.parametrize("name", ["edge-none", "edge-vpclogs"])
def test_tenants_do_not_see_each_other(name, tmp_path):
    """Two drop-ins that differ in tags and prefix store what each would store alone."""
    config = settings.merge(settings.load(CASES[name].config), {
        "include": "exporter.d/*.yml", "spool": {"directory": str(tmp_path / "spool")}})
    drops = {"one": {"pipeline": {"store": {"buffered": {"filename_prefix": "one"}}}},
             "two": {"pipeline": {"store": {"buffered": {"filename_prefix": "two"}},
                                  "filter": {"excluded_tags": ["internal"]}}}}
    (tmp_path / "exporter.d").mkdir()
    for drop, change in drops.items():
        settings.save(tmp_path / "exporter.d" / (drop + ".yml"), change)
    path = settings.save(tmp_path / "exporter.yml", config)
    replay(path, CASES[name].inputs, CASES[name].topology, tmp_path / "out")
    found = objects.read_tree(tmp_path / "out")
    no(objects.faults(found))
    for drop, change in drops.items():
        alone = oracle.expected(settings.merge(config, change), CASES[name].inputs, CASES[name].topology)
        mine = [o for o in found if o.series.split("/")[1] == drop]
        no(objects.record_differences(oracle.joined(alone), objects.by_tag(mine)))


@pytest.mark.parametrize("recorded", ["edge_tcp.jsonl.gz"])
def test_failure_is_told(recorded, tmp_path):
    """A recording that is not there: exit 1, one message that names it, nothing stored."""
    config = settings.with_spool(CASES["edge-none"].config, tmp_path)
    done = exporter("replay", "-c", config, "--output", tmp_path / "out", tmp_path / recorded)
    assert done.code == 1
    assert recorded in done.stderr
    assert not list(objects.read_tree(tmp_path / "out"))


@pytest.mark.parametrize("args", [[], ["replay"], ["replay", "-c"], ["no-such-command"]])
def test_wrong_usage(args):
    """Wrong usage ends with 2 and says how it is meant."""
    done = exporter(*args)
    assert done.code == 2
    assert "sage" in done.stderr


def test_objects_tell_of_lost_flows(tmp_path):
    """Five flows of edge_bad cannot be decoded: the objects of each tag that was open say so, and no other object."""
    found = run_case(CASES["edge-none"], tmp_path)
    told = {}
    for item in found:
        if objects.LOST in item.headers:
            told.setdefault(item.series, []).append(int(item.headers[objects.LOST]))
    assert sum(told["bucket/logs/egress"]) == sum(told["bucket/logs/other"]) == 5
    assert all(n > 0 for counts in told.values() for n in counts)
    good = tmp_path / "good"
    good.mkdir()
    assert not [o for o in run_case(CASES["old-none-capture"], good) if objects.LOST in o.headers]
