# SPDX-License-Identifier: Apache-2.0
"""Stored objects as a consumer reads them: bodies, records, headers, and what must be true of them.

A consumer joins the objects of a series (bucket, prefix and tag) in key order;
where one object ends and the next begins means nothing to it. So equal(a, b)
compares series by series: the records byte for byte and in order, the text
around them (the frame) save the clock, the headers save the clock.
"""
import collections
import datetime
import gzip
import json
import os
import pathlib
import re
import subprocess

KEY = re.compile(r"^(?P<series>(?:.+/)?(?:egress|ingress|internal|other))/(?P<stream>\d{8}T\d{6}Z)/(?P<seq>\d{8})\.gz$")
CLOCK = re.compile(r'("capture_(?:start|end)_time": ?)"[^"]*"')
COUNT = re.compile(r'("number_of_flow_logs": ?)\d+')
META = "x-amz-meta-"
LOST = META + "lost-flows"
FIRST, LAST, RECORDS = META + "first-timestamp", META + "last-timestamp", META + "num-records"
JSON, TABLES, LINES = "application/json", ("text/csv", "text/plain"), "application/x-ndjson"
BLANK = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()

# around: the body without its records, as it is; frame: the same in its parts, without the clock and the count.
Object = collections.namedtuple("Object", "key series stream seq frame around records headers raw text")


class Malformed(Exception):
    """An object that a consumer cannot read."""


def skip(text, at):
    return BLANK.match(text, at).end()


def array(text, at):
    """Return the element texts, the separators and the end of the JSON array at text[at]."""
    items, marks, begin = [], [], at
    at = skip(text, at + 1)
    while text[at] != "]":
        marks.append(text[begin:at])
        end = DECODER.raw_decode(text, at)[1]
        items.append(text[at:end])
        begin = end
        at = skip(text, end)
        if text[at] == ",":
            at = skip(text, at + 1)
            if text[at] == "]":
                raise ValueError("a comma before the end")
        elif text[at] != "]":
            raise ValueError("no comma")
    marks.append(text[begin:at + 1])
    return items, marks, at + 1


def list_at(text):
    """Return where the list of records begins: the body itself, or member flow_logs or data of an object."""
    at = skip(text, 0)
    if text[at] == "[":
        return at
    at = skip(text, at + 1)
    while text[at] == '"':
        name, at = DECODER.raw_decode(text, at)
        at = skip(text, skip(text, at) + 1)
        if name in ("flow_logs", "data"):
            return at
        at = skip(text, skip(text, DECODER.raw_decode(text, at)[1]) + 1)
    raise ValueError("no list of records")


def split(text):
    """Return (frame, around, records) of a body."""
    start = list_at(text)
    records, marks, end = array(text, start)
    frame = (text[:start], marks[0], tuple(sorted(set(marks[1:-1]))), marks[-1], text[end:])
    blank = tuple(COUNT.sub(r"\1#", CLOCK.sub(r'\1"#"', part)) if isinstance(part, str) else part for part in frame)
    return blank, text[:start] + "[]" + text[end:], records


def split_lines(text, has_heading):
    """Return (frame, around, records) of a body of lines; around them is the heading."""
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line has no end")
    heading = lines[:1] if has_heading else []
    if has_heading and not heading:
        raise ValueError("no heading")
    frame = ("".join(heading), "", ("\n",) if len(lines) > 1 else (), "", "")
    return frame, "".join(heading), lines[len(heading):]


def body_text(raw, headers):
    """Return the text of a body, decompressed as its headers say and not otherwise."""
    if headers.get("content-encoding") == "gzip" and raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    return raw.decode("utf-8")


def parse(key, raw, headers):
    """Make an Object of what was stored under a key ("bucket/..."); headers have lower-case names."""
    match = KEY.match(key)
    try:
        text = body_text(raw, headers)
        kind = headers.get("content-type", JSON)
        parts = split_lines(text, kind in TABLES) if kind in (LINES, *TABLES) else split(text)
    except (ValueError, IndexError, EOFError, OSError) as error:
        raise Malformed("%s: %s" % (key, error)) from error
    if not match:
        return Object(key, key, "", 0, *parts, headers, raw, text)
    return Object(key, match["series"], match["stream"], int(match["seq"]), *parts, headers, raw, text)


def read_headers(path):
    """Read "name: value" lines; None if there is no such file."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return {k.lower(): v for k, _, v in (line.rstrip("\n").partition(": ") for line in f)}


def read_tree(top):
    """Return the objects below a directory in key order; KEY.headers beside each holds its headers."""
    found = []
    for path in sorted(p for p in pathlib.Path(top).rglob("*") if p.is_file()):
        if path.name.endswith(".headers"):
            continue
        key = path.relative_to(top).as_posix()
        headers = read_headers(str(path) + ".headers")
        if headers is None:
            raise Malformed("%s: no %s.headers beside it" % (key, path.name))
        found.append(parse(key, path.read_bytes(), headers))
    return found


def read_bucket(client, bucket):
    """Download every object of a bucket with boto3."""
    found = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            answer = client.get_object(Bucket=bucket, Key=entry["Key"])
            headers = {META + k.lower(): v for k, v in answer["Metadata"].items()}
            headers.update((name, answer[field]) for name, field in (
                ("content-type", "ContentType"), ("content-encoding", "ContentEncoding")) if answer.get(field))
            found.append(parse(bucket + "/" + entry["Key"], answer["Body"].read(), headers))
    return found


def read_stdout(text):
    """Return the objects in the output of the stdout writer, in the order they were printed."""
    sections, found = re.split(r"^--- (.*) ---\n", text, flags=re.M), []
    if sections[0]:
        raise Malformed("stdout begins with %r" % sections[0][:80])
    for key, body in zip(sections[1::2], sections[2::2]):
        if not body.endswith("\n\n"):
            raise Malformed("%s: the body does not end with an empty line" % key)
        found.append(parse(key, body[:-1].encode(), {}))
    return found


def by_series(found):
    """Return {series: [object, ...]}, each in the order given."""
    out = collections.defaultdict(list)
    for item in found:
        out[item.series].append(item)
    return dict(out)


def records(found):
    """Return {series: [record text, ...]}."""
    return {name: [r for o in items for r in o.records] for name, items in by_series(found).items()}


def by_tag(found):
    """Return {tag: [record text, ...]}, whatever the bucket and prefix."""
    return {name.rsplit("/", 1)[-1]: texts for name, texts in records(found).items()}


def shown(headers):
    """Return what is compared of headers: types in full, metadata by name but for what the Go exporter lacks."""
    return tuple([(n, headers.get(n)) for n in ("content-type", "content-encoding")]
                 + sorted(n for n in headers if n.startswith(META) and n != LOST))


def first_difference(want, have):
    """Say where two lists of records part."""
    for at, (a, b) in enumerate(zip(want, have)):
        if a != b:
            return "record %d:\n  expected %s\n  found    %s" % (at, a, b)
    longer, word = (want, "missing") if len(want) > len(have) else (have, "surplus")
    at = min(len(want), len(have))
    return "%d expected, %d found; first %s: %s" % (len(want), len(have), word, longer[at])


def record_differences(want, have):
    """Yield how {series: records} differs from what is expected."""
    for series in sorted(set(want) | set(have)):
        if series not in want or series not in have:
            yield "series %s: %s" % (series, "missing" if series in want else "not expected")
        elif want[series] != have[series]:
            yield "series %s: %s" % (series, first_difference(want[series], have[series]))


def frame_differences(want, have):
    """Yield how the text around the records and the headers differ."""
    want, have = by_series(want), by_series(have)
    for series in sorted(set(want) & set(have)):
        for what, part in (("frame", lambda o: (o.frame[0], o.frame[1], o.frame[3], o.frame[4])),
                           ("separators", lambda o: o.frame[2] or None),
                           ("headers", lambda o: shown(o.headers))):
            a, b = ({part(o) for o in side[series]} - {None} for side in (want, have))
            if not b <= a and not (what == "separators" and not a):
                yield "%s of %s: expected %s, found %s" % (what, series, sorted(a), sorted(b))


def cut_differences(want, have):
    """Yield where the cut into objects differs."""
    want, have = by_series(want), by_series(have)
    for series in sorted(set(want) | set(have)):
        a, b = ([len(o.records) for o in side.get(series, [])] for side in (want, have))
        if a != b:
            yield "%s: objects of %s records expected, of %s found" % (series, a, b)


def is_gzip(item):
    return item.raw[:2] == b"\x1f\x8b"


def gzip_faults(found):
    """Yield what gzip, the program, has against compressed bodies: all at once, as members of one; each if there is a fault."""
    def fault(items):
        done = subprocess.run(["gzip", "-cd"], input=b"".join(i.raw for i in items), capture_output=True, timeout=60)
        same = done.stdout == b"".join(i.text.encode() for i in items)
        return None if same and done.returncode == 0 else done.stderr.decode().strip() or "another text"
    packed = [item for item in found if is_gzip(item)]
    for item in packed if packed and fault(packed) else ():
        said = fault([item])
        if said:
            yield "%s: gzip -cd: %s" % (item.key, said)
    for item in packed:
        if item.raw[:8] != bytes.fromhex("1f8b080000000000") or item.raw[9] != 255:
            yield "%s: gzip header %s" % (item.key, item.raw[:10].hex())


def instant(milliseconds):
    when = datetime.datetime.fromtimestamp(int(milliseconds) // 1000, datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def object_faults(item):
    """Yield what is wrong with one object taken by itself."""
    count, headers = len(item.records), item.headers
    if not item.stream:
        yield "%s: not a key PREFIX/TAG/STREAM/SEQUENCE.gz" % item.key
        return
    try:
        datetime.datetime.strptime(item.stream, "%Y%m%dT%H%M%SZ")
    except ValueError:
        yield "%s: no such time" % item.key
    if "//" in item.key or item.key.startswith("/"):
        yield "%s: empty part in the key" % item.key
    if not count:
        yield "%s: no records" % item.key
    if headers.get("content-type") not in (JSON, LINES, *TABLES):
        yield "%s: content-type %s" % (item.key, headers.get("content-type"))
    if is_gzip(item) != (headers.get("content-encoding") == "gzip"):
        yield "%s: content-encoding %s, body %s" % (
            item.key, headers.get("content-encoding"), "gzip" if is_gzip(item) else "plain")
    if set(n for n in headers if n.startswith(META)) < {FIRST, LAST, RECORDS}:
        yield "%s: metadata %s" % (item.key, sorted(headers))
        return
    if headers[RECORDS] != str(count):
        yield "%s: num-records %s, has %d" % (item.key, headers[RECORDS], count)
    if not int(headers[FIRST]) <= int(headers[LAST]):
        yield "%s: first %s after last %s" % (item.key, headers[FIRST], headers[LAST])
    if headers["content-type"] == JSON:
        yield from header_faults(item, json.loads(item.around))


def header_faults(item, body):
    """Yield where the header inside the body contradicts the object."""
    if not isinstance(body, dict) or "flow_logs" not in body:
        return
    if body["number_of_flow_logs"] != len(item.records):
        yield "%s: number_of_flow_logs %s, has %d" % (item.key, body["number_of_flow_logs"], len(item.records))
    for name, meta in (("capture_start_time", FIRST), ("capture_end_time", LAST)):
        if body[name] != instant(item.headers[meta]):
            yield "%s: %s %s, but %s %s" % (item.key, name, body[name], meta, item.headers[meta])


def faults(found, streams_overlap=False):
    """Return all that is wrong with stored objects, whatever was expected.

    With streams_overlap a stream may begin before the one before it was finished.
    """
    out = [fault for item in found for fault in object_faults(item)] + list(gzip_faults(found))
    for series, items in by_series(sorted(found)).items():
        expect, before, stream = collections.Counter(), 0, None
        for item in items:
            if streams_overlap and item.stream != stream:
                before = 0
            stream = item.stream
            if item.seq != expect[item.stream]:
                out.append("%s: sequence %d expected" % (item.key, expect[item.stream]))
            expect[item.stream] += 1
            first = int(item.headers.get(FIRST, 0))
            if first < before:
                out.append("%s: first-timestamp %d lies in the object before it" % (item.key, first))
            before = int(item.headers.get(LAST, first))
    return out
