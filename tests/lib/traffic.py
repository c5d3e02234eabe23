# SPDX-License-Identifier: Apache-2.0
"""What the flows of a stream carried, straight from their totals.

A flow's last totals less those it had before it was first reported are what it carried meanwhile, whatever its
reports repeat or lack. Sums are by capture node, direction and connection.
"""
import collections
import re

COUNTERS = ("ABPackets", "ABBytes", "BAPackets", "BABytes")
NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132}
BY_LAYER = {"ICMPv4": 1, "ICMPv6": 58, "GRE": 47, "VRRP": 112}


def protocol(flow):
    """Return IANA's number, None when the flow does not tell."""
    if "Transport" in flow:
        return NUMBERS[flow["Transport"]["Protocol"]]
    found = [n for name, n in BY_LAYER.items() if re.search("(^|/)%s(/|$)" % name, flow["LayersPath"])]
    return found[0] if found else None


def carried(batches):
    """Return [(flow, {counter: n})], a pair for each flow, in order of their first reports."""
    base, last = {}, {}
    for flow in (f for batch in batches for f in batch):
        total, change = flow["Metric"], flow["LastUpdateMetric"]
        base.setdefault(flow["UUID"], {n: total.get(n, 0) - change.get(n, 0) for n in COUNTERS})
        last[flow["UUID"]] = flow
    return [(last[uuid], {n: last[uuid]["Metric"].get(n, 0) - base[uuid][n] for n in COUNTERS}) for uuid in base]


def sums(batches):
    """Return {(node, source, destination, ports, protocol): [packets, bytes]}, a key for each direction."""
    out = collections.defaultdict(lambda: [0, 0])
    for flow, n in carried(batches):
        if "Network" not in flow:
            continue
        a, b = flow["Network"]["A"], flow["Network"]["B"]
        ports = flow.get("Transport", {})
        pa, pb, number = ports.get("A", 0), ports.get("B", 0), protocol(flow)
        for key, side in (((flow.get("NodeTID"), a, b, pa, pb, number), "AB"),
                          ((flow.get("NodeTID"), b, a, pb, pa, number), "BA")):
            if n[side + "Packets"] or n[side + "Bytes"]:
                out[key][0] += n[side + "Packets"]
                out[key][1] += n[side + "Bytes"]
    return dict(out)


def by_connection(batches):
    """Return the sums of all nodes, {(source, destination, ports, protocol): [packets, bytes]}."""
    out = collections.defaultdict(lambda: [0, 0])
    for (_, *connection), (packets, size) in sums(batches).items():
        out[tuple(connection)][0] += packets
        out[tuple(connection)][1] += size
    return dict(out)
