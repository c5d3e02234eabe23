# SPDX-License-Identifier: Apache-2.0
"""Analyzers that do nothing for a long time. What takes seconds takes them side by side."""
import collections
import signal
import socket
import threading
import time

import pytest

from lib import objects, settings
from lib.export import joined, to_file, waiting, whole_flows
from lib.pages import listening, source
from lib.paths import SLOWNESS, recording
from lib.process import Analyzer, Exporter, until
from lib.proxy import Proxy
from lib.together import together
from lib.websocket import read_head

RECORDING = recording("old-netns-mixed.jsonl.gz")
FLOWS = 814
PACE = 4000
ENDLESS = ["--repeat", 0, "--uniq"]
CONFIG = {"host_id": "stalls", **whole_flows()}


def configure(analyzer, folder, url=None):
    change = {"status": listening(folder), "pipeline": {"subscriber": {"url": url or analyzer.url}}}
    return settings.save(folder / "exporter.yml", joined(CONFIG, analyzer, folder, to_file(folder), change))


def check_all(analyzer, exporter, folder):
    """The stream comes whole, and what came is stored when the exporter has stopped."""
    analyzer.event("end", 60, unless_ends=exporter)
    assert exporter.stop() == 0
    stats = analyzer.stats()
    assert stats["sent_flows"] == FLOWS and stats["closes"] == {"1000": 1} and stats["queued_max"] <= 8, stats
    assert sum(len(o.records) for o in objects.read_tree(folder / "stored")) == FLOWS and waiting(folder) == []


def check_part(analyzer, exporter, folder, gaps):
    """Flows come again; every gap was counted and logged once; nothing is stored twice."""
    before = analyzer.stats()["sent_flows"]
    until(lambda: analyzer.stats()["sent_flows"] > before + FLOWS, "flows again")
    about = source(folder)
    assert about["gaps"] == exporter.err.text().count("state=lost") == gaps, about
    assert exporter.err.text().count("state=subscribed") == about["connects"] == gaps + 1
    assert exporter.stop() == 0
    stored = objects.read_tree(folder / "stored")
    times = collections.Counter(record for o in stored for record in o.records)
    assert objects.faults(stored) == [] and waiting(folder) == []
    assert [record for record, count in times.items() if count > 1] == []


def hanging_handshake(folder):
    """The handshake is not answered: after 10 s the exporter gives up, and tries again."""
    with Analyzer(RECORDING, pace=PACE, options=["--hang", "handshake"]) as analyzer:
        begun = time.monotonic()
        with Exporter(configure(analyzer, folder)) as exporter:
            exporter.log(r'state=unreachable error=".*no answer to the handshake.* wedged; .*be restarted')
            assert 9.5 < time.monotonic() - begun < 15
            analyzer.command("hang none")
            check_all(analyzer, exporter, folder)


class EndlessAnswer:
    """A server whose answers to handshakes have no end: some bytes at a time, with a pause between them."""

    def __init__(self, part, pause):
        self.part, self.pause = part, pause
        self.ending = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.url = "ws://%s/ws/subscriber/flow" % self.address
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.listener.close()

    def _serve(self):
        while not self.ending.is_set():
            try:
                peer = self.listener.accept()[0]
                with peer:
                    peer.settimeout(5)
                    read_head(peer)
                    peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-More: ")
                    while not self.ending.wait(self.pause):
                        peer.sendall(self.part)
            except OSError:
                pass            # it had enough


def dribbling_handshake(folder):
    """An answer that comes a byte at a time is given 10 s, no more."""
    with EndlessAnswer(b"x", 0.2) as server:
        begun = time.monotonic()
        with Exporter(configure(server, folder)) as exporter:
            exporter.log(r'state=unreachable error=".*no answer to the handshake')
            assert 9.5 < time.monotonic() - begun < 15
            assert exporter.stop() == 0


def endless_handshake(folder):
    """An answer that comes fast and has no end is given up at once, and takes no memory."""
    with EndlessAnswer(b"x" * 65536, 0) as server:
        begun = time.monotonic()
        with Exporter(configure(server, folder)) as exporter:
            exporter.log(r"state=(no-analyzer|unreachable) error=")
            assert time.monotonic() - begun < 5 * SLOWNESS
            assert exporter.stop() == 0


def pings_only(folder):
    """Pings, but no flows: the connection stays, longer than any time-out of either side."""
    with Analyzer(RECORDING, pace=PACE, clients=0, options=["--ping-delay", 1]) as analyzer:
        with Exporter(configure(analyzer, folder)) as exporter:
            until(lambda: analyzer.stats()["pongs"] > 18, "18 pongs", 30)
            assert exporter.err.text().count("state=subscribed") == 1
            analyzer.command("play")
            check_all(analyzer, exporter, folder)
        assert analyzer.stats()["admitted"] == 1


def dead_peer(folder):
    """Nothing comes any more, not even pings: after 15 s the exporter connects again."""
    options = ["--pong-timeout", 100]
    with Analyzer(RECORDING, pace=PACE, clients=0, options=options) as analyzer:
        with Exporter(configure(analyzer, folder)) as exporter:
            analyzer.event("admitted")
            exporter.log("state=subscribed")
            analyzer.command("ping off")
            exporter.log(r'state=lost error="nothing was received for 15 s"')
            analyzer.command("ping on")
            analyzer.event("admitted", 30, unless_ends=exporter)
            analyzer.command("play")
            analyzer.event("end", 30, unless_ends=exporter)
            assert exporter.stop() == 0
    assert sum(len(o.records) for o in objects.read_tree(folder / "stored")) == FLOWS


def half_open(folder):
    """The network swallows everything and tells nobody: noticed after 15 s, and the next connection is good."""
    with Analyzer(RECORDING, pace=PACE, options=ENDLESS) as analyzer, Proxy(analyzer.address) as proxy:
        url = "ws://%s/ws/subscriber/flow" % proxy.address
        with Exporter(configure(analyzer, folder, url)) as exporter:
            until(lambda: analyzer.stats()["sent_flows"] > FLOWS, "flows")
            proxy.freeze()
            begun = time.monotonic()
            at, _ = exporter.log(r'state=lost error="nothing was received for 15 s"')
            assert 14 < time.monotonic() - begun < 20
            exporter.log("state=subscribed", start=at)
            check_part(analyzer, exporter, folder, 1)


def stopped_analyzer(folder):
    """SIGSTOP for 30 s: lost after 15 s, and subscribed again soon after the analyzer goes on."""
    with Analyzer(RECORDING, pace=PACE, options=ENDLESS) as analyzer:
        with Exporter(configure(analyzer, folder)) as exporter:
            until(lambda: analyzer.stats()["sent_flows"] > FLOWS, "flows")
            analyzer.signal(signal.SIGSTOP)
            begun = time.monotonic()
            at, _ = exporter.log("state=lost")
            assert 14 < time.monotonic() - begun < 20
            until(lambda: time.monotonic() - begun >= 30, "30 s", 40)
            assert source(folder)["state"] == "connecting"
            analyzer.signal(signal.SIGCONT)
            exporter.log("state=subscribed", start=at)
            check_part(analyzer, exporter, folder, 1)


def host_id_in_use_for_a_minute(folder):
    """409 is worth a line only after a minute, and then one; it is tried on every second."""
    with Analyzer(RECORDING, pace=PACE, options=["--refuse", 409]) as analyzer:
        begun = time.monotonic()
        with Exporter(configure(analyzer, folder)) as exporter:
            _, line = exporter.log("state=host-id-in-use", 80)
            assert 59 < time.monotonic() - begun < 66
            assert 'error="409: ' in line and r'host_id \"stalls\"' in line
            tries = analyzer.stats()["refused"]["409"]
            assert 45 < tries < 80, tries
            until(lambda: analyzer.stats()["refused"]["409"] > tries + 3, "more tries")
            assert exporter.err.text().count("state=host-id-in-use") == 1
            analyzer.command("refuse none")
            check_all(analyzer, exporter, folder)


SCENARIOS = {run.__name__: run for run in (
    hanging_handshake, dribbling_handshake, endless_handshake, pings_only, dead_peer, half_open, stopped_analyzer,
    host_id_in_use_for_a_minute)}


@pytest.fixture(scope="module")
def stalls(tmp_path_factory):
    with together(SCENARIOS, tmp_path_factory) as futures:
        yield futures


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_stall(name, stalls):
    """What happens when nothing happens."""
    stalls[name].result()
