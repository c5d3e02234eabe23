# SPDX-License-Identifier: Apache-2.0
"""The flows of the benches: those of the recordings, made as different from each other as flows of a busy network.

The recordings come from a small network under test: their rows repeat and compress to 3 %, and three of ten flows, ARP
or ICMP, make no row. Here each flow is between two ports and gets other peers, ephemeral ports, counters, times and ids;
what it is made of stays as a real analyzer sent it. The same seed gives the same bytes. A flow keeps the address that
the topology knows for its node, so that it has a direction.
"""
import copy
import itertools
import json
import os
import random
import re

import graphs
from lib import paths, stream

RECORDINGS = ("old-netns-mixed", "new-netns-mixed")
PER_MESSAGE = 100       # the most an analyzer sends, and what it does send under load
UUID = "01234567-89ab-cdef-0123-456789abcdef"


def answers():
    """Return every recorded answer of the topology."""
    return [a for name in RECORDINGS for a in json.loads(stream.read(paths.recording(name + ".topology.json.gz")))]


def addresses(recorded):
    """Return {TID: addresses}, as far as the topology told."""
    found = {}
    for answer in recorded:
        tid = re.fullmatch(r'G\.V\(\)\.Has\("TID", "(.*)"\)', answer["query"])
        if tid and answer["status"] == 200:
            own = found.setdefault(tid[1], set())
            for node in json.loads(answer["body"]) or []:
                own.update(a.partition("/")[0] for a in node["Metadata"].get("IPV4") or ())
    return found


class Variety:
    """Makes flows differ."""

    def __init__(self, own, seed=1):
        self.own = own
        self.random = random.Random(seed)

    def flow(self, flow, at_ms):
        """Change a parsed flow in place."""
        shift = at_ms + self.random.randrange(5000)
        for key in ("Start", "Last"):
            flow[key] += shift
        for key in ("UUID", "TrackingID", "L3TrackingID"):
            if flow.get(key):
                flow[key] = "%016x" % self.random.getrandbits(64)
        for key in ("Network", "Transport"):
            for side in ("A", "B"):
                self.side(flow.get(key) or {}, side, self.own.get(flow.get("NodeTID"), ()))
        for key in ("LastUpdateMetric", "Metric"):
            if flow.get(key):
                self.metric(flow[key], shift)

    def side(self, layer, side, own):
        value = layer.get(side)
        if isinstance(value, int):
            layer[side] = self.random.randint(32768, 60999) if value > 30000 else value
        elif isinstance(value, str) and value.count(".") == 3 and value not in own:
            layer[side] = self.ipv4(value)
        elif isinstance(value, str) and "::" in value:
            layer[side] = "%s:%s" % (value.partition("::")[0], self.ipv6_interface())
        elif isinstance(value, str) and value.isdigit() and int(value) > 30000:
            layer[side] = str(self.random.randint(32768, 60999))

    def ipv4(self, near):
        """Another address of the same network of 16 bits."""
        return "%s.%d.%d" % (near.rsplit(".", 2)[0], self.random.randrange(256), self.random.randrange(256))

    def ipv6_interface(self):
        return ":".join("%x" % self.random.randrange(1 << 16) for _ in range(4))

    def metric(self, metric, shift):
        for side in ("AB", "BA"):
            packets = int(10 ** self.random.uniform(0, 4))
            metric[side + "Packets"] = packets
            metric[side + "Bytes"] = packets * self.random.randint(60, 1400)
        for key in ("Start", "Last"):
            if metric.get(key):
                metric[key] += shift


def texts():
    """Return the recorded flows as JSON text."""
    return [json.dumps(flow, separators=(",", ":"), ensure_ascii=False) for name in RECORDINGS
            for batch in stream.batches(paths.recording(name + ".jsonl.gz")) for flow in batch]


def as_recorded(count):
    """Yield so many flows as JSON text, as they came, again and again."""
    return itertools.islice(itertools.cycle(texts()), count)


def varied(count, recorded):
    """Yield so many flows between ports as JSON text, all different."""
    variety = Variety(addresses(recorded))
    between_ports = [flow for flow in map(json.loads, texts()) if "Transport" in flow]
    for number, flow in enumerate(itertools.islice(itertools.cycle(between_ports), count)):
        flow = copy.deepcopy(flow)
        variety.flow(flow, number // PER_MESSAGE * 10)
        yield json.dumps(flow, separators=(",", ":"), ensure_ascii=False)


def varint(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def text_field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def protobuf(obj):
    return (text_field(1, b"flow") + text_field(2, b"store") + text_field(3, UUID.encode()) +
            varint(4 << 3) + varint(200) + text_field(6, obj))


def framed(obj):
    return b'{"Namespace":"flow","Type":"store","UUID":"%s","Status":200,"Obj":%s}\n' % (UUID.encode(), obj)


def peers(flows, nodes=50, per_node=40):
    """Yield flows between so many peers, each seen from one node."""
    chance = random.Random(2)
    for text in flows:
        flow, node = json.loads(text), chance.randrange(nodes)
        if "Network" not in flow:
            continue
        flow["NodeTID"] = "00000000-0000-0000-0000-%012d" % node
        for side in "AB":
            flow["Network"][side] = "10.%d.0.%d" % (node, chance.randrange(per_node))
        yield json.dumps(flow, separators=(",", ":"), ensure_ascii=False)


def write_messages(flows, pb, jsonl=os.devnull):
    """Write flows as messages of an analyzer, in both framings."""
    with open(pb, "wb") as of_pb, open(jsonl, "wb") as of_json:
        while group := list(itertools.islice(flows, PER_MESSAGE)):
            obj = ("[%s]" % ",".join(group)).encode()
            of_json.write(framed(obj))
            message = protobuf(obj)
            of_pb.write(varint(len(message)) + message)


def write(folder, count):
    """Write flows.pb, flows.jsonl (varied), recorded-flows.pb, peers.pb (between few peers), what was recorded as it
    came (recorded.pb, agents.flowmsg.pb), topology.json."""
    recorded = answers()
    (folder / "topology.json").write_text(json.dumps(recorded))
    graph, answered = graphs.peers()
    (folder / "peers.graph.json").write_text(json.dumps(graph, separators=(",", ":")))
    (folder / "peers.json").write_text(json.dumps(answered))
    write_messages(varied(count, recorded), folder / "flows.pb", folder / "flows.jsonl")
    write_messages(as_recorded(count), folder / "recorded-flows.pb")
    write_messages(peers(varied(count, recorded)), folder / "peers.pb")
    (folder / "recorded.pb").write_bytes(b"".join(
        stream.read(paths.recording(name + "-protobuf.pb.gz")) for name in RECORDINGS))
    (folder / "agents.flowmsg.pb").write_bytes(b"".join(
        stream.read(paths.recording(name + ".flowmsg.pb.gz")) for name in RECORDINGS))
