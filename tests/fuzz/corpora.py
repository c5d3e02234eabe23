# SPDX-License-Identifier: Apache-2.0
"""What targets begin with: corpora that were found earlier, recordings cut small, and texts made by hand.

    corpus/TARGET.tar.xz    merged and minimised; make fuzz-merge writes it
    found/TARGET/NAME       an input that once broke something, and why it stays
"""
import gzip
import hashlib
import io
import itertools
import json
import pathlib
import tarfile

from fuzz import handmade
from lib import paths, stream

HERE = pathlib.Path(__file__).resolve().parent
MESSAGES = 40       # of each recording
FLOWS = 2           # of each message
LARGEST = 8192      # bytes of a seed


def archive(target):
    return HERE / "corpus" / (target + ".tar.xz")


def targets():
    return sorted(p.stem.removeprefix("fuzz_") for p in HERE.glob("fuzz_*.c"))


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """One field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def cut_list(text):
    """The first flows of a JSON list."""
    flows = json.loads(text)
    return json.dumps(flows[:FLOWS] if isinstance(flows, list) else flows, separators=(",", ":")).encode()


def messages(pattern):
    """The messages of the recordings of one kind, cut small."""
    for path in sorted(paths.RECORDINGS.glob(pattern)):
        data = stream.read(path)
        if pattern.endswith(".jsonl.gz"):
            found = (dict(json.loads(line)) for line in data.splitlines())
            cut = (json.dumps({k: v[:FLOWS] if isinstance(v, list) else v for k, v in m.items()}).encode()
                   for m in found)
        elif pattern.endswith(".flowmsg.pb.gz"):
            cut = (b"".join(field(n, v) for n, v in itertools.islice(stream.fields(chunk), FLOWS))
                   for chunk in stream.chunks(data))
        else:
            cut = (b"".join(field(n, cut_list(v) if n == 6 and v[:1] == b"[" else v) for n, v in stream.fields(chunk))
                   for chunk in stream.chunks(data))
        yield from itertools.islice((c for c in cut if len(c) <= LARGEST), MESSAGES)


def subscriptions():
    """The SyncReply of each recorded subscription, cut small, and some of what follows it."""
    for path in sorted(paths.RECORDINGS.glob("*topology-stream*.jsonl.gz")):
        lines = stream.read(path).splitlines()
        replies = [i for i, line in enumerate(lines) if b'"Type":"SyncReply"' in line[:200]]
        for at, first in itertools.product(replies[:1], range(0, 200, 20)):
            reply = json.loads(lines[at])
            reply["Obj"] = {kind: [smaller(e) for e in reply["Obj"][kind][first // 10:][:4]] for kind in ("Nodes", "Edges")}
            events = [line for line in lines[at + 1:][first:] if len(line) < 600 and b'"Ops":[]' not in line]
            yield b"\n".join([json.dumps(reply, separators=(",", ":")).encode(), *events[:8]])


def smaller(element):
    """Without what no question asks for."""
    dropped = ("Features", "Metric", "LastUpdateMetric", "Captures", "FDB")
    return {**element, "Metadata": {k: v for k, v in element["Metadata"].items() if k not in dropped}}


def frame(payload, opcode=2, final=True):
    """A frame as a server sends it."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload


def recorded(target):
    """Seeds from the recordings."""
    if target == "message":
        yield from messages("*mixed.jsonl.gz")
        yield from messages("*-protobuf.pb.gz")
    elif target in ("flow_json", "json"):
        for message in messages("*mixed.jsonl.gz"):
            yield json.dumps(json.loads(message).get("Obj")).encode()
    elif target == "flow_pb":
        yield from messages("*.flowmsg.pb.gz")
    elif target == "websocket":
        for message in itertools.islice(messages("*-protobuf.pb.gz"), 10):
            yield frame(message) + frame(b"ping", 9)
            yield frame(message[:100], 2, False) + frame(b"", 9) + frame(message[100:], 0) + frame(b"\x03\xe8bye", 8)
    elif target == "recording":
        lines = b"\n".join(itertools.islice(messages("*mixed.jsonl.gz"), 3)) + b"\n"
        sized = b"".join(varint(len(m)) + m for m in itertools.islice(messages("*-protobuf.pb.gz"), 3))
        yield from (lines, sized, gzip.compress(lines, mtime=0), gzip.compress(sized, mtime=0))
    elif target == "gremlin":
        for path in sorted(paths.RECORDINGS.glob("*.topology.json.gz")):
            for reply in itertools.islice(json.loads(stream.read(path)), MESSAGES):
                yield reply["body"].encode()
    elif target == "topology_stream":
        yield from subscriptions()
    elif target in ("yaml", "config"):
        for path in sorted(paths.GOLDEN.glob("cases/*/config.yml")) + sorted(paths.ROOT.glob("etc/*.yml")):
            yield path.read_bytes()
    elif target == "dropins":
        base, acme = ((paths.ROOT / "etc" / name).read_bytes() for name in ("exporter.yml", "exporter.d/acme.yml.example"))
        for path in sorted(paths.GOLDEN.glob("cases/*/config.yml")) + sorted(paths.ROOT.glob("etc/*.yml")):
            yield handmade.files(base, acme=acme, other=path.read_bytes())
            yield handmade.files(path.read_bytes(), acme=acme)


def stored(target):
    """What was found earlier."""
    if archive(target).exists():
        with tarfile.open(archive(target)) as tar:
            for member in tar.getmembers():
                yield tar.extractfile(member).read()
    for path in sorted((HERE / "found" / target).glob("*")):
        yield path.read_bytes()


def unpack(target, folder):
    """Write every seed of a target to a folder, each once; returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for seed in itertools.chain(stored(target), recorded(target), handmade.SEEDS.get(target, ())):
        name = hashlib.sha1(seed).hexdigest()
        if len(seed) <= 2 * LARGEST and name not in names:
            (folder / name).write_bytes(seed)
            names.add(name)
    return len(names)


def pack(target, folder):
    """Make the archive anew from a folder; the same files give the same bytes."""
    archive(target).parent.mkdir(exist_ok=True)
    with tarfile.open(archive(target), "w:xz", preset=9) as tar:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            member = tarfile.TarInfo(hashlib.sha1(data).hexdigest()[:16])
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
