# SPDX-License-Identifier: Apache-2.0
"""What the mirror of the topology answers, held against what the analyzer answered when it was asked.

The streams of the storm's topology were recorded beside its flows, and its answers to every question for them.
"""
import json
import re

import pytest

from golden import cases
from golden.test_peers import questions
from lib import objects, settings, slots, stream
from lib.graph import Graph
from lib.paths import recording
from lib.process import replay

FRAMINGS = {"json": "new-netns-storm6.jsonl.gz", "protobuf": "new-netns-storm6-protobuf.pb.gz"}
STREAMS = {"partial": "new-netns-storm6-topology-stream.jsonl.gz",
           "partial-protobuf": "new-netns-storm6-topology-stream-protobuf.pb.gz",
           "full": "new-netns-storm6-topology-stream-full.jsonl.gz"}
ANSWERS = recording("new-netns-storm6.topology.json.gz")
# What is asked of a flow: the hosts that its addresses are routed from.
SOURCES = "G.V().Has('RoutingTables.Src','%s').Values('@Host')"
each_stream = pytest.mark.parametrize("policy", STREAMS)
each_framing = pytest.mark.parametrize("framing", FRAMINGS)


def play(folder, framing, mode, policy=None, answers=(ANSWERS,), peers="path"):
    """Replay the storm through the golden case with these answers and this stream; returns the log and the objects."""
    folder.mkdir(exist_ok=True)
    config = settings.merge(settings.load(cases.by_name("new-secadvisor").config), {
        "topology": {"mode": mode, "peers": peers}, "spool": {"directory": str(folder / "spool")}, "status": {"listen": ""}})
    done = replay(settings.save(folder / "config.yml", config), [recording(FRAMINGS[framing])], answers, folder / "out",
                  topology_stream=policy and recording(STREAMS[policy]))
    return done.stderr, objects.read_tree(folder / "out")


def differing(log):
    """Return the questions that were answered otherwise, as often as it was told."""
    told = re.findall(r'mirror=differs question="((?:[^"\\]|\\.)*)".*\n(?:.* the line above came (\d+) more times\n)?', log)
    return [line.replace('\\"', '"') for line, more in told for _ in range(1 + int(more or 0))]


def asked(framing):
    """Return the questions for the hosts of each flow's addresses that the analyzer was asked, one by one."""
    answered = {entry["query"] for entry in json.loads(stream.read(ANSWERS)) if entry["status"] == 200}
    return [query for batch in stream.batches(recording(FRAMINGS[framing])) for flow in batch if "Network" in flow
            for query in (SOURCES % flow["Network"][side] for side in "AB") if query in answered]


@each_stream
@each_framing
def test_shadow_has_no_difference(framing, policy, tmp_path):
    """Each of some thousand answers of the analyzer is the mirror's, too."""
    log, found = play(tmp_path, framing, "shadow", policy)
    assert differing(log) == [] and len(asked(framing)) > 1000
    assert sum(len(o.records) for o in found) > 1000 and not objects.faults(found)


def test_shadow_finds_a_difference(tmp_path):
    """Another answer of the analyzer is told whenever it is compared: for each flow."""
    query = SOURCES % "10.10.0.13"
    entries = json.loads(stream.read(ANSWERS))
    changed = [entry for entry in entries if entry["query"] == query]
    assert len(changed) == 1 and json.loads(changed[0]["body"]) == ["node-2"]
    changed[0]["body"] = '["node-3"]'
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(entries))
    log, _ = play(tmp_path, "json", "shadow", "partial", [answers])
    assert differing(log) == [query] * asked("json").count(query) and query in asked("json")
    assert 'the analyzer: "node-3; the mirror: node-2"' in log


@each_stream
@each_framing
def test_mirror_makes_the_records_of_rest(framing, policy, tmp_path):
    """Nothing is asked: all objects are what they are with the analyzer's answers, of which it has none here."""
    _, wanted = play(tmp_path / "rest", framing, "rest")
    _, found = play(tmp_path / "mirror", framing, "mirror", policy, answers=())
    named = sum('"Context"' in text for o in wanted for text in o.records)
    assert named > 300 and found == wanted


@each_stream
def test_peers_by_address(policy, tmp_path):
    """Whose an address is, of either family: the graph that was recorded later says the same."""
    answers = tmp_path / "answers.json"
    flows = [flow for batch in stream.batches(recording(FRAMINGS["json"])) for flow in batch]
    sources = {SOURCES % flow["Network"][side] for flow in flows if "Network" in flow for side in "AB"}
    answers.write_text(json.dumps(questions(flows, Graph(recording("new-netns-storm6.graph.json.gz"))) + [
        entry for entry in json.loads(stream.read(ANSWERS)) if entry["query"] in sources]))
    _, wanted = play(tmp_path / "rest", "json", "rest", answers=[answers], peers="address")
    for folder in "once", "twice":
        _, found = play(tmp_path / folder, "json", "mirror", policy, answers=(), peers="address")
        assert found == wanted
    assert sum('"Context"' in text and '"A":"fd00:' in text for o in found for text in o.records) > 300


# node-1's agent is lost, with web and client of node-1, and comes back; then node-2's.
LOSS = "new-topology-stream-loss.jsonl.gz"
GONE, BACK = 1795349104245, 1795349147398
BEFORE = GONE - 100         # tenths of a second are compared
CAPTURED = "59013970-9959-57f1-971f-a5f875859a1f"       # at web's veth
NAMES = {"A": {"Type": "pod", "Name": "shop/web-1", "Set": "ReplicaSet:shop/web"}, "B": {"Type": "container", "Name": "client"}}
SEEN = {
    "before": (BEFORE, BEFORE, NAMES),
    "reported meanwhile": (BACK - 1000, BEFORE, NAMES),
    "meanwhile": (BACK - 1000, GONE + 5000, {}),        # nobody had the addresses, or has
    "reported at last": (BACK + 60000, BEFORE, NAMES),
    "after": (BACK + 60000, BACK + 1000, NAMES),
    "reported late": (BACK + 19 * 60000, BEFORE, NAMES),
}


def flow_of(number, last):
    """Return a flow from web to client that was seen then."""
    flow = slots.redated(next(slots.flows_of(recording(FRAMINGS["json"])))[0], number, last)
    flow.update(Last=last, NodeTID=CAPTURED)
    flow["Network"] = {"Protocol": "IPV4", "A": "10.10.0.11", "B": "10.10.0.12", "ID": 0}
    return flow


def test_a_name_is_that_of_the_time_of_the_flow(tmp_path):
    """Whoever had the address when the flow was seen is named, while its agent is lost and when it is back."""
    source = tmp_path / "flows.jsonl"
    arrivals = sorted(SEEN, key=lambda name: SEEN[name][0])
    flows = [flow_of(number, SEEN[name][1]) for number, name in enumerate(arrivals)]
    source.write_text("".join(json.dumps({"Namespace": "flow", "Type": "store", "Obj": [flow]}) + "\n" for flow in flows))
    source.with_suffix(".times").write_text("".join("%d\n" % SEEN[name][0] for name in arrivals))
    config = settings.load(cases.by_name("new-secadvisor").config)
    config = settings.merge(config, {"topology": {"mode": "mirror", "peers": "address"}, "status": {"listen": ""},
                                     "spool": {"directory": str(tmp_path / "spool")}})
    replay(settings.save(tmp_path / "config.yml", config), [source], (), tmp_path / "out", topology_stream=recording(LOSS))
    records = [json.loads(text) for o in objects.read_tree(tmp_path / "out") for text in o.records]
    found = {record["UUID"]: record.get("Context", {}) for record in records}
    assert {name: found[flow["UUID"]] for name, flow in zip(arrivals, flows)} == {
        name: context for name, (_, _, context) in SEEN.items()}
