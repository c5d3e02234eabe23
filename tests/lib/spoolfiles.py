# SPDX-License-Identifier: Apache-2.0
"""The files of a spool, read without the product (spool/frame.h and spool/envelope.h say what is in them)."""
import collections
import json

from lib import objects

HEAD, ENVELOPE = 32, 4096
RECIPE, ROWS, SEAL, END = 1, 2, 3, 4
Frame = collections.namedtuple("Frame", "start end kind count payload")


def crc32c(data):
    """The checksum of frames and envelopes: polynomial 0x1EDC6F41, reflected (RFC 3720, B.4)."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def frames(data):
    """Yield the whole frames of an open file, or of a sealed one that is made of them; their checksums are not looked at.

    What another object left behind them is not among them.
    """
    at = ENVELOPE if data.startswith(b'{"format":') else 0
    while at + HEAD <= len(data):
        size, _, kind, count = (int.from_bytes(data[at + i:at + i + 4], "little") for i in (0, 4, 8, 12))
        end = at + HEAD + size
        if end > len(data) or kind == END:
            return
        yield Frame(at, end, kind, count, data[at + HEAD:end])
        at = end


def owner(data):
    """Return the number of the open file that has this spec; 0: it does not say, as those of earlier versions."""
    return 0 if data.startswith(b'{"format":') else int.from_bytes(data[16:24], "little")


def open_records(data, number=0):
    """Return (tag, records) of an open file with JSON rows; tag is None without a spec, or with that of another file."""
    tag, rows = None, b""
    for frame in frames(data) if owner(data) in (0, number) else []:
        if frame.kind == RECIPE:
            tag = json.loads(frame.payload)["tag"]
        elif frame.kind == ROWS:
            rows += frame.payload
    return tag, objects.split("[" + rows.decode().lstrip(",") + "]")[2]


def with_spec(data, change):
    """Return an open file whose spec is change(text of the spec), with the right checksum."""
    first = next(frames(data))
    text = change(first.payload)
    rest = data[first.start + 8:first.start + HEAD] + text
    head = len(text).to_bytes(4, "little") + crc32c(rest).to_bytes(4, "little")
    return data[:first.start] + head + rest + data[first.end:]


def with_envelope(data, change):
    """Return a sealed file whose envelope is change(JSON text), with the right checksum."""
    text = change(data[:ENVELOPE - 9].rstrip()).ljust(ENVELOPE - 9)
    return text + b"%08x\n" % crc32c(text) + data[ENVELOPE:]


def sealed_object(data):
    """Return the object in a file of new/, as a store would keep it."""
    about = json.loads(data[:ENVELOPE - 9])
    headers = {"content-type": about["content_type"], "content-encoding": about["content_encoding"]}
    headers.update((objects.META + name, value) for name, value in about["metadata"].items())
    return objects.parse(about["dirname"] + "/" + about["key"], data[ENVELOPE:], headers)


def records(pipeline):
    """Return {tag: {record, ...}} of all that is written in a pipeline's folder of a spool: nothing in a file just made."""
    found = collections.defaultdict(set)
    for path in sorted((pipeline / "open").iterdir()) if pipeline.exists() else []:
        tag, rows = open_records(path.read_bytes(), int(path.name))
        if tag:
            found[tag].update(rows)
    for path in sorted((pipeline / "new").iterdir()) if pipeline.exists() else []:
        for tag, rows in objects.by_tag([sealed_object(path.read_bytes())]).items():
            found[tag].update(rows)
    return found
