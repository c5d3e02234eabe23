# SPDX-License-Identifier: Apache-2.0
"""Flows as Skydive's Go structs read and write them in JSON.

The tables below are the whole knowledge: the order of the keys, the type of
each and whether a zero is left out. decode() is as strict as Go's decoder
(an integer is an integer, a protocol name is one of a list), encode() writes
the canonical text: compact, table order, Go's escapes.
"""
import functools
import re

INT64 = (-(1 << 63), (1 << 63) - 1)
UINT32 = (0, (1 << 32) - 1)
PROTOCOLS = ("ETHERNET", "IPV4", "TCP", "UDP", "SCTP", "IPV6", "ICMPV4", "ICMPV6")
ICMP_TYPES = ("UNKNOWN", "DESTINATION_UNREACHABLE", "ECHO", "NEIGHBOR", "ADDRESS_MASK", "INFO",
              "PARAMETER_PROBLEM", "REDIRECT", "ROUTER", "SOURCE_QUENCH", "TIME_EXCEEDED",
              "TIMESTAMP", "PACKET_TOO_BIG")


class BadFlow(ValueError):
    """One flow cannot be read."""


class Float(str):
    """A number with a fraction or an exponent, which no field of a flow takes."""


def table(text, always=False):
    """Return rows (key, kind, omit when zero) of 'key:kind' words; '!' marks a key never left out."""
    rows = []
    for word in text.split():
        key, kind = word.split(":")
        rows.append((key.rstrip("!"), kind, not (always or key.endswith("!"))))
    return rows


SEGMENTS = " ".join(side + name for side in ("AB", "BA") for name in (
    "SegmentOutOfOrder!:i64", "SegmentSkipped!:i64", "SegmentSkippedBytes!:i64",
    "Packets!:i64", "Bytes!:i64", "SawStart!:i64", "SawEnd!:i64"))
RECORD = ("name:str type:str class:str TTL:u32 data_length:u32 IP:str NS:str %s:str PTR:str "
          "TXTs:strs SOA:SOA%s SRV:SRV MX:MX OPT:[OPT%s")
DNS = ("ID:u32 QR:bool op_code:str AA:bool TC:bool RD:bool RA:bool z:u32 response_code:str %s "
       "questions:[Question answers:[Record%s authorities:[Record%s additionals:[Record%s %s")
VRRP = "contents:b64 payload:b64 version:u32 %s:u32 priority:u32 %s:u32 adver_int:u32 checksum:u32"
NUMBERS = "serial:u32 refresh:u32 retry:u32 expire:u32 minimum:u32"

TABLES = {
    "Flow": table("UUID:str LayersPath:str Application:str Link:Layer Network:Layer Transport:Ports "
                  "ICMP:ICMP DHCPv4:DHCP DNS:DNS VRRPv2:VRRP LastUpdateMetric:Metric Metric:Metric "
                  "TCPMetric:TCPMetric IPMetric:IPMetric Start!:i64 Last!:i64 TrackingID:str "
                  "L3TrackingID:str ParentUUID!:str NodeTID:str CaptureID:str "
                  "RawPacketsCaptured!:i64 FinishType:i32"),
    "Layer": table("Protocol!:protocol A:str B:str ID!:i64"),
    "Ports": table("Protocol:protocol A:i64 B:i64 ID:i64", always=True),
    "ICMP": table("Type!:icmp Code:u32 ID:u32"),
    "Metric": table("ABPackets!:i64 ABBytes!:i64 BAPackets!:i64 BABytes!:i64 Start!:i64 Last!:i64 RTT:i64"),
    "IPMetric": table("Fragments:i64 FragmentErrors:i64", always=True),
    "TCPMetric": table("ABSynStart!:i64 BASynStart!:i64 ABSynTTL:u32 BASynTTL:u32 ABFinStart!:i64 "
                       "BAFinStart!:i64 ABRstStart!:i64 BARstStart!:i64 " + SEGMENTS),
    "DHCP": table("contents:b64 payload:b64 hardware_len:u32 hardware_opts:u32 xid:u32 secs:u32 "
                  "flags:u32 server_name:b64 file:b64"),
    "Question": table("name:str type:str class:str"),
    "SRV": table("priority:u32 weight:u32 port:u32 name:str"),
    "MX": table("preference:u32 name:str"),
    "Stamp": table("seconds:i64 nanos:i64"),
    # An analyzer before the switch to google.golang.org/protobuf ...
    "DNSold": table(DNS % ("QDCount:u32 ANCount:u32 NSCount:u32 ARCount:u32", "old", "old", "old",
                           "timestamp!:time")),
    "Recordold": table(RECORD % ("CNAME", "old", "old")),
    "SOAold": table("MName:str RName:str " + NUMBERS),
    "OPTold": table("Code:str Data:str"),
    "VRRPold": table(VRRP % ("VirtualRtrID", "CountIPAddr")),
    # ... and after it.
    "DNSnew": table(DNS % ("q_d_count:u32 a_n_count:u32 n_s_count:u32 a_r_count:u32", "new", "new", "new",
                           "timestamp:Stamp")),
    "Recordnew": table(RECORD % ("c_name", "new", "new")),
    "SOAnew": table("m_name:str r_name:str " + NUMBERS),
    "OPTnew": table("code:str data:str"),
    "VRRPnew": table(VRRP % ("virtual_rtrID", "count_ipaddr")),
}

ZERO_TIME = "0001-01-01T00:00:00Z"


def flavor(kind, value):
    """Return the table of a layer that the two generations spell differently."""
    if kind == "DNS":
        return "DNSnew" if isinstance(value.get("timestamp", {}), dict) else "DNSold"
    if kind == "VRRP":
        return "VRRPold" if {"VirtualRtrID", "CountIPAddr"} & set(value) else "VRRPnew"
    return kind


def scalar(kind, value):
    """Return a scalar as Go holds it, or raise BadFlow."""
    if kind in ("protocol", "icmp"):
        if value not in (PROTOCOLS if kind == "protocol" else ICMP_TYPES):
            raise BadFlow("%s %r" % (kind, value))
    elif kind in ("i64", "u32", "i32"):
        low, high = UINT32 if kind == "u32" else INT64
        if type(value) is not int or not low <= value <= high:
            raise BadFlow("%r is not a number of its field" % (value,))
    elif kind == "bool":
        if type(value) is not bool:
            raise BadFlow("%r is not a bool" % (value,))
    elif type(value) is not str:
        raise BadFlow("%r is not a string" % (value,))
    return value


def decode(kind, value):
    """Check and reduce a parsed JSON value to the known fields of a table."""
    if kind.startswith("["):
        if type(value) is not list:
            raise BadFlow("%r is not an array" % (value,))
        return [decode(kind[1:], v) for v in value if v is not None]
    if kind == "strs":
        return [scalar("str", v) for v in value]
    if flavor(kind, value if type(value) is dict else {}) not in TABLES:
        return scalar(kind, value)
    if type(value) is not dict:
        raise BadFlow("%r is not an object" % (value,))
    kind = flavor(kind, value)
    out = {}
    for key, sub, _ in TABLES[kind]:
        if value.get(key) is not None:
            out[key] = decode(sub, value[key])
    if kind in ("DNSold", "DNSnew", "VRRPold", "VRRPnew"):
        out[""] = kind
    return out


ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPED = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')


@functools.lru_cache(1 << 16)
def quote(text):
    """Return a JSON string with the escapes of Go's encoder; a surrogate stands for a bad byte."""
    def escape(match):
        char = match.group()
        if "\ud800" <= char <= "\udfff":
            return "\\ufffd"
        return ESCAPES.get(char, "\\u%04x" % ord(char))
    return '"%s"' % ESCAPED.sub(escape, text)


# DNS and VRRP name their table in the value.
OBJECTS = set(TABLES) | {"DNS", "VRRP"}
ZERO = {"i64": 0, "u32": 0, "i32": 0, "bool": False, "time": ZERO_TIME,
        "protocol": "ETHERNET", "icmp": "UNKNOWN"}


def encode(kind, value):
    """Return the canonical text of a decoded value."""
    if isinstance(value, list):
        return "[%s]" % ",".join(encode(kind.lstrip("["), v) for v in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, str)):
        return quote(value) if isinstance(value, str) else str(value)
    fields = []
    for key, sub, omit in TABLES[value.get("", kind)]:
        zero = ZERO.get(sub, "")
        found = value.get(key, None if sub in OBJECTS else zero)
        if found is None or (omit and not isinstance(found, dict) and found in (zero, [])):
            continue
        fields.append(quote(key) + ":" + encode(sub, found))
    return "{%s}" % ",".join(fields)
