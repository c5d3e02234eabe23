# SPDX-License-Identifier: Apache-2.0
"""The oracle agrees with what the Go exporter stored, and with itself over the three framings.

Nothing here runs the product: it is what makes the oracle fit to judge it where
the Go exporter has no answer.
"""
import pytest

from golden import cases
from lib import flowjson, objects, oracle, settings, stream
from lib.paths import recording

CASES = {case.name: case for case in cases.every()}


@pytest.mark.parametrize("name", sorted(name for name in CASES if "action" not in name))
def test_oracle_gives_the_golden_records(name):
    """For every case but those of mangle action: same tags, same records, same bytes, same order as the Go exporter."""
    case = CASES[name]
    config = settings.load(case.config)
    blind = "P10" in case.differences
    got = oracle.joined(oracle.expected(config, case.inputs, case.topology, since_028=not blind))
    wanted = objects.by_tag(cases.of_go(case) if blind else cases.expected(case))
    assert not list(objects.record_differences(wanted, got))


@pytest.mark.parametrize("age", ["old", "new"])
def test_canonical_text_is_what_an_analyzer_sends(age):
    """Transform none gives the flows of a recording back byte for byte, whichever analyzer made it."""
    raw = []
    for line in stream.read(recording(age + "-netns-mixed.jsonl.gz")).splitlines():
        if b'"Type":"store"' in line[:80]:
            text = line.decode()
            raw += objects.array(text, text.index('"Obj":') + 6)[0]
    got = [flowjson.encode("Flow", flow) for flows in oracle.flows_of([recording(age + "-netns-mixed.jsonl.gz")])
           for flow in flows]
    assert len(got) > 800
    assert got == raw


@pytest.mark.parametrize("age", ["old", "new"])
def test_framings_carry_the_same_flows(age):
    """A JSON and a protobuf subscriber got the same flows in the same messages."""
    text = list(oracle.flows_of([recording(age + "-netns-mixed.jsonl.gz")]))
    binary = list(oracle.flows_of([recording(age + "-netns-mixed-protobuf.pb.gz")]))
    assert text == binary


def old_spelling(flow):
    """Return the canonical text of a flow as an OLD analyzer would have sent it."""
    names = {"q_d_count": "QDCount", "a_n_count": "ANCount", "n_s_count": "NSCount", "a_r_count": "ARCount",
             "c_name": "CNAME", "m_name": "MName", "r_name": "RName", "virtual_rtrID": "VirtualRtrID",
             "count_ipaddr": "CountIPAddr"}

    def rename(value):
        if isinstance(value, list):
            return [rename(v) for v in value]
        if not isinstance(value, dict):
            return value
        out = {names.get(k, k): rename(v) for k, v in value.items()}
        if isinstance(out.get("timestamp"), dict):
            out["timestamp"] = stream.stamp(out["timestamp"])
        return out

    plain = rename(flow)
    for layer in ("DNS", "VRRPv2"):
        if layer in plain:
            plain[layer][""] = plain[layer][""].replace("new", "old")
    return flowjson.encode("Flow", plain)


def identity(flow):
    """A flow is reported again and again; these tell one report from another."""
    delta = flow.get("LastUpdateMetric", {})
    return (flow["UUID"], flow.get("Last"), delta.get("Last"), flow.get("FinishType", 0))


@pytest.mark.parametrize("age, least", [("old", 800), ("new", 1200)])
def test_agents_protobuf_is_the_same_flows(age, least):
    """What agents sent as protobuf, put as JSON, is what the analyzer then sent to subscribers."""
    sent = {identity(f): flowjson.encode("Flow", f)
            for flows in oracle.flows_of([recording(age + "-netns-mixed.flowmsg.pb.gz")]) for f in flows}
    seen = {identity(f): old_spelling(f)
            for flows in oracle.flows_of([recording(age + "-netns-mixed.jsonl.gz")]) for f in flows}
    both = sorted(set(sent) & set(seen), key=str)
    assert len(both) >= least, "%d of %d reports are in both" % (len(both), len(seen))
    assert [sent[i] for i in both] == [seen[i] for i in both]
