# SPDX-License-Identifier: Apache-2.0
"""Recordings whose flows report other times than that at which they come, and the slot that each record belongs to.

A flow is known again by its port A, in whatever format it is written; port B is below all of these.
"""
import json

from lib import stream

FIRST_PORT, PORT_B = 1024, 443
MINUTE = 60000
# How old a report is when it comes, in ms: in time, late, far too late, of the future.
AGES = [100, 900, 20 * MINUTE, 1, 30000, 59000, 61000, -5000, 200000, 0, 299000, 400000, -4000000, 2000, 4000000, 120000, 200000000]


def flows_of(source):
    """Yield the flows of a recording's messages that have ports."""
    for flows in stream.batches(source):
        kept = [f for f in flows if f.get("Transport") and f.get("LastUpdateMetric")]
        if kept:
            yield kept


def redated(flow, number, last):
    """Return a flow of its own whose last update was then."""
    flow = json.loads(json.dumps(flow))
    flow.update(UUID="%016x" % (number + 0x1000), Start=last - 1000, Last=last - 500)
    flow["Transport"].update(A=FIRST_PORT + number, B=PORT_B)
    for name in ("LastUpdateMetric", "Metric"):
        flow[name].update(Start=last - 1000, Last=last if name == "LastUpdateMetric" else last - 500)
    return flow


def record(source, path, arrivals, ages=tuple(AGES), most=10000):
    """Write a recording with the flows of another, of which message i comes at arrivals[i].

    Returns {port A: (arrival, time of its last update)}, in ms.
    """
    about, lines, number = {}, [], 0
    for arrival, flows in zip(arrivals, flows_of(source)):
        dated = []
        for flow in flows[:most]:
            last = arrival - ages[number % len(ages)]
            about[FIRST_PORT + number] = arrival, last
            dated.append(redated(flow, number, last))
            number += 1
        lines.append(json.dumps({"Namespace": "flow", "Type": "store", "UUID": "%d" % number, "Obj": dated, "Status": 0},
                                separators=(",", ":")) + "\n")
    path.write_text("".join(lines))
    path.with_suffix(".times").write_text("".join("%d\n" % t for t in arrivals[:len(lines)]))
    return about


def start(time, size):
    return time - time % size


def slot(arrival, last, size, late):
    """Return when the slot of a record begins: that of its last update while it is open, else the present one."""
    present = start(arrival, size)
    is_before = present - size <= last < present
    return present - size if is_before and arrival - present < late else present


def is_late(arrival, last, size, late):
    """Whether a record is of a slot that was no longer open."""
    return late > 0 and last < slot(arrival, last, size, late)
