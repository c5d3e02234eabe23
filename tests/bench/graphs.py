# SPDX-License-Identifier: Apache-2.0
"""A topology of any size as an analyzer sends it: the recorded one again and again, each time with other names."""
import json
import re

from lib import paths, stream

LAB = paths.RECORDINGS / "new-netns-storm6.graph.json.gz"
# UUIDs, hosts, and addresses but link-local ones.
NAME = re.compile(r"\b(?:[0-9a-f]{8}(?=(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)|node-\d\b|(?!127\.)\d+\.\d+\.\d+\.\d+\b|fd00:)")


def write(path, nodes):
    """Write a SyncReply with about so many nodes; returns how many nodes and edges it has."""
    lab = json.loads(stream.read(LAB))["Obj"]
    times = max(1, round(nodes / len(lab["Nodes"])))
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"Namespace":"Graph","Type":"SyncReply","UUID":"made","Status":200,"Obj":{')
        for key in ("Nodes", "Edges"):
            text = json.dumps(lab[key], separators=(",", ":"))[1:-1]
            between, names = NAME.split(text), NAME.findall(text)
            file.write('%s"%s":[' % ("," if key == "Edges" else "", key))
            for number in range(times):
                copy = {name: renamed(name, number) for name in set(names)}
                file.write("," if number else "")
                file.write("".join(part for pair in zip(between, [copy[name] for name in names] + [""]) for part in pair))
            file.write("]")
        file.write("}}\n")
    return times * len(lab["Nodes"]), times * len(lab["Edges"])


def element(identity, metadata, host):
    return {"ID": identity, "Metadata": metadata, "Host": host, "Origin": "agent." + host, "CreatedAt": 1000, "Revision": 1}


def peers(nodes=50, per_node=40):
    """Return a topology, and its answers to who has an address, for the peers of flows.peers()."""
    graph, answers = {"Nodes": [], "Edges": []}, {}

    def add(number, metadata, host, parent=None):
        node = element("%08x-0000-4000-8000-%012x" % (number, len(graph["Nodes"])), metadata, host)
        graph["Nodes"].append(node)
        if parent:
            edge = element("%08x-1111-4000-8000-%012x" % (number, len(graph["Edges"])), {"RelationType": "ownership"}, host)
            graph["Edges"].append({**edge, "Parent": parent["ID"], "Child": node["ID"]})
        return node

    def answer(query, found):
        answers[query] = {"query": query, "status": 200, "body": json.dumps(found)}

    for number in range(nodes):
        name = "host-%d" % number
        tid = "00000000-0000-0000-0000-%012d" % number
        host = add(number, {"Type": "host", "Name": name}, name)
        answer('G.V().Has("TID", "%s")' % tid, [add(number, {"Type": "veth", "Name": "veth", "TID": tid}, name, host)])
        for peer in range(per_node):
            address = "10.%d.0.%d" % (number, peer)
            netns = add(number, {"Type": "netns", "Name": "netns-%d" % peer}, name, host)
            add(number, {"Type": "veth", "Name": "eth0", "IPV4": [address + "/24"],
                         "TID": "00000000-0000-0000-%04d-%012d" % (peer + 1, number),
                         "RoutingTables": [{"Src": address}]}, name, netns)
            whole = "%064x" % (number * 1000 + peer)
            container = add(number, {"Type": "container", "Name": "container-%d" % peer, "Container": {"ID": whole}}, name, netns)
            pod = add(number, {"Type": "pod", "Name": "pod-%d" % peer, "K8s": {
                "Namespace": "shop", "Name": "pod-%d-%d" % (number, peer),
                "Extra": {"Status": {"ContainerStatuses": [{"ContainerID": "docker://" + whole}]},
                          "ObjectMeta": {"OwnerReferences": [{"Kind": "ReplicaSet", "Name": "shop"}]}}}}, name)
            answer('G.V().Has("IPV4", Regex("%s/.*")).In("Type", "netns").Out("Type", "container")' % address, [container])
            answer('G.V().Has("K8s.Extra.Status.ContainerStatuses.ContainerID", "docker://%s")' % whole, [pod])
            answer("G.V().Has('RoutingTables.Src','%s').Values('Host')" % address, None)
            answer("G.V().Has('RoutingTables.Src','%s').Values('@Host')" % address, [name])
    return {"Namespace": "Graph", "Type": "SyncReply", "UUID": "made", "Status": 200, "Obj": graph}, list(answers.values())


def renamed(name, number):
    """Return what is called so in one of the copies."""
    if name.startswith("node-"):
        return "%s-%d" % (name, number)
    if name.startswith("fd00:"):
        return "fd%02x:%x:" % (number // 65536, number % 65536 + 1)
    if "." in name:
        first, second, third, fourth = name.split(".")
        return "%d.%s.%d.%s" % ((int(first) + number // 256) % 220, second, (int(third) + number) % 256, fourth)
    return "%08x" % (int(name, 16) ^ number)
