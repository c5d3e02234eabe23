# SPDX-License-Identifier: Apache-2.0
"""AWS VPC flow logs as their consumers read them: the official fields, their types and what values they take.

From the Amazon VPC User Guide ("Flow log records": available fields, Parquet data types, examples) and Athena's table
for them (fields separated by one space, one line of header). Nothing here comes from how we write.
"""
import collections
import ipaddress

INT_32, INT_64 = (0, (1 << 31) - 1), (0, (1 << 63) - 1)
FIELDS = {  # name: (version, type)
    "version": (2, INT_32), "account-id": (2, str), "interface-id": (2, str), "srcaddr": (2, ipaddress.ip_address),
    "dstaddr": (2, ipaddress.ip_address), "srcport": (2, (0, 65535)), "dstport": (2, (0, 65535)),
    "protocol": (2, (0, 255)), "packets": (2, INT_64), "bytes": (2, INT_64), "start": (2, INT_64), "end": (2, INT_64),
    "action": (2, ("ACCEPT", "REJECT")), "log-status": (2, ("OK", "NODATA", "SKIPDATA")),
    "vpc-id": (3, str), "subnet-id": (3, str), "instance-id": (3, str), "tcp-flags": (3, INT_32),
    "type": (3, ("IPv4", "IPv6", "EFA")), "pkt-srcaddr": (3, ipaddress.ip_address),
    "pkt-dstaddr": (3, ipaddress.ip_address),
    "region": (4, str), "az-id": (4, str), "sublocation-type": (4, str), "sublocation-id": (4, str),
    "pkt-src-aws-service": (5, str), "pkt-dst-aws-service": (5, str), "flow-direction": (5, ("ingress", "egress")),
    "traffic-path": (5, str),
}
DEFAULT = [name for name, (version, _) in FIELDS.items() if version == 2]
TRAFFIC = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action")
FLAGS = {0, 1, 2, 3, 4, 5, 6, 7, 18, 19, 22, 23}  # FIN 1, SYN 2, RST 4, SYN-ACK 18, or-ed


class NotAws(AssertionError):
    """A line that a consumer of AWS's logs cannot take."""


def value(name, text):
    """Return a field as its type, None for "-"."""
    kind = FIELDS[name][1]
    if text == "-":
        return None
    if kind is str:
        return text
    if kind is ipaddress.ip_address:
        return str(kind(text))
    if isinstance(kind[0], str):
        if text not in kind:
            raise NotAws("%s is %r" % (name, text))
        return text
    if not text.isdigit() or str(int(text)) != text or not kind[0] <= int(text) <= kind[1]:
        raise NotAws("%s is %r" % (name, text))
    return int(text)


def check(record):
    """What must hold between the fields of a record."""
    status = record.get("log-status", "OK")
    if status is None or ("version" in record and record["version"] != max(FIELDS[n][0] for n in record)):
        raise NotAws("status or version of %s" % record)
    missing = [n for n in TRAFFIC if n in record and record[n] is None and n != "protocol"]
    if status == "OK" and missing:
        raise NotAws("%s of a record with traffic are unknown: %s" % (missing, record))
    if status != "OK" and any(record.get(n) is not None for n in TRAFFIC):
        raise NotAws("a %s record with traffic: %s" % (status, record))
    if status == "OK" and record.get("packets") == 0 and record.get("bytes") == 0:
        raise NotAws("a record of nothing: %s" % record)
    if record.get("start", 0) > record.get("end", record.get("start", 0)):
        raise NotAws("it ends before it starts: %s" % record)
    if record.get("tcp-flags") not in FLAGS | {None}:
        raise NotAws("tcp-flags %s" % record["tcp-flags"])


def read(body):
    """Return the records of an object: {field: value}."""
    lines = body.split("\n")
    if lines.pop() != "":
        raise NotAws("the last line has no end")
    names = lines.pop(0).split(" ")
    if [n for n in names if n not in FIELDS]:
        raise NotAws("the header is %s" % names)
    records = []
    for line in lines:
        texts = line.split(" ")
        if len(texts) != len(names):
            raise NotAws("%d fields instead of %d: %r" % (len(texts), len(names), line))
        record = {n: value(n, t) for n, t in zip(names, texts)}
        check(record)
        records.append(record)
    return records


def sums(records):
    """Return {(interface, addresses, ports, protocol): [packets, bytes]} of the records with traffic."""
    out = collections.defaultdict(lambda: [0, 0])
    for r in records:
        if r["log-status"] == "OK":
            total = out[tuple(r[n] for n in ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"))]
            total[0] += r["packets"]
            total[1] += r["bytes"]
    return dict(out)
