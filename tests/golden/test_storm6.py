# SPDX-License-Identifier: Apache-2.0
"""A storm that is mostly IPv6, with extension headers, fragments and long DNS answers, through the Go programs' formats.

AWS's and IBM's formats, CSV and JSON lines have it in test_formats and test_typed_reader.
"""
import pytest

from golden import cases
from golden.formats import BASE
from lib import flowjson, objects, oracle, settings, stream
from lib.paths import recording
from lib.process import replay

FRAMINGS = ["new-netns-storm6.jsonl.gz", "new-netns-storm6-protobuf.pb.gz"]
TOPOLOGY = [recording("new-netns-storm6.topology.json.gz")]
FLOWS = 1307


def test_it_is_a_storm():
    """What the recording is for is in it, the same in both framings, and the reader loses nothing of it."""
    text, binary = (list(stream.batches(recording(name))) for name in FRAMINGS)
    flows = [flow for batch in text for flow in batch]
    assert text == binary and len(flows) == FLOWS
    assert sum(":" in flow.get("Network", {}).get("A", "") for flow in flows) > 800
    assert sum("DNS" in flow for flow in flows) > 500
    assert max(len(flow.get("DNS", {}).get("answers") or ()) for flow in flows) >= 10
    raw = []
    for line in stream.read(recording(FRAMINGS[0])).splitlines():
        if b'"Type":"store"' in line[:80]:
            raw += objects.array(line.decode(), line.decode().index('"Obj":') + 6)[0]
    assert [flowjson.encode("Flow", flow) for batch in oracle.flows_of([recording(FRAMINGS[0])]) for flow in batch] == raw


@pytest.mark.parametrize("framing", FRAMINGS, ids=["json", "protobuf"])
@pytest.mark.parametrize("name", ["new-vpclogs", "new-secadvisor", "none"])
def test_records_are_the_oracles(name, framing, tmp_path):
    """The configuration of a golden case over the storm: tags, records, their bytes and order are what Go's rules give."""
    config = settings.merge({"pipeline": {"transform": {"type": "none"}}}, BASE) if name == "none" else settings.load(
        cases.by_name(name).config)
    config = settings.merge(config, {
        "spool": {"directory": str(tmp_path / "spool")}, "status": {"listen": ""}})
    replay(settings.save(tmp_path / "config.yml", config), [recording(framing)], TOPOLOGY, tmp_path / "out")
    wanted = oracle.joined(oracle.expected(config, [recording(framing)], TOPOLOGY))
    found = objects.read_tree(tmp_path / "out")
    assert not objects.faults(found) and sum(len(o.records) for o in found) > FLOWS / 4
    assert not list(objects.record_differences(wanted, objects.by_tag(found)))
