# SPDX-License-Identifier: Apache-2.0
"""Every way in which we store something else than the Go exporter did, with the reason.

A case names in its case.json which of these apply to it; apply() turns what
the Go exporter stored into what is expected of us. The clock (stream times,
first and last timestamps, capture times of the header) and the cut into
objects by time are no differences: two runs of the Go exporter differ there.
"""
import collections
import json

from lib import objects, oracle, paths, settings

# apply() changes what the Go exporter stored; ours(), if there is one, what we did, where that is told apart by the clock.
Difference = collections.namedtuple("Difference", "reason apply ours", defaults=[None])

# apply() changes what the Go exporter stored; ours(), if there is one, what we did, where that is told apart by the clock.
Difference = collections.namedtuple("Difference", "reason apply ours", defaults=[None])


def label_of_plain_body(found, _):
    """A body that is not compressed has no content-encoding."""
    return [o._replace(headers={k: v for k, v in o.headers.items() if k != "content-encoding"}) for o in found]


def as_csv(*_):
    """The records of edge-aws2 as CSV."""
    stored = objects.read_tree(paths.GOLDEN / "cases" / "edge-aws2" / "expected")
    return [item._replace(frame=(",".join(oracle.AWS_2), "", ("\n",), "", ""),
                          records=[oracle.as_csv(r) for r in item.records],
                          headers={**item.headers, "content-type": "text/csv"})
            for item in label_of_plain_body(stored, None)]


def survivors(found, _):
    """Two good flows of edge_bad, each beside a bad one; both were seen before in the same series.

    Their place: before the last record of egress and behind all of ingress.
    """
    add = {"bucket/logs/egress": (6, "e000000000000002"), "bucket/logs/ingress": (2, "e000000000000003")}
    out = []
    for item in found:
        at, uuid = add.get(item.series, (0, None))
        again = [r for r in item.records if uuid and '"UUID":"%s"' % uuid in r][:1]
        out.append(item._replace(records=item.records[:at] + again + item.records[at:]))
    return out


def with_containers(found, case):
    """The records that the oracle makes, which looks for containers where analyzers since v0.28 keep them."""
    records = oracle.joined(oracle.expected(settings.load(case.config), case.inputs, case.topology))
    return [o._replace(records=records.pop(o.series.rpartition("/")[2], [])) for o in found]


def without(*statuses):
    """Leave out the records of these LogStatus."""
    def change(found, _):
        return [o._replace(records=[r for r in o.records if json.loads(r).get("LogStatus") not in statuses])
                for o in found]
    return change


def summed_up(found, _):
    """The one reject of edge-vpclogs-action: three reports of one packet and ten bytes each."""
    def change(record):
        if '"action":"R"' in record:
            record = record.replace('"bytes_from_initiator":10,"packets_from_initiator":1}',
                                    '"bytes_from_initiator":30,"packets_from_initiator":3}')
        return record
    return [o._replace(records=[change(r) for r in o.records]) for o in found]


DIFFERENCES = {
    "P10": Difference(
        "Analyzers since v0.28 keep containers below Container.*, where the Go exporter does not look: it finds no "
        "container and no pod. We do.",
        with_containers),
    "P21": Difference(
        "The Go exporter's logstatus adds a SKIPDATA for nearly every repeated flow, and a NODATA per message and tag "
        "for every link that is not in it. We add them when a report was missed, and per time of an object; "
        "pipeline.mangle.logstatus.compat: true brings the old rules back.",
        without("NODATA", "SKIPDATA"), without("NODATA")),
    "P26": Difference(
        "While the Go exporter waits for the other capture point it forgets what the reports in between counted; the "
        "record of a reject has only the last of them. Ours has the sum.",
        summed_up),
    "P31": Difference(
        "The Go exporter's encoder csv always fails, and nothing is stored. We write what it was meant to write: "
        "the values of its JSON records under its own headings, as text/csv.",
        as_csv),
    "P39": Difference(
        "The Go exporter labels every object Content-Encoding: gzip, also plain ones, so that HTTP clients fail "
        "to read them. We label what is compressed; content_encoding: gzip brings the old label back.",
        label_of_plain_body),
    "W4": Difference(
        "The Go exporter loses a whole message when one flow in it cannot be decoded. "
        "A bad flow costs us that flow only.",
        survivors),
}

# Fixes that no case shows, because the inputs avoid what the Go exporter does not survive or decides at
# random. The unedited recordings are compared with lib/oracle.py instead, which follows the fixed rules.
ELSEWHERE = {
    "P16": "Flows without TCPMetric (all UDP and SCTP, TCP of plain captures) crash the Go exporter in vpclogs; "
           "we take the missing metric as zero.",
    "P17": "The Go exporter leaves out the direction of the first vpclogs record of each capture node; we do not.",
    "P19": "Flows without Link or Metric crash the Go exporter in awsflowlogs; we take what is missing as zero.",
    "P32": "The Go exporter's csv of version 3 would lack the 14 columns of version 2; we write all 21.",
    "P33": "The Go exporter loses what is left after the full objects of a flush; we keep it for the next object.",
    "P38": "The Go exporter writes nothing when it is stopped; we store what is there.",
    "lost-flows": "An object in whose window flows were lost says how many; the Go exporter keeps it to itself.",
    "W5": "The Go exporter cannot read DNS layers of analyzers after v0.28 and loses their messages; we read both.",
}


def apply(case, found):
    """Return the objects expected of us, given those of the Go exporter and the differences of the case."""
    for name in case.differences:
        found = DIFFERENCES[name].apply(found, case)
    return found


def ours(case, found):
    """Return our objects as they are compared."""
    for name in case.differences:
        if DIFFERENCES[name].ours:
            found = DIFFERENCES[name].ours(found, case)
    return found
