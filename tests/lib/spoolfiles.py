# SPDX-License-Identifier: Apache-2.0
"""The files of a spool, read without the product (store/frame.h and store/envelope.h say what is in them)."""
import collections
import json

from lib import objects

HEAD, ENVELOPE = 32, 4096
RECIPE, ROWS, SEAL = 1, 2, 3
Frame = collections.namedtuple("Frame", "start end kind count payload")


def frames(data):
    """Yield the whole frames of an open file; their checksums are not looked at."""
    at = 0
    while at + HEAD <= len(data):
        size, _, kind, count = (int.from_bytes(data[at + i:at + i + 4], "little") for i in (0, 4, 8, 12))
        end = at + HEAD + size
        if end > len(data):
            return
        yield Frame(at, end, kind, count, data[at + HEAD:end])
        at = end


def open_records(data):
    """Return (tag, records) of an open file with JSON rows; tag is None without a recipe."""
    tag, rows = None, b""
    for frame in frames(data):
        if frame.kind == RECIPE:
            tag = json.loads(frame.payload)["tag"]
        elif frame.kind == ROWS:
            rows += frame.payload
    return tag, objects.split("[" + rows.decode().lstrip(",") + "]")[1]


def sealed_object(data):
    """Return the object in a file of new/, as a store would keep it."""
    about = json.loads(data[:ENVELOPE - 9])
    headers = {"content-type": about["content_type"], "content-encoding": about["content_encoding"]}
    headers.update((objects.META + name, value) for name, value in about["metadata"].items())
    return objects.parse(about["dirname"] + "/" + about["key"], data[ENVELOPE:], headers)


def records(pipeline):
    """Return {tag: {record, ...}} of all that is written in a pipeline's folder of a spool."""
    found = collections.defaultdict(set)
    for path in sorted((pipeline / "open").iterdir()) if pipeline.exists() else []:
        tag, rows = open_records(path.read_bytes())
        found[tag].update(rows)
    for path in sorted((pipeline / "new").iterdir()) if pipeline.exists() else []:
        for tag, rows in objects.by_tag([sealed_object(path.read_bytes())]).items():
            found[tag].update(rows)
    return found
