# SPDX-License-Identifier: Apache-2.0
"""What `explain` tells an operator of one flow."""
import json

import pytest

from lib import oracle, settings
from lib.paths import ROOT, recording
from lib.process import Analyzer, exporter

RECORDING = recording("old-netns-mixed.jsonl.gz")
TOPOLOGY = recording("old-netns-mixed.topology.json.gz")
EXTEND = "A_Host=G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('Host')"


def flow_to_the_pod():
    """A TCP flow from the host of the lab's client to the pod that runc runs."""
    return next(flow for flows in oracle.flows_of([RECORDING]) for flow in flows
                if flow.get("Network", {}).get("A") == "10.10.0.12" and flow["Network"].get("B") == "10.10.0.13")


def config(folder, change=None):
    base = {"host_id": "", "topology": {"peers": "path"}, "pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"},
        "classify": {"cluster_net_masks": ["10.10.0.0/16"]},
        "transform": {"type": "secadvisor", "secadvisor": {"extend": [EXTEND]}},
        "store": {"buffered": {"max_flows_per_object": 10, "max_seconds_per_object": 60,
                               "max_seconds_per_stream": 86400, "max_flow_array_size": 10}},
        "write": {"type": "stdout"}}}
    return settings.save(folder / "acme.yml", settings.merge(base, change or {}))


def explain(path, *args, flow=None):
    return exporter("explain", "-c", path, *args,
                    stdin=(json.dumps(flow or flow_to_the_pod()) if not isinstance(flow, str) else flow).encode())


def in_order(text, *parts):
    """Every part is in the text, behind the one before it."""
    at = 0
    for part in parts:
        assert part in text[at:], "%r is not behind %r:\n%s" % (part, text[:at][-200:], text)
        at += text[at:].index(part) + len(part)


def test_each_stage_with_its_questions(tmp_path):
    """Stage by stage: the tag, what was asked and answered, the record, the object."""
    done = explain(config(tmp_path), "--topology", TOPOLOGY)
    assert done.code == 0, done.stderr
    in_order(done.stdout, "pipeline acme:", "classify subnet:", "tag: internal", "filter subnet: kept",
             "transform secadvisor:", 'asked: G.V().Has("TID", ', "Type=veth",
             "Container.Runtime=runc", "containerd://", "K8s.Name=db-7f9c6d5b8-q2x4z",
             ".Values('Host')", "null", ".Values('@Host')", 'value: "node-1"',
             '"B_Name":"0_0_shop-db-7f9c6d5b8-q2x4z_0"', "encode secadvisor", '{"data":[{"UUID"')
    record = json.loads(done.stdout.splitlines()[-1])["data"][0]
    assert record["Extend"] == {"A_Host": "node-1"} and record["Context"]["B"]["Name"] == "shop/db-7f9c6d5b8-q2x4z"


def test_the_analyzer_is_asked(tmp_path):
    """Without recorded answers the analyzer of the configuration is asked."""
    with Analyzer(RECORDING, topology=[TOPOLOGY]) as analyzer:
        done = explain(config(tmp_path, {"analyzers": [analyzer.address]}))
    assert done.code == 0, done.stderr
    in_order(done.stdout, "Container.Runtime=runc", 'value: "node-1"', '"Name":"shop/db-7f9c6d5b8-q2x4z"')


def test_nobody_answers(tmp_path):
    """An analyzer that is not there costs lookup_timeout at most, and is told of."""
    done = explain(config(tmp_path, {"analyzers": ["127.0.0.1:1"], "topology": {"lookup_timeout": 1}}))
    assert done.code == 0, done.stderr
    assert "no answer" in done.stdout and '"Context"' not in done.stdout


@pytest.mark.parametrize("change, says", [
    ({"filter": {"excluded_tags": ["internal"]}}, "filter subnet: left out, the tag is excluded"),
    ({"transform": {"secadvisor": {"exclude_started_flows": True}}}, '"Status":"UPDATED"'),
    ({"transform": {"type": "vpclogs"}, "encode": {"type": "json"}}, '"initiator_ip":"10.10.0.12"'),
    ({"mangle": {"type": "logstatus"}}, '"LogStatus":"OK"'),
])
def test_what_becomes_of_it(change, says, tmp_path):
    """A flow that is left out says where; a first report that is excluded is followed by a later one."""
    done = explain(config(tmp_path, {"pipeline": change}), "--topology", TOPOLOGY)
    assert done.code == 0, done.stderr
    assert says in done.stdout


@pytest.mark.parametrize("flow, args, says", [
    ("", [], "no flow can be read"),
    ("no JSON", [], ""),
    ('{"UUID": 5}', [], "no flow can be read"),
    (None, ["nobody"], "there is no pipeline nobody"),
])
def test_bad_input(flow, args, says, tmp_path):
    """One message, exit 1."""
    done = explain(config(tmp_path), *args, flow=flow)
    assert done.code == 1 and says in done.stderr and len(done.stderr.splitlines()) == 1, done


def test_the_sample(tmp_path):
    """etc/secadvisor.yml explains a flow as it is."""
    done = explain(ROOT / "etc" / "secadvisor.yml", "--topology", TOPOLOGY)
    assert done.code == 0, done.stderr
    assert "mangle logstatus:" in done.stdout and '"Extend": {' in done.stdout
