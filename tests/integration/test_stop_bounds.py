# SPDX-License-Identifier: Apache-2.0
"""A stop, and the log, have bounds whatever the other side does."""
import contextlib
import signal
import socket
import threading
import time

from lib import settings
from lib.export import to_file, whole_flows
from lib.paths import SLOWNESS
from lib.process import Exporter
from lib.websocket import PING, TEXT, Raw, frame

STOP_MOST = 5 * SLOWNESS                # seconds; stop_timeout is 30
BAD = b'{"Namespace":"flow","Type":"store","Obj":"%d"}'


def configure(folder, url, name="exporter.yml"):
    config = settings.merge(whole_flows(20000), {
        "host_id": "stop", "stop_timeout": 30, "analyzers": [], "spool": {"directory": str(folder / "spool")},
        "pipeline": {"subscriber": {"url": url}}})
    config["pipeline"]["write"] = to_file(folder)
    return settings.save(folder / name, config)


@contextlib.contextmanager
def beside(work):
    """Call work() again and again until the block ends."""
    over = threading.Event()

    def run():
        with contextlib.suppress(OSError):
            while not over.is_set():
                work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def stops(exporter):
    begun = time.monotonic()
    assert exporter.stop(60) == 0
    assert time.monotonic() - begun < STOP_MOST


def drain(peer):
    if not peer.recv(65536):
        raise ConnectionError("the exporter has closed")


def test_an_analyzer_that_ignores_our_close(tmp_path):
    """It goes on sending for ever, and never closes."""
    with Raw() as analyzer, Exporter(configure(tmp_path, analyzer.url)) as exporter:
        peer = analyzer.accept()
        exporter.log("state=subscribed")
        messages = (frame(TEXT, BAD % 0) + frame(PING, b"")) * 1000
        with beside(lambda: peer.sendall(messages)), beside(lambda: drain(peer)):
            stops(exporter)


def test_datagrams_faster_than_they_are_decoded(tmp_path):
    """What goes on arriving is not waited for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    with Exporter(configure(tmp_path, "udp://127.0.0.1:%d" % address[1])) as exporter:
        exporter.log("state=started")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            with beside(lambda: sender.sendto(b"\x0a\x00" * 30000, address)):
                exporter.log("kernel_drops=")
                stops(exporter)


def test_a_flood_of_bad_messages_is_few_lines(tmp_path):
    """Each says something else; what is not said is in the sum that the end says."""
    with Raw() as analyzer, Exporter(configure(tmp_path, analyzer.url)) as exporter:
        peer = analyzer.accept()
        exporter.log("state=subscribed")
        begun = time.monotonic()
        for number in range(5000):
            peer.sendall(frame(TEXT, BAD % number))
        peer.sendall(frame(PING, b"end"))
        exporter.log("bad_message=")
        assert exporter.stop(60) == 0
        took = time.monotonic() - begun
        said = [line for line in exporter.err.text().splitlines() if "unsaid=" in line]
    assert 1 <= len(said) <= 3 + took / 10
    assert sum(int(line.partition("unsaid=")[2].split()[0]) for line in said) + \
        sum("bad_message=" in line for line in said) == 5000


def test_unixgram_removes_only_a_socket(tmp_path):
    """A file that is in the way stays, and the start fails; what a killed run left goes."""
    path = tmp_path / "s"
    path.write_text("somebody's\n", encoding="ascii")
    with Exporter(configure(tmp_path, "unixgram://%s" % path)) as exporter:
        assert exporter.wait() != 0
    assert path.read_text(encoding="ascii") == "somebody's\n"
    path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as old:
        old.bind(str(path))
    with Exporter(configure(tmp_path, "unixgram://%s" % path)) as exporter:
        exporter.log("state=started")
        assert exporter.stop() == 0


def test_sighup_during_a_stop_does_not_end_it(tmp_path):
    """A second signal that asks for a stop does; a reload does not."""
    with Raw() as analyzer, Exporter(configure(tmp_path, analyzer.url)) as exporter:
        peer = analyzer.accept()
        exporter.log("state=subscribed")
        with beside(lambda: peer.sendall(frame(TEXT, BAD % 0) * 1000)), beside(lambda: drain(peer)):
            exporter.signal(signal.SIGTERM)
            exporter.log("state=stopping")
            exporter.signal(signal.SIGHUP)
            assert exporter.wait(60) == 0
        assert "state=stopped" in exporter.err.text()
