# SPDX-License-Identifier: Apache-2.0
"""Flows as protobuf, read by protobuf's own library from the schema in proto/; and the same values of a flow's JSON."""
import base64
import datetime
import functools
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from lib.paths import ROOT

# As JSON spells what the schema calls otherwise: analyzers since 2024-04, those before.
SPELLINGS = {
    "qd_count": ("q_d_count", "QDCount"), "an_count": ("a_n_count", "ANCount"), "ns_count": ("n_s_count", "NSCount"),
    "ar_count": ("a_r_count", "ARCount"), "cname": ("c_name", "CNAME"), "mname": ("m_name", "MName"),
    "rname": ("r_name", "RName"), "code": ("code", "Code"), "data": ("data", "Data"),
    "virtual_rtr_id": ("virtual_rtrID", "VirtualRtrID"), "count_ipaddr": ("count_ipaddr", "CountIPAddr"),
}
PROTOCOLS = ("ETHERNET", "IPV4", "TCP", "UDP", "SCTP", "IPV6", "ICMPV4", "ICMPV6")
ICMP_TYPES = ("UNKNOWN", "DESTINATION_UNREACHABLE", "ECHO", "NEIGHBOR", "ADDRESS_MASK", "INFO", "PARAMETER_PROBLEM",
              "REDIRECT", "ROUTER", "SOURCE_QUENCH", "TIME_EXCEEDED", "TIMESTAMP", "PACKET_TOO_BIG")
NAMES = {"Protocol": PROTOCOLS, "Type": ICMP_TYPES}
NO_TIME = "0001-01-01T00:00:00Z"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


@functools.lru_cache(maxsize=None)
def flow_class():
    """The class of flow.Flow, made of the schema by protoc."""
    done = subprocess.run(["protoc", "-I", ROOT / "proto", "--include_imports", "--descriptor_set_out=/dev/stdout",
                           ROOT / "proto" / "flow.proto"], check=True, capture_output=True)
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(done.stdout).file:
        pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("flow.Flow"))


def decode(data):
    """What a message says: every field of the schema; None is a layer that is not there."""
    message = flow_class().FromString(data)
    assert message.SerializeToString(deterministic=True) == data, "other bytes than the library's"
    return said(message)


def known(data):
    """A message without the fields that the schema does not have."""
    message = flow_class().FromString(data)
    message.DiscardUnknownFields()
    return message.SerializeToString(deterministic=True)


def said(message):
    return {field.name: said_of(message, field) for field in message.DESCRIPTOR.fields}


def said_of(message, field):
    value = getattr(message, field.name)
    if field.label == field.LABEL_REPEATED:
        return [said(item) if field.message_type else item for item in value]
    if not field.message_type:
        return value
    return said(value) if message.HasField(field.name) else None


def expected(flow, descriptor=None):
    """The same of a flow as an analyzer sends it in JSON."""
    descriptor = descriptor or flow_class().DESCRIPTOR
    return {field.name: expected_of(flow, field) for field in descriptor.fields}


def expected_of(flow, field):
    value = next((flow[name] for name in SPELLINGS.get(field.name, (field.name,)) if name in flow), None)
    if field.label == field.LABEL_REPEATED:
        return [expected(item, field.message_type) if field.message_type else item for item in value or ()]
    if field.message_type and isinstance(value, str):
        return time_of(value)
    if field.message_type:
        return None if value is None else expected(value, field.message_type)
    if field.type == field.TYPE_BYTES:
        return base64.b64decode(value or "", validate=True)
    if field.name in NAMES and field.type == field.TYPE_INT32:
        return NAMES[field.name].index(value)
    return field.default_value if value is None else value


def time_of(text):
    """A time as a message; year one is none."""
    if text == NO_TIME:
        return None
    whole, _, digits = text.rstrip("Z").partition(".")
    when = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return {"seconds": int((when - EPOCH).total_seconds()), "nanos": int((digits or "0").ljust(9, "0"))}
