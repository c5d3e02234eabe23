# SPDX-License-Identifier: Apache-2.0
"""Whose an address is: with topology.peers: address every peer that the topology knows has its Context, and no other.

The recordings' graphs are what the same analyzers sent to a subscriber of the topology; the questions are answered
from them. What is right is found here by walking the graph, not by the questions.
"""
import functools
import ipaddress
import itertools
import json

import pytest

from lib import objects, settings, stream
from lib.graph import Graph, values
from lib.paths import recording
from lib.process import replay

RECORDINGS = ["new-netns-storm6", "new-netns-mixed", "old-netns-mixed"]
CONFIG = {
    "host_id": "peers", "status": {"listen": ""}, "topology": {"peers": "address"},
    "pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:8082/ws/subscriber/flow"},
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "secadvisor"},
        "store": {"buffered": {"dirname": "bucket", "max_flows_per_object": 1000, "max_flow_array_size": 100000,
                               "max_seconds_per_stream": 86400}},
        "write": {"s3": {"endpoint": "http://127.0.0.1:9000", "region": "local", "access_key": "u", "secret_key": "p"}},
    }}
EVERYWHERE = "172.17.0.2"
NOBODY = "nobody has it"
# The gateway's, which is neither a container nor a host in two of the recordings; DHCP's, which an agent did not tell;
# the insides of tunnels and VLANs.
UNKNOWN = {
    "10.10.0.1", "10.20.0.1", "fd00:10::1", "fd00:20::1", "203.0.113.9", "2001:db8:9::9", "10.10.0.209",
    "10.1.2.3", "10.1.2.4", "10.100.0.11", "10.100.0.13", "10.101.0.11", "10.101.0.13",
    "172.30.0.1", "172.30.0.2", "192.168.7.1", "192.168.7.2"}


def questions(flows, graph):
    """Return the answers to every question that the flows can lead to."""
    addresses = {flow["Network"][side] for flow in flows if "Network" in flow for side in "AB"}
    asked = ['G.V().Has("TID", "%s")' % tid for tid in {flow["NodeTID"] for flow in flows}]
    asked += ['G.V().Has("@Host", "%s").HasKey("%s")' % (host, key)
              for host in {node["Host"] for node in graph.nodes.values()} for key in ("IPV4", "IPV6")]
    for address in addresses:
        interfaces = 'G.V().Has("%s", Regex("%s/.*"))' % ("IPV6" if ":" in address else "IPV4", address)
        spaces = interfaces + '.In("Type", "netns")'
        asked += [spaces, spaces + '.Out("Type", "container")', 'G.V().Has("Runc.Hosts.IP", "%s")' % address,
                  interfaces + '.In("Type", "host")']
    asked += ['G.V().Has("K8s.Extra.Status.ContainerStatuses.ContainerID", "%s://%s")' % (runtime, identity)
              for identity in identities(graph) for runtime in ("docker", "containerd")]
    return [graph.answer(query) for query in asked]


def identities(graph):
    return {identity for node in graph.nodes.values() for path in ("Container.ID", "Docker.ContainerID", "Runc.ContainerID")
            for identity in values(node, path)}


def advise(flows, graph, folder):
    """Return {UUID of a flow: what its record says of the peers}."""
    source, answers = folder / "flows.jsonl", folder / "answers.json"
    source.write_text("".join(json.dumps({"Namespace": "flow", "Type": "store", "Obj": [flow]}) + "\n" for flow in flows))
    answers.write_text(json.dumps(questions(flows, graph)))
    config = settings.merge(CONFIG, {"spool": {"directory": str(folder / "spool")}})
    replay(settings.save(folder / "config.yml", config), [source], [answers], folder / "out")
    records = [json.loads(text) for texts in objects.by_tag(objects.read_tree(folder / "out")).values() for text in texts]
    assert len(records) == len(flows)
    return {record["UUID"]: record.get("Context", {}) for record in records}


def flows_of(name):
    return [flow for batch in stream.batches(recording(name + ".jsonl.gz")) for flow in batch]


def is_asked(address):
    if not address:
        return False
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_link_local or parsed.is_multicast or parsed.is_loopback or parsed.is_unspecified
                or address == "255.255.255.255")


def holders(graph, address):
    """Return [(host, names)], one of each name space with containers and of each host that has the address."""
    interfaces = [node for node in graph.nodes.values() for key in ("IPV4", "IPV6") for prefix in values(node, key)
                  if prefix.partition("/")[0] == address]
    spaces = [node for node in graph.parents(interfaces) if node["Metadata"]["Type"] == "netns"]
    inside = [(space["Host"], {name for node in graph.children([space]) if node["Metadata"]["Type"] == "container"
                               for name in names(graph, node)}) for space in spaces]
    hosts = [(node["Host"], {node["Metadata"]["Name"]}) for node in graph.parents(interfaces)
             if node["Metadata"]["Type"] == "host"]
    return [found for found in inside if found[1]] or hosts


def names(graph, container):
    """Return the names that a container may go by, its pod's among them."""
    own = {identity for path in ("Container.ID", "Docker.ContainerID", "Runc.ContainerID") for identity in values(container, path)}
    pods = ["%s/%s" % (*values(node, "K8s.Namespace"), *values(node, "K8s.Name")) for node in graph.nodes.values()
            if own & {text.rpartition("/")[2] for text in values(node, "K8s.Extra.Status.ContainerStatuses.ContainerID")}]
    return pods or values(container, "Name") + [name for path in ("Container.Hosts.Hostname", "Runc.Hosts.Hostname")
                                                for name in values(container, path)]


def has_network(graph, host, address):
    return any(ipaddress.ip_address(address) in ipaddress.ip_interface(prefix).network for node in graph.nodes.values()
               if node["Host"] == host for key in ("IPV4", "IPV6") for prefix in values(node, key))


@functools.cache
def meant(graph, address, tid):
    """Return (names it may have, or None; why not)."""
    if not is_asked(address):
        return None, "of one link, or of no node"
    here = next(node["Host"] for node in graph.nodes.values() if node["Metadata"].get("TID") == tid)
    found = holders(graph, address)
    own = [names for host, names in found if host == here]
    if len(own) == 1:
        return own[0], None
    if len(found) == 1 and not has_network(graph, here, address):
        return found[0][1], None
    return None, "several have it, or it is of a network of this host, too" if found else NOBODY


def check(flows, graph, folder):
    """Each peer has the Context it must have. Returns {why not: addresses that have none}."""
    found, without = advise(flows, graph, folder), {}
    for flow in flows:
        for side in "AB" if "Network" in flow else "":
            address = flow["Network"].get(side, "")
            wanted, why = meant(graph, address, flow["NodeTID"])
            has = found[flow["UUID"]].get(side, {}).get("Name")
            assert has in wanted if wanted else has is None, (address, flow["NodeTID"], wanted, why, has)
            if not wanted:
                without.setdefault(why, set()).add(address)
    return without


@pytest.mark.parametrize("name", RECORDINGS)
def test_who_is_known_is_named(name, tmp_path):
    """Every address of the recording's flows."""
    without = check(flows_of(name), Graph(recording(name + ".graph.json.gz")), tmp_path)
    assert without[NOBODY] <= UNKNOWN, without


def seen_at(flow, number, address, node):
    return {**flow, "UUID": "flow-%d" % number, "NodeTID": node["Metadata"]["TID"],
            "Network": {**flow["Network"], "A": address}}


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_address_of_the_graph(name, tmp_path):
    """Those that no flow of the recording has, too, each seen by a capture on each host."""
    graph = Graph(recording(name + ".graph.json.gz"))
    flow = next(flow for flow in flows_of(name) if "Network" in flow)
    hosts = [node for node in graph.nodes.values() if node["Metadata"]["Type"] == "host"]
    addresses = {prefix.partition("/")[0] for node in graph.nodes.values() for key in ("IPV4", "IPV6")
                 for prefix in values(node, key)}
    check([seen_at(flow, number, *seen) for number, seen in enumerate(itertools.product(sorted(addresses), hosts))],
          graph, tmp_path)


def add_docker(graph, number):
    """A host with docker: its bridge, and a container with the address that they all have."""
    tid = "docker-%d" % number

    def node(kind, **metadata):
        return {"ID": "%s-%s" % (tid, kind), "Host": tid, "Metadata": {"Type": kind, "TID": tid + kind, **metadata}}

    host = node("host", Name=tid)
    graph.add(host)
    graph.add(node("bridge", Name="docker0", IPV4=["172.17.0.1/16"]), host["ID"])
    if number:
        graph.add(node("netns", Name="box"), host["ID"])
        graph.add(node("veth", Name="eth0", IPV4=[EVERYWHERE + "/16"]), tid + "-netns")
        graph.add(node("container", Name="box-%d" % number, Container={"ID": "id-%d" % number, "Runtime": "docker"}),
                  tid + "-netns")
    return host


def test_the_same_address_on_ten_hosts(tmp_path):
    """Each sees its own container, and one that has none but the network sees nobody."""
    name = "new-netns-mixed"
    graph = Graph(recording(name + ".graph.json.gz"))
    hosts = [add_docker(graph, number) for number in range(11)]
    flow = next(flow for flow in flows_of(name) if "Network" in flow)
    found = advise([seen_at(flow, number, EVERYWHERE, host) for number, host in enumerate(hosts)], graph, tmp_path)
    assert [found["flow-%d" % n].get("A", {}).get("Name") for n in range(11)] == [None] + ["box-%d" % n for n in range(1, 11)]
