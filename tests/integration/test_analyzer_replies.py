# SPDX-License-Identifier: Apache-2.0
"""What an analyzer, or what stands before it, answers and sends is taken for what it is, not for how it comes."""
import ssl
import struct

import pytest

from lib import objects, settings, stream
from lib.export import joined, to_file, whole_flows
from lib.paths import recording
from lib.pki import Authority
from lib.process import Exporter
from lib.websocket import BINARY, CLOSE, TEXT, Raw, frame

CONFIG = {"host_id": "replies", **whole_flows()}


def configure(raw, folder, change=None):
    return settings.save(folder / "exporter.yml", joined(CONFIG, raw, folder, to_file(folder), change))


def count(folder):
    """Return how many flows are stored."""
    return sum(len(o.records) for o in objects.read_tree(folder / "stored"))


def protobuf_messages():
    return list(stream.chunks(stream.read(recording("new-netns-mixed-protobuf.pb.gz"))))[:30]


def json_messages():
    return stream.read(recording("new-netns-mixed.jsonl.gz")).splitlines()[:30]


def flows_of(messages, folder, end):
    """Return how many flows are in these messages, by the reader of recordings."""
    path = folder / ("messages" + end)
    if end == ".pb":
        path.write_bytes(b"".join(varint(len(m)) + m for m in messages))
    else:
        path.write_bytes(b"\n".join(messages) + b"\n")
    return sum(len(batch) for batch in stream.batches(path))


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


@pytest.mark.parametrize("messages, opcode, end", [
    (protobuf_messages, TEXT, ".pb"), (protobuf_messages, BINARY, ".pb"),
    (json_messages, TEXT, ".jsonl"), (json_messages, BINARY, ".jsonl"),
], ids=["protobuf-in-text", "protobuf-in-binary", "json-in-text", "json-in-binary"])
@pytest.mark.parametrize("protocol", ["protobuf", "json"])
def test_the_content_counts(protocol, messages, opcode, end, tmp_path):
    """Analyzers before 0.24 send protobuf in text frames; whatever was asked for and however it comes, it is read."""
    sent = messages()
    with Raw() as raw, Exporter(configure(raw, tmp_path, {"pipeline": {"subscriber": {"protocol": protocol}}})) as run:
        peer = raw.accept()
        peer.sendall(b"".join(frame(opcode, message) for message in sent))
        run.log("state=subscribed")
        assert run.stop() == 0 and "bad_message" not in run.err.text()
    assert count(tmp_path) == flows_of(sent, tmp_path, end) > 100


@pytest.mark.parametrize("before", [
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
], ids=["100", "103", "102-103"])
def test_the_last_answer_counts(before, tmp_path):
    """Interim answers come before the one that matters (RFC 9110, 15.2)."""
    with Raw() as raw, Exporter(configure(raw, tmp_path)) as run:
        peer = raw.accept(before)
        peer.sendall(b"".join(frame(TEXT, message) for message in json_messages()))
        run.log("state=subscribed")
        assert run.stop() == 0 and "error" not in run.err.text()
    assert count(tmp_path) > 100


@pytest.mark.parametrize("status", [502, 503, 504, 429, 521])
def test_a_proxy_whose_analyzer_is_away(status, tmp_path):
    """That passes: it is not called a mistake, and is tried again soon."""
    answer = b"HTTP/1.1 %d Sorry\r\nServer: nginx\r\nContent-Length: 5\r\n\r\nsorry" % status
    with Raw() as raw, Exporter(configure(raw, tmp_path)) as run:
        raw.answer(answer)[0].close()
        _, line = run.log(r'state=unreachable error="%d: ' % status)
        assert "is the analyzer running?" in line and "not a Skydive analyzer" not in line
        raw.accept()
        run.log("state=subscribed", 5)
        assert run.stop() == 0


CODES = {"1001": struct.pack(">H", 1001) + b"restart", "1012": struct.pack(">H", 1012), "none": b""}


@pytest.mark.parametrize("code", CODES)
def test_closed_for_a_while(code, tmp_path):
    """An analyzer that starts or stops closes before its first ping: it is not taken for a refusal."""
    with Raw() as raw, Exporter(configure(raw, tmp_path)) as run:
        raw.accept(pings=False).sendall(frame(CLOSE, CODES[code]))
        _, line = run.log("state=unreachable")
        assert "starting or stopping" in line and "does not want" not in line
        raw.accept()
        run.log("state=subscribed", 5)
        assert run.stop() == 0


def test_flows_before_the_first_ping(tmp_path):
    """Who is sent flows has been admitted; then the connection is lost as any other, and made again at once."""
    message = frame(TEXT, json_messages()[0])
    with Raw() as raw, Exporter(configure(raw, tmp_path)) as run:
        raw.accept(pings=False).sendall(message + frame(CLOSE, struct.pack(">H", 1000)))
        run.log("state=lost")
        raw.accept(pings=False).sendall(frame(CLOSE, struct.pack(">H", 1000)))
        run.log("state=unreachable")
        raw.accept()
        run.log("state=subscribed", 5)
        assert "does not want this client" not in run.err.text() and run.stop() == 0


def test_plain_to_a_tls_port(tmp_path):
    """Both ways to say so: in HTTP, as Go and nginx do, and by a TLS alert."""
    answers = [b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
               b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<center>The plain HTTP request was sent to HTTPS port"
               b"</center>", b"\x15\x03\x01\x00\x02\x02\x46"]
    for number, answer in enumerate(answers):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Raw() as raw, Exporter(configure(raw, folder)) as run:
            raw.answer(answer)[0].close()
            _, line = run.log("state=no-analyzer")
            assert "write wss:// in pipeline.subscriber.url" in line
            assert run.stop() == 0


def test_a_real_tls_port(tmp_path):
    """OpenSSL recognises HTTP, and closes without a word."""
    pair = Authority(tmp_path, "ca").issue("analyzer")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    with Raw() as raw, Exporter(configure(raw, tmp_path)) as run:
        sock = raw.listener.accept()[0]
        with sock, pytest.raises(ssl.SSLError):
            context.wrap_socket(sock, server_side=True)
        run.log("state=unreachable.*closed.*write wss://")
        assert run.stop() == 0
