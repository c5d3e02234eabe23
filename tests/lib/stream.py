# SPDX-License-Identifier: Apache-2.0
"""Reading recordings: StructMessages as text lines or protobuf, and agents' flow.Messages.

Independent of the product: JSON by Python's json, protobuf by the few lines
below and the field numbers of the published .proto files.
"""
import codecs
import datetime
import gzip
import json
import re

from lib.flowjson import ICMP_TYPES, INT64, PROTOCOLS, Float


def one_per_byte(error):
    """Go puts one U+FFFD for each byte of a malformed sequence."""
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("one-per-byte", one_per_byte)


SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")      # escaped; as UTF-8 it is malformed


def read(path):
    """Return the bytes of a file, gunzipped if its name says so."""
    with open(path, "rb") as f:
        data = f.read()
    return gzip.decompress(data) if str(path).endswith(".gz") else data


def mend(value):
    """Replace lone surrogates by U+FFFD, as Go's decoder does."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [mend(v) for v in value]
    return {k: mend(v) for k, v in value.items()} if isinstance(value, dict) else value


def from_json(data):
    """Parse JSON as Go would: of a repeated key the last one counts."""
    value = json.loads(data.decode("utf-8", "one-per-byte"), parse_float=Float)
    return mend(value) if SURROGATE.search(data) else value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def fields(data):
    """Yield (number, value) of a protobuf message; value is an int or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise ValueError("wire type %d" % (key & 7))
        yield key >> 3, value


def chunks(data):
    """Yield the messages of a file in which each is preceded by its length."""
    at = 0
    while at < len(data):
        size, at = varint(data, at)
        yield data[at:at + size]
        at += size


# number: (key, kind) by message; kinds of one letter: s string, b bytes, i int64, u uint32, t bool
METRIC = dict(enumerate(("ABPackets", "ABBytes", "BAPackets", "BABytes", "Start", "Last", "RTT"), 2))
TCP = dict(enumerate(
    ["ABSynStart", "BASynStart", "ABSynTTL", "BASynTTL", "ABFinStart", "BAFinStart", "ABRstStart", "BARstStart"]
    + [side + name for side in ("AB", "BA") for name in
       ("SegmentOutOfOrder", "SegmentSkipped", "SegmentSkippedBytes", "Packets", "Bytes", "SawStart", "SawEnd")], 1))
NUMBERS = {
    "Flow": {1: "UUID:s", 2: "LayersPath:s", 3: "Application:s", 6: "ParentUUID:s", 10: "Start:i", 11: "Last:i",
             20: "Link:Layer", 21: "Network:Layer", 22: "Transport:Ports", 23: "ICMP:ICMP",
             31: "LastUpdateMetric:Metric", 32: "Metric:Metric", 33: "NodeTID:s", 34: "CaptureID:s",
             37: "RawPacketsCaptured:i", 38: "TCPMetric:TCP", 39: "IPMetric:IPMetric", 50: "TrackingID:s",
             51: "L3TrackingID:s", 60: "FinishType:i", 1000: "DHCPv4:DHCP", 1001: "DNS:DNS", 1002: "VRRPv2:VRRP"},
    "Layer": {1: "Protocol:protocol", 3: "A:s", 4: "B:s", 5: "ID:i"},
    "Ports": {1: "Protocol:protocol", 2: "A:i", 3: "B:i", 4: "ID:i"},
    "ICMP": {1: "Type:icmp", 2: "Code:u", 3: "ID:u"},
    "Metric": {n: name + ":i" for n, name in METRIC.items()},
    "TCP": {n: name + ":i" for n, name in TCP.items()},
    "IPMetric": {1: "Fragments:i", 2: "FragmentErrors:i"},
    "DHCP": dict(enumerate("contents:b payload:b hardware_len:u hardware_opts:u xid:u secs:u flags:u "
                           "server_name:b file:b".split(), 1)),
    "VRRP": dict(enumerate("contents:b payload:b version:u VirtualRtrID:u priority:u CountIPAddr:u "
                           "adver_int:u checksum:u".split(), 1)),
    "DNS": dict(enumerate("ID:u QR:t op_code:s AA:t TC:t RD:t RA:t z:u response_code:s QDCount:u ANCount:u "
                          "NSCount:u ARCount:u questions:[Question answers:[Record authorities:[Record "
                          "additionals:[Record timestamp:Stamp".split(), 1)),
    "Question": {1: "name:s", 2: "type:s", 3: "class:s"},
    "Record": dict(enumerate("name:s type:s class:s TTL:u data_length:u IP:s NS:s CNAME:s PTR:s TXTs:[s SOA:SOA "
                             "SRV:SRV MX:MX OPT:[OPT".split(), 1)),
    "SOA": dict(enumerate("MName:s RName:s serial:u refresh:u retry:u expire:u minimum:u".split(), 1)),
    "SRV": {1: "priority:u", 2: "weight:u", 3: "port:u", 4: "name:s"},
    "MX": {1: "preference:u", 2: "name:s"},
    "OPT": {1: "Code:s", 2: "Data:s"},
    "Stamp": {1: "seconds:i", 2: "nanos:i"},
}


def plain(kind, value):
    """Return the JSON value of a protobuf field, in the spelling of OLD analyzers."""
    if kind == "s":
        return value.decode("utf-8", "surrogateescape")
    if kind == "b":
        return codecs.encode(value, "base64").decode().replace("\n", "")
    if kind == "t":
        return bool(value)
    if kind in ("i", "u"):
        return value - (1 << 64) if value > INT64[1] else value
    if kind in ("protocol", "icmp"):
        names = PROTOCOLS if kind == "protocol" else ICMP_TYPES
        return names[value] if value < len(names) else str(value)
    return message(kind, value)


def stamp(value):
    """Return an RFC 3339 time with as many digits of the fraction as it needs."""
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=value.get("seconds", 0))
    nanos = ("%09d" % value.get("nanos", 0)).rstrip("0")
    return when.strftime("%Y-%m-%dT%H:%M:%S") + ("." + nanos if nanos else "") + "Z"


def message(kind, data):
    """Return a protobuf message as the parsed JSON an OLD analyzer would have sent."""
    out = {}
    for number, value in fields(data):
        if number not in NUMBERS[kind]:
            continue
        key, sub = NUMBERS[kind][number].split(":")
        if sub.startswith("["):
            out.setdefault(key, []).append(plain(sub[1:], value))
        else:
            out[key] = plain(sub, value)
    if kind in ("Layer", "Ports"):
        out.setdefault("Protocol", PROTOCOLS[0])
    if kind == "ICMP":
        out.setdefault("Type", ICMP_TYPES[0])
    if kind == "DNS":
        out["timestamp"] = stamp(out["timestamp"]) if "timestamp" in out else "0001-01-01T00:00:00Z"
    return out


def batches(path):
    """Yield the list of parsed flows of each "store" message of a recording."""
    name = str(path).removesuffix(".gz")
    data = read(path)
    if name.endswith(".flowmsg.pb"):
        for chunk in chunks(data):
            yield [message("Flow", v) for n, v in fields(chunk) if n == 1]
    elif name.endswith(".pb"):
        for chunk in chunks(data):
            top = dict(fields(chunk))
            yield from store(top.get(1, b"").decode(), top.get(2, b"").decode(), lambda: from_json(top[6]))
    else:
        for line in data.splitlines():
            top = {k.lower(): v for k, v in from_json(line).items()}
            yield from store(top.get("namespace"), top.get("type"), lambda: top.get("obj"))


def store(namespace, kind, flows):
    """Yield the flows of a message if it is one of flows."""
    if namespace == "flow" and kind == "store":
        found = flows()
        yield found if isinstance(found, list) else []
