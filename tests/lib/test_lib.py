# SPDX-License-Identifier: Apache-2.0
"""The tools of the tests do what they say; a test with a blind tool would prove nothing."""
import gzip
import http.client
import io
import os
import socket
import sys
import threading
import time

import pytest

from lib import objects
from lib.process import Failed, Program, sane, until
from lib.s3 import server
from lib.s3.sink import Sink
from lib.threads import threads

META = {"content-type": "application/json", "x-amz-meta-first-timestamp": "1551199609544",
        "x-amz-meta-last-timestamp": "1551199610544", "x-amz-meta-num-records": "2"}
KEY = "bkt/logs/internal/20190226T164649Z/%08d.gz"


def packed(body):
    """Compress as Go does: no time, no name, unknown system."""
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, out, mtime=0) as stream:
        stream.write(body)
    return out.getvalue()


def make(seq=0, body=b'[{"a":1},{"a":2}]\n', pack=False, key=KEY, **meta):
    headers = dict(META, **{k.replace("_", "-"): v for k, v in meta.items()})
    if pack:
        headers["content-encoding"] = "gzip"
        body = packed(body)
    return objects.parse(key % seq, body, headers)


def test_split():
    """The text of each record, and what stands around them without clock and count."""
    frame, around, records = objects.split('{"capture_end_time":"x","flow_logs":[{"a":[1]},\n 2],"number_of_flow_logs":2}\n')
    assert records == ['{"a":[1]}', "2"]
    assert frame[0] == '{"capture_end_time":"#","flow_logs":'
    assert frame[4] == ',"number_of_flow_logs":#}\n'
    assert around == '{"capture_end_time":"x","flow_logs":[],"number_of_flow_logs":2}\n'


def test_sound_objects_have_no_faults():
    assert objects.faults([make(0), make(1, pack=True, x_amz_meta_first_timestamp="1551199610544")]) == []


@pytest.mark.parametrize("items, said", [
    ([make(1)], "sequence 0 expected"),
    ([make(0), make(2, x_amz_meta_first_timestamp="1551199610544")], "sequence 1 expected"),
    ([make(x_amz_meta_num_records="3")], "num-records 3, has 2"),
    ([make(body=b"[]\n", x_amz_meta_num_records="0")], "no records"),
    ([make(x_amz_meta_last_timestamp="1")], "after last"),
    ([make(key="bkt/logs/inside/20190226T164649Z/%08d.gz")], "not a key"),
    ([make(key="bkt/logs/internal/20191326T164649Z/%08d.gz")], "no such time"),
    ([make(content_type="text/html")], "content-type text/html"),
    ([make(content_encoding="gzip")], "content-encoding gzip, body plain"),
    ([make(0), make(1, x_amz_meta_first_timestamp="1551199610000")], "lies in the object before it"),
    ([make(pack=True)._replace(raw=packed(b"[1,2]")[:-3])], "gzip -cd"),
    ([make(pack=True)._replace(raw=packed(b"[1,2]")[:-3]), make(1, pack=True, x_amz_meta_first_timestamp="1551199610544")],
     "00.gz: gzip -cd"),
    ([make(pack=True)._replace(raw=packed(b"[1,2]") + bytes(9), text="[1,2]"),
      make(1, pack=True, x_amz_meta_first_timestamp="1551199610544")._replace(raw=packed(b"[1,2]")[:-3])], "01.gz: gzip -cd"),
    ([make(body=b'{"number_of_flow_logs":1,"capture_start_time":"2019-02-26T16:46:49Z",'
                b'"capture_end_time":"2019-02-26T16:46:50Z","flow_logs":[1,2]}')], "number_of_flow_logs 1, has 2"),
    ([make(body=b'{"number_of_flow_logs":2,"capture_start_time":"2019-02-26T16:46:49Z",'
                b'"capture_end_time":"2019-02-26T16:46:51Z","flow_logs":[1,2]}')], "capture_end_time"),
])
def test_faults_are_seen(items, said):
    found = objects.faults(items)
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize("raw", [b"", b"[1,2", b"[1 2]", b"[1,]", b'{"a":1}', b"\x1f\x8b\x08\x00", b"null\n"])
def test_unreadable_bodies(raw):
    with pytest.raises(objects.Malformed):
        objects.parse(KEY % 0, raw, META)


@pytest.mark.parametrize("want, have, said", [
    ({"t": ["1", "2"]}, {"t": ["1", "3"]}, "record 1"),
    ({"t": ["1", "2"]}, {"t": ["2", "1"]}, "record 0"),
    ({"t": ["1", "2"]}, {"t": ["1"]}, "first missing: 2"),
    ({"t": ["1"]}, {"t": ["1", "1"]}, "first surplus: 1"),
    ({"t": ["1"]}, {}, "missing"),
    ({}, {"t": ["1"]}, "not expected"),
])
def test_differences_are_seen(want, have, said):
    found = list(objects.record_differences(want, have))
    assert len(found) == 1 and said in found[0]
    assert not list(objects.record_differences(want, want))


def test_frames_and_cuts_are_compared():
    one, other = make(body=b"[1,2]\n"), make(body=b"[1, 2]\n")
    assert list(objects.frame_differences([one], [other]))
    assert list(objects.frame_differences([one], [make(body=b"[1,2]")]))
    assert list(objects.frame_differences([one], [make(pack=True, body=b"[1,2]\n")]))
    assert not list(objects.frame_differences([one], [make(body=b"[3,4]\n")]))
    assert list(objects.cut_differences([one, make(1)], [one]))


def test_stdout_sections():
    found = objects.read_stdout("--- b/internal ---\n[1,2]\n\n--- b/other ---\n[3]\n\n")
    assert [(o.key, o.records) for o in found] == [("b/internal", ["1", "2"]), ("b/other", ["3"])]
    for broken in ("x\n--- b/other ---\n[3]\n\n", "--- b/other ---\n[3]\n"):
        with pytest.raises(objects.Malformed):
            objects.read_stdout(broken)


def test_program_waits_and_ends():
    """Lines are waited for, the exit code is told, and nothing outlives its block."""
    talk = "import sys\nprint('one', flush=True)\nfor line in sys.stdin: pass\nsys.exit(3)"
    with Program([sys.executable, "-c", talk], stdin=-1) as program:
        assert program.out.wait(lambda line: line == "one", 20) == (0, "one")
        with pytest.raises(Failed):
            program.out.wait(lambda line: line == "two", 0.05)
        program.process.stdin.close()
        assert program.wait(20) == 3
    with Program([sys.executable, "-c", "import time\ntime.sleep(600)"]) as program:
        with pytest.raises(Failed):
            program.wait(0.05)
    assert program.process.returncode == -9


def test_sanitizer_reports_fail():
    with pytest.raises(AssertionError):
        sane("x\n==1==ERROR: AddressSanitizer: heap-use-after-free\n")
    sane("a log line about sanitizers")


def test_until_ends():
    assert until(lambda: 5, "five") == 5
    with pytest.raises(Failed):
        until(lambda: 0, "never", 0.05)


def put(sink, key, body=b"[1]\n"):
    """PUT as an exporter would; returns the status, None when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=5)
    try:
        connection.request("PUT", "/" + key, body, {
            "Content-Type": "application/json", "X-Amz-Meta-A": "1",
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (http.client.HTTPException, OSError):
        return None
    finally:
        connection.close()


def test_sink_keeps_what_it_is_given():
    with Sink() as sink:
        assert put(sink, "b/a%20b/%C3%A9%2B") == 200
        assert sink.stored["b/a b/é+"].headers == {"content-type": "application/json", "x-amz-meta-a": "1"}
        assert put(sink, "b/a%20b/%C3%A9%2B") == 200 and not sink.rewritten
        assert put(sink, "b/a%20b/%C3%A9%2B", b"[2]\n") == 200 and sink.rewritten == ["b/a b/é+"]


@pytest.mark.parametrize("how, status, kept", [
    ("status=503", 503, False), ("status=400 code=KeyTooLongError", 400, False), ("cut", None, False),
    ("rst", None, False), ("garbage", None, False), ("short", None, False), ("error=InternalError", 200, False),
    ("skew=3600", 403, False), ("skew=0", 200, True), ("slow", 200, True), ("drop", None, True)])
def test_sink_misbehaves_as_told(how, status, kept):
    with Sink() as sink:
        sink.behave(how, times=1)
        assert put(sink, "b/k") == status
        assert ("b/k" in sink.stored) == kept
        assert put(sink, "b/k") == 200
        assert sink.requests == {how: 1, "ok": 1}


def test_sink_keeps_no_body_that_ends_early():
    with Sink() as sink:
        with socket.create_connection(("127.0.0.1", sink.port)) as client:
            client.sendall(b"PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
        assert sink.requests == {"ok": 1} and not sink.stored


@pytest.mark.parametrize("how", ["hang", "stall", "deaf", "mute"])
def test_sink_hangs_until_released(how):
    with Sink() as sink:
        sink.behave(how)
        result = []
        thread = threading.Thread(target=lambda: result.append(put(sink, "b/k")))
        thread.start()
        sink.wait(lambda s: s.requests[how] == 1 and ("b/k" in s.stored) == (how == "mute"))
        assert not result
        sink.release()
        thread.join(10)
        assert result == [None] and put(sink, "b/k") == 200


@pytest.mark.parametrize("workers", [1, 3])
def test_no_port_is_given_twice(workers, monkeypatch):
    """Whoever asks: a server that was given one may not listen yet."""
    def given_to(worker):
        monkeypatch.setattr(server, "GIVEN", set())
        monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw%d" % worker)
        return server.free_ports(700) + server.free_ports(700)

    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(workers))
    ports = [port for worker in range(workers) for port in given_to(worker)]
    assert len(set(ports)) == 1400 * workers
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        assert max(ports) < sock.getsockname()[1]


def test_threads_may_end_while_they_are_looked_at():
    """Nothing is said of who has gone; of those that stay all is."""
    ending = threading.Event()

    def come_and_go():
        while not ending.is_set():
            some = [threading.Thread(target=lambda: None) for _ in range(20)]
            for thread in some:
                thread.start()
            for thread in some:
                thread.join()

    busy = [threading.Thread(target=come_and_go) for _ in range(3)]
    for thread in busy:
        thread.start()
    try:
        seen = [threads(os.getpid(), "schedstat") for _ in range(200)]
    finally:
        ending.set()
        for thread in busy:
            thread.join()
    assert all(len(found) > 3 for found in seen) and len({len(found) for found in seen}) > 1
