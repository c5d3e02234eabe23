# SPDX-License-Identifier: Apache-2.0
"""What an exporter must store, computed straight from a recording.

An independent implementation of the rules: classify subnet and
subnet_autodiscovery, filter subnet, capture_id, transform none, vpclogs,
secadvisor, and awsflowlogs as the Go exporter makes it, encode csv, mangle
logstatus but for what it adds. test_oracle.py holds it against what
the Go exporter stored, so it may stand in for the Go exporter where that one
crashes (flows without TCPMetric) or loses messages.
"""
import csv
import io
import ipaddress
import json
import re

from lib import oracle_secadvisor, stream
from lib.flowjson import BadFlow, PROTOCOLS, decode, encode, quote

TAGS = ("egress", "ingress", "internal", "other")
IANA = {"TCP": 6, "UDP": 17}


def address(text):
    """Return an address as Go parses it, or None; IPv4-mapped ones are IPv4."""
    try:
        found = ipaddress.ip_address(text) if "%" not in text else None
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def mask(text):
    """Return a network; an IPv4-mapped one is the IPv4 network it means."""
    net = ipaddress.ip_network(text, strict=False)
    mapped = getattr(net.network_address, "ipv4_mapped", None)
    if mapped and net.prefixlen >= 96:
        return ipaddress.ip_network((mapped, net.prefixlen - 96))
    return net


def classify(flow, masks):
    """Return the tag of a flow."""
    layer = flow.get("Network")
    a, b = (address(layer.get(side, "")) if layer else None for side in "AB")
    if a is None or b is None:
        return "other"
    inside = [any(ip.version == net.version and ip in net for net in masks) for ip in (a, b)]
    return {(True, True): "internal", (True, False): "egress",
            (False, True): "ingress", (False, False): "other"}[tuple(inside)]


class Topology:
    """Answers of POST /api/topology from files; what is not there is an empty list."""

    def __init__(self, paths):
        self.answers = {}
        for path in paths:
            for entry in json.loads(stream.read(path)):
                self.answers[entry["query"]] = entry["body"] if entry["status"] == 200 else "[]"

    def addresses(self, tid):
        """Return the IPv4 addresses of the node with that TID, without their masks."""
        nodes = json.loads(self.answers.get('G.V().Has("TID", "%s")' % tid, "[]")) or [{}]
        found = nodes[0].get("Metadata", {}).get("IPV4")
        if not isinstance(found, list) or not all(isinstance(a, str) for a in found):
            return []
        return [a.split("/")[0] for a in found]


def direction(flow, topology):
    network = flow["Network"]
    for own in topology.addresses(flow.get("NodeTID", "")):
        if own == network.get("A", ""):
            return "outbound"
        if own == network.get("B", ""):
            return "inbound"
    return ""


def second(milliseconds):
    """Return an RFC 3339 time in whole seconds; Go divides towards zero."""
    whole = abs(milliseconds) // 1000 * (1 if milliseconds >= 0 else -1)
    return stream.stamp({"seconds": whole})


def vpclogs(flow, topology):
    """Return the record of a flow, or None if it has none."""
    ports, network = flow.get("Transport"), flow.get("Network")
    total, delta = flow.get("Metric"), flow.get("LastUpdateMetric")
    if ports is None or total is None or delta is None:
        return None
    tcp = flow.get("TCPMetric", {})
    network = network or {}
    counters = [(half + what + who, source.get(side + name, 0))
                for half, source in (("cumulative_", total), ("", delta))
                for who, side in (("from_initiator", "AB"), ("from_target", "BA"))
                for what, name in (("bytes_", "Bytes"), ("packets_", "Packets"))]
    rows = [
        ("start_time", second(delta.get("Start", 0))),
        ("end_time", second(delta.get("Last", 0))),
        ("connection_start_time", second(total.get("Start", 0))),
        ("direction", direction({**flow, "Network": network}, topology)),
        ("initiator_ip", network.get("A", "")),
        ("target_ip", network.get("B", "")),
        ("initiator_port", ports.get("A", 0)),
        ("target_port", ports.get("B", 0)),
        ("transport_protocol", IANA.get(ports.get("Protocol"), 0)),
        ("ether_type", "IPv4"),
        ("was_initiated", any(total.get(n, 0) == delta.get(n, 0) for n in ("ABBytes", "BABytes"))),
        ("was_terminated", any(tcp.get(s + n, 0) for s in ("AB", "BA") for n in ("FinStart", "RstStart"))),
    ] + counters
    return "{%s}" % ",".join("%s:%s" % (quote(key), text(value)) for key, value in rows
                             if value not in ("", 0) or value is False)


AWS_2 = ("version account-id interface-id srcadr dstaddr srcport dstport protocol packets bytes start end "
         "action log-status").split()
AWS_3 = AWS_2 + "vpc-id subnet-id instance-id tcp-flags type pkt-srcadr pkt-dstaddr".split()


def seconds(milliseconds):
    """Divide towards zero, as Go does."""
    return int(abs(milliseconds) // 1000 * (1 if milliseconds >= 0 else -1))


def int64(value):
    """Wrap around, as Go does."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def awsflowlogs(flow, version):
    """Return the Go exporter's record of a flow; no link and no metric count as zero (P19)."""
    network, ports, total = flow.get("Network", {}), flow.get("Transport", {}), flow.get("Metric", {})
    protocol = ports.get("Protocol", PROTOCOLS[0])
    rows = [
        ("Version", version), ("AccountID", "12345678"),
        ("InterfaceID", str(flow.get("Link", {}).get("ID", 0))),
        ("SrcAddr", network.get("A", "")), ("DstAddr", network.get("B", "")),
        ("SrcPort", ports.get("A", 0)), ("DstPort", ports.get("B", 0)),
        ("Protocol", PROTOCOLS.index(protocol)),
        ("Packets", int64(total.get("ABPackets", 0) + total.get("BAPackets", 0))),
        ("Bytes", int64(total.get("ABBytes", 0) + total.get("BABytes", 0))),
        ("Start", seconds(flow.get("Start", 0))), ("End", seconds(flow.get("Last", 0))),
        ("Action", "ACCEPT"), ("LogStatus", "OK"),
    ]
    if version == 3:
        kind = {"IPV4": "IPv4", "IPV6": "IPv6"}.get(network.get("Protocol"), "")
        rows += [("VpcID", ""), ("SubnetID", ""), ("InstanceID", ""), ("TCPFlags", 0), ("Type", kind),
                 ("PktSrcAddr", ""), ("PktDstAddr", "")]
    return "{%s}" % ",".join("%s:%s" % (quote(key), text(value)) for key, value in rows)


def as_csv(record):
    """Return a flat JSON record as a line of CSV, without the line end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(json.loads(record).values())
    return out.getvalue()


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value) if isinstance(value, str) else str(value)


def flows_of(paths):
    """Yield the readable flows of each message of some recordings."""
    for path in paths:
        for batch in stream.batches(path):
            good = []
            for item in batch:
                try:
                    if item is not None:
                        good.append(decode("Flow", item))
                except BadFlow:
                    pass
            yield good


def discovered(topology):
    """Return the networks of the cluster's nodes: the first external address of each, else the last internal one."""
    for node in json.loads(topology.answers.get('G.V().Has("Manager", "k8s", "Type", "node")', "[]")):
        found = node.get("Metadata", {}).get("K8s", {}).get("Extra", {}).get("Status", {}).get("Addresses")
        pairs = [(a.get("Type"), a.get("Address")) for a in found or [] if isinstance(a, dict)]
        outside = [a for kind, a in pairs if kind == "ExternalIP" and isinstance(a, str)]
        inside = [a for kind, a in pairs if kind == "InternalIP" and isinstance(a, str)]
        for own in outside[:1] or inside[-1:]:
            if address(own):
                yield mask("%s/%d" % (own, address(own).max_prefixlen))


def expected(config, recordings, answers, since_028=True):
    """Return [{tag: [record, ...]}, ...], one map per message, for a parsed configuration."""
    pipe = config["pipeline"]
    masks = [mask(m) for m in pipe.get("classify", {}).get("cluster_net_masks") or []]
    excluded = pipe.get("filter", {}).get("excluded_tags") or []
    capture = pipe.get("subscriber", {}).get("capture_id")
    transform = pipe.get("transform", {})
    kind = transform.get("type")
    topology = Topology(answers)
    if pipe.get("classify", {}).get("type") == "subnet_autodiscovery":
        masks += discovered(topology)
    advisor = oracle_secadvisor.Record(transform.get("secadvisor") or {}, topology.answers, since_028)
    wrapped = pipe.get("storeheader", {}).get("type") == "vpclogs" or (
        kind == "secadvisor" and "type" not in pipe.get("encode", {}))
    depth = 1 + wrapped if pipe.get("encode", {}).get("json", {}).get("pretty") else 0
    out = []
    for flows in flows_of(recordings):
        tags = {}
        for flow in flows:
            if capture and flow.get("CaptureID") != capture:
                continue
            tag = classify(flow, masks)
            if tag in excluded:
                continue
            if kind == "vpclogs":
                record = vpclogs(flow, topology)
            elif kind == "awsflowlogs":
                record = awsflowlogs(flow, 3 if transform.get("awsflowlogs", {}).get("version") == 3 else 2)
            elif kind == "secadvisor":
                record = advisor.make(flow)
                if record and pipe.get("mangle", {}).get("type") == "logstatus":
                    extend = record.pop("Extend")
                    record.update(LogStatus="OK", Extend=extend)
                record = record and oracle_secadvisor.write(record)
            else:
                record = encode("Flow", flow)
            if record is not None:
                record = indent(record, depth) if depth else record
                record = as_csv(record) if pipe.get("encode", {}).get("type") == "csv" else record
                tags.setdefault(tag, []).append(record)
        out.append(tags)
    return out


TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"\[\]{},:]+|[\[\]{},:]')


def indent(compact, depth):
    """Lay out a compact JSON text as Go's indenting encoder does, one tab a level."""
    out, tokens = [], TOKEN.findall(compact)
    for at, token in enumerate(tokens):
        empty = token in "{[" and tokens[at + 1] in "}]"
        if token in "}]" and tokens[at - 1] not in ("{", "["):
            depth -= 1
            out.append("\n" + "\t" * depth)
        out.append(": " if token == ":" else token)
        if token in "{[" and not empty:
            depth += 1
        if token == "," or (token in "{[" and not empty):
            out.append("\n" + "\t" * depth)
    return "".join(out)


def joined(messages):
    """Return {tag: [record, ...]} over all messages."""
    out = {}
    for tags in messages:
        for tag, records in tags.items():
            out.setdefault(tag, []).extend(records)
    return out
