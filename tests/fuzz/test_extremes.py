# SPDX-License-Identifier: Apache-2.0
"""Inputs without measure: every target that takes them stays within its memory and its time, whatever it says of them."""
import gzip
import math
import os
import pathlib
import struct
import tempfile

import pytest

from fuzz import handmade
from fuzz.corpora import field, frame, varint
from fuzz.test_corpora import replay
from lib import paths

MIB = 1 << 20
LONGEST = 200 * MIB
LONG = int(os.environ.get("LONG_MIB", 50)) * MIB
DEEP = 1000000
DIGITS = b"9" * 10000
INVALID = bytes(range(0x80, 0x100)) * 400 + b"\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80"


def nested(opening, closing, inside=b"1"):
    return opening * DEEP + inside + closing * DEEP


def in_flow(value):
    """A flow with a member that is read, one that is kept as text and one that is skipped."""
    return b'[{"UUID":%s,"DNS":%s,"Unknown":%s}]' % (value, value, value)


def in_store(value):
    return b'{"Namespace":"flow","Type":"store","UUID":"u","Obj":[{"UUID":%s,"Start":1}]}' % value


def in_protobuf(text):
    return field(1, b"flow") + field(2, b"store") + field(6, text)


def in_yaml(value):
    return b"pipeline:\n  store:\n    buffered:\n      dirname: " + value + b"\n"


def groups(depth):
    """Protobuf messages in each other: of a flow, unknown fields of lengths that fit."""
    text = b""
    for _ in range(depth):
        text = field(1001, text)
    return field(1, text)


def subscribed(nodes, edges=b""):
    return handmade.SYNC_REPLY % (nodes, edges)


JSON_DEEP = {"lists": nested(b"[", b"]"), "open lists": b"[" * DEEP, "objects": nested(b'{"a":', b"}"),
             "open objects": b'{"a":' * DEEP}
JSON_VALUES = {"digits": DIGITS, "negative": b"-" + DIGITS, "fraction": b"0." + DIGITS, "exponent": b"1e" + DIGITS,
               "invalid UTF-8": b'"' + INVALID + b'"', "surrogates": b'"' + b"\\ud800" * 20000 + b'"'}

WRAPS = {
    "json": lambda value: value,
    "topology_stream": lambda value: handmade.SYNC_REPLY % (
        b'{"ID":"a","Revision":%s,"Metadata":{"Type":%s,"IPV4":[%s],"X":%s,"K8s":{"Extra":%s}}}' % ((value,) * 5), b""),
    "flow_json": in_flow,
    "message": in_store,
    "gremlin": lambda value: b'[{"Metadata":{"Type":%s,"IPV4":[%s],"X":%s}}]' % (value, value, value),
    "iam_reply": lambda value: b'{"access_token":%s,"expires_in":%s,"x":%s}' % (value, value, value),
    "status": lambda value: b'{"version":%s,"uptime_seconds":%s,"tenants":[{"name":%s}]}' % (value, value, value),
    "ledger": lambda value: b'{"format":1,"sealed_bytes":%s,"counters":{"flows_received":%s},"x":%s}' % (value, value, value),
    "object_spec": lambda value: b'{"format":%s,"tag":%s,"header_options":%s}' % (value, value, value),
    "yaml": in_yaml,
    "config": in_yaml,
}

MANY_KEYS = b"".join(b"k%d: 1\n" % i for i in range(50000))

# What takes other text than JSON.
OTHERS = {
    "yaml": lambda: {
        "open maps": b"{a: " * DEEP, "block lists": b"- " * DEEP, "keys": b"? " * DEEP,
        "anchors": b"".join(b"a%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9) if i else b"x")
                            for i in range(200)),
        "lines": b"a: 1\n" * 200000, "keys of a map": b"".join(b"k%d: 1\n" % i for i in range(100000))},
    "dropins": lambda: {
        "files past their limit": handmade.files(b"#" * 2 * MIB, a=b"#" * 2 * MIB),
        "keys of files": handmade.files(MANY_KEYS, a=MANY_KEYS),
        "deep files": handmade.files(in_yaml(nested(b"[", b"]")), a=in_yaml(nested(b"{a: ", b"}"))),
        "pipelines": handmade.files(b"x: " + b"y" * (MIB // 2), **{"p%d" % i: b"z: " + b"y" * (MIB // 2) for i in range(9)})},
    "flow_pb": lambda: {
        "messages in messages": groups(5000), "endless varints": b"\xff" * 1000000,
        "flows": field(1, field(1, b"u")) * 200000},
    "message": lambda: {
        "endless varints": b"\xff" * 1000000, "fields": field(4, 1) * 1000000,
        "deep flows": in_protobuf(nested(b"[", b"]")), "digits in protobuf": in_protobuf(b'[{"Start":%s}]' % DIGITS)},
    "websocket": lambda: {
        "fragments": frame(b"a", 2, False) + frame(b"b", 0, False) * 300000, "pings": frame(b"p", 9) * 300000,
        "a message of 8 EiB": b"\x82\x7f" + (1 << 63).to_bytes(8, "big") + b"x"},
    "handshake": lambda: {
        "endless header": b"HTTP/1.1 101 " + b"x" * MIB, "headers": b"HTTP/1.1 101 S\r\n" + b"A: b\r\n" * 300000,
        "tokens": b"HTTP/1.1 101 S\r\nUpgrade: " + b"," * 15000 + b"\r\n\r\n"},
    "s3_listing": lambda: {
        "objects": handmade.LISTING % (b"", b"false", handmade.LISTED % (b"a", b"1") * 200000),
        "open objects": handmade.LISTING % (b"", b"false", b"<Contents>" * DEEP),
        "entities": handmade.LISTING % (b"", b"false", handmade.LISTED % (b"&amp;" * DEEP, b"1")),
        "digits": handmade.LISTING % (b"", b"false", handmade.LISTED % (b"a", DIGITS))},
    "stored": lambda: {
        "lines": handmade.STORED * 20000, "a long key": handmade.STORED.replace(b"l/a", b"l" * MIB),
        "open lists": b"[" * DEEP, "digits": b'{"at_ms":' + DIGITS + b'}'},
    "s3_reply": lambda: {
        "open elements": b"500 " + b"<Error>" * DEEP, "invalid UTF-8": b"400 <Error><Code>" + INVALID},
    "text": lambda: {
        "digits": DIGITS, "fraction": b"0." + DIGITS, "path": b"../" * DEEP, "colons": b":" * DEEP,
        "slashes": b"/" * DEEP, "invalid UTF-8": INVALID},
    "spool": lambda: {
        "a length of 4 GiB": b"\x00" + b"\xff" * 32,
        "a length of 500 MiB": b"\x01" + handmade.HEAD + struct.pack("<IIIIqq", 500 * MIB, 0, 2, 1, 0, 0) + b"x",
        "long spec": b"\x01" + handmade.spool_frame(1, b" " * 2 * MIB + handmade.HEAD[32:]) + handmade.ROWS,
        "long header": b"\x01" + handmade.spool_frame(1, handmade.HEAD[32:].replace(
            b'"encode"', b'"header_options":{"*":{"a":"%s"}},"encode"' % (b"<" * 200000))) + handmade.ROWS,
        "long key": b"\x01" + handmade.HEAD + handmade.ROWS
        + handmade.spool_frame(3, b'{"key":"%s"}' % (b"k" * 2 * MIB)), "frames": b"\x01" + handmade.HEAD + handmade.ROWS * 20000,
        "deep spec": b"\x01" + handmade.spool_frame(1, b'{"header_options":' + nested(b"[", b"]") + b"}")},
    "recording": lambda: {
        "bomb": gzip.compress(b"a" * (100 * MIB), 9), "size": varint(1 << 62)},
    "template": lambda: {
        "open ifs": b"{{if .UUID}}" * 100000, "open braces": b"{{" * DEEP, "digits": b"{{" + DIGITS + b"}}",
        "values": b"{{.NodeTID}}" * 100000, "invalid UTF-8": b"{{.U" + INVALID + b"}}"},
    "envelope": lambda: {
        "open lists": b"[" * DEEP},
    "question": lambda: {
        "steps": b"G.V()" + b".Out()" * DEEP, "values": b"G.V().Has('a',Within(" + b"1," * DEEP + b"1))",
        "digits": b"G.V().Has('a'," + DIGITS + b").Limit(" + DIGITS + b")", "dots": b"G.V().Has('" + b"." * 10000 + b"','')",
        "parts": b"G.V().HasKey('" + b"a." * 10000 + b"')", "invalid UTF-8": b"G.V().Has('a','" + INVALID + b"')"},
    "topology_stream": lambda: {
        "keys": subscribed(b'{"ID":"a","Metadata":{%s}}' % b",".join(b'"k%d":1' % i for i in range(DEEP))),
        "addresses": subscribed(b'{"ID":"a","Metadata":{"IPV4":[%s]}}' % b",".join(b'"%d"' % i for i in range(100000))),
        "nodes": subscribed(b",".join(b'{"ID":"%d","Metadata":{"TID":"%d"}}' % (i, i) for i in range(100000))),
        "the same nodes": subscribed(b",".join([b'{"ID":"a","Metadata":{"TID":"t"}}'] * 100000)),
        "the same edges": subscribed(b"", b",".join([b'{"ID":"e","Parent":"a","Child":"b"}'] * 20000)),
        "a long ID": subscribed(b'{"ID":"%s"}' % (b"x" * MIB)) + b"\n" + subscribed(b"", b""),
        "parts of keys": subscribed(b"") + b"\n" + handmade.ops(b'[{"Type":1,"Key":"%sb","Value":{}}]' % (b"a." * 10000)),
        "operations": subscribed(handmade.NODES) + b"\n" + handmade.ops(
            b"[%s]" % b",".join([b'{"Type":1,"Key":"TID","Value":"t"}'] * 100000)),
        "messages": b"\n".join([subscribed(handmade.NODES), *handmade.EVENTS * 2000])},
}


def small(target):
    """(what, input) of everything that is written to a file at once."""
    if target in WRAPS:
        for what, value in {**JSON_DEEP, **JSON_VALUES}.items():
            yield what, WRAPS[target](value)
    if target in OTHERS:
        yield from OTHERS[target]().items()


@pytest.mark.parametrize("target", sorted(set(WRAPS) | set(OTHERS)))
def test_depth_and_digits(target, tmp_path):
    """A million levels, numbers of 10,000 digits, invalid UTF-8, endless lists: 10 s and 384 MiB are enough."""
    count = 0
    for what, data in small(target):
        (tmp_path / what.replace(" ", "-")).write_bytes(data)
        count += 1
    files, _ = replay(target, [tmp_path], 384 * MIB, 10 * paths.SLOWNESS)
    assert files == count


def long_input(target):
    """A text of LONG_MIB where the target takes one."""
    text = b"a" * LONG
    if target == "flow_pb":
        return field(1, field(1, text))
    if target == "websocket":
        return b"\x82\x7f" + len(text).to_bytes(8, "big") + text
    if target == "handshake":
        return b"HTTP/1.1 101 S\r\nUpgrade: " + text
    if target == "s3_reply":
        return b"500 <Error><Code>" + text + b"</Code></Error>"
    if target in ("yaml", "config"):
        return in_yaml(text)
    if target in WRAPS:
        return WRAPS[target](b'"@"').replace(b"@", text, 1)
    return text


LONG_TARGETS = sorted(set(WRAPS) | {"flow_pb", "websocket", "handshake", "s3_reply", "text", "template", "recording"})


def replay_long(target, data):
    """From memory: a disk would take longer than the target."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = pathlib.Path(folder) / "long"
        path.write_bytes(data)
        replay(target, [path], 10 * len(data), math.ceil(15 * len(data) / LONGEST) * paths.SLOWNESS)


@pytest.mark.parametrize("target", LONG_TARGETS)
def test_long_string(target):
    """A string of LONG_MIB takes linear time, and memory for a few copies: those the rules of the targets compare."""
    replay_long(target, long_input(target))


def test_long_string_in_protobuf():
    """200 MB, as much as a message may have, inside a protobuf StructMessage."""
    replay_long("message", in_protobuf(in_flow(b'"@"').replace(b"@", b"a" * LONGEST, 1)))
