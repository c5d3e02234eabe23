# SPDX-License-Identifier: Apache-2.0
"""Analyzers that refuse, hang, forget and die; and how the exporter leaves them."""
import http.server
import signal
import threading
import time

import pytest

from lib import lives, objects, settings
from lib.export import joined, to_file, to_s3, waiting, whole_flows
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
from lib.s3.server import free_ports
from lib.s3.sink import Sink
from lib.sent import Sent, prefix_faults, split

RECORDING = recording("old-netns-mixed.jsonl.gz")
FLOWS = 814
PACE = 4000
CONFIG = {"host_id": "faults", **whole_flows()}


def configure(analyzer, folder, change=None, write=None):
    return settings.save(folder / "exporter.yml", joined(CONFIG, analyzer, folder, write or to_file(folder), change))


def count(folder):
    """Return how many records are stored."""
    return sum(int(objects.read_headers(path)[objects.RECORDS]) for path in (folder / "stored").rglob("*.headers"))


def never_waited(analyzer):
    """Return the stand-in's counters; hardly a message ever waited in it for the exporter."""
    stats = analyzer.stats()
    assert stats["queued_max"] <= 8 and stats["blocked_ms"] == 0, stats
    return stats


def check_all(analyzer, exporter, folder):
    """The stream comes whole, and what came is stored when the exporter has stopped."""
    analyzer.event("end", 60, unless_ends=exporter)
    assert exporter.stop() == 0
    stats = never_waited(analyzer)
    assert stats["sent_flows"] == FLOWS and stats["closes"] == {"1000": 1}, stats
    assert count(folder) == FLOWS and waiting(folder) == []


@pytest.mark.parametrize("options, said", [
    (["--auth", "bob:secret"], r'state=refused error="401: .*username'),
    (["--refuse", 403], r'state=refused error="403: .*admin'),
    (["--close-before-ping", "on"], r'state=refused error=".*does not want this client'),
    (["--refuse", 426], r'state=no-analyzer error="426: '),
    (["--refuse", 500], r'state=no-analyzer error="500: '),
], ids=["401", "403", "close-before-ping", "426", "500"])
def test_refused(options, said, tmp_path):
    """What has to be changed is said once, with the address; the exporter goes on and can be stopped."""
    with Analyzer(RECORDING, options=options) as analyzer:
        with Exporter(configure(analyzer, tmp_path)) as exporter:
            analyzer.event("refused")
            _, line = exporter.log(said)
            assert analyzer.address in line
            assert exporter.stop() == 0
        assert analyzer.stats()["admitted"] == 0


def test_credentials(tmp_path):
    """With the right credentials the same analyzer sends, and they are not in the log."""
    with Analyzer(RECORDING, options=["--auth", "bob:s3cret"]) as analyzer:
        login = {"analyzer": {"auth": {"cluster": {"username": "bob", "password": "s3cret"}}},
                 "logging": {"level": "DEBUG"}}
        with Exporter(configure(analyzer, tmp_path, login)) as exporter:
            check_all(analyzer, exporter, tmp_path)
        assert "s3cret" not in exporter.err.text()


def test_host_id_in_use_for_a_while(tmp_path):
    """409 is normal after a loss: it is tried again every second, and not worth a line."""
    with Analyzer(RECORDING, options=["--refuse", 409]) as analyzer:
        with Exporter(configure(analyzer, tmp_path)) as exporter:
            for _ in range(4):
                assert analyzer.event("refused")["status"] == 409
            assert "state=host-id-in-use" not in exporter.err.text()
            analyzer.command("refuse none")
            check_all(analyzer, exporter, tmp_path)


class NoAnalyzer(http.server.ThreadingHTTPServer):
    """An HTTP server that answers everything alike."""

    def __init__(self, status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"hi")

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server_address[1]
        self.url = "ws://%s/ws/subscriber/flow" % self.address
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join(10)
        self.server_close()


@pytest.mark.parametrize("status", [200, 301, 404])
def test_not_an_analyzer(status, tmp_path):
    """Some other HTTP server: the log says so and names the key to look at."""
    with NoAnalyzer(status) as server, Exporter(configure(server, tmp_path)) as exporter:
        _, line = exporter.log(
            r'state=no-analyzer error="%d: .*not a Skydive analyzer.*pipeline\.subscriber\.url' % status)
        assert server.url in line
        assert exporter.stop() == 0


def test_analyzer_starts_later(tmp_path):
    """Nobody listens: that is said, and when the analyzer comes the exporter finds it."""
    port = free_ports(1)[0]
    with Analyzer(RECORDING, pace=PACE) as model:
        config = joined(CONFIG, model, tmp_path, to_file(tmp_path))
    address = "127.0.0.1:%d" % port
    path = settings.save(tmp_path / "exporter.yml", settings.merge(config, {
        "analyzers": [address], "pipeline": {"subscriber": {"url": "ws://%s/ws/subscriber/flow" % address}}}))
    with Exporter(path) as exporter:
        exporter.log(r'source=ws://%s/\S* state=unreachable error=".*pipeline\.subscriber\.url' % address)
        with Analyzer(RECORDING, pace=PACE, listen=address) as analyzer:
            check_all(analyzer, exporter, tmp_path)


def cut(analyzer, how):
    """End the connection in the midst of the stream, and let nothing more be sent. Returns the place."""
    analyzer.command(how)
    analyzer.command("pause")
    analyzer.event("left")
    return analyzer.stats()["broadcast_flows"]


@pytest.mark.parametrize("how", ["drop", "rst", "close 1001"])
def test_connection_lost(how, tmp_path):
    """The exporter comes back; of each connection a prefix is stored, of the last one everything."""
    with Analyzer(RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        with Exporter(configure(analyzer, tmp_path)) as exporter:
            places, at = [0], -1
            for _ in range(2):
                at, _ = exporter.log("state=subscribed", 30, at + 1)
                analyzer.command("resume")
                until(lambda: analyzer.stats()["broadcast_flows"] > places[-1] + 1000, "flows")
                places.append(cut(analyzer, how))
            exporter.log("state=subscribed", 30, at + 1)
            analyzer.command("resume")
            until(lambda: analyzer.stats()["broadcast_flows"] > places[-1] + 1000, "flows")
            analyzer.command("pause")
            places.append(never_waited(analyzer)["broadcast_flows"])
            assert exporter.err.text().count("state=lost") == 2
            assert exporter.stop() == 0
    check_prefixes(places, tmp_path)


def check_prefixes(places, folder):
    """Of each connection a prefix is stored, of the last one everything."""
    sent, stored = Sent(CONFIG, RECORDING), objects.by_tag(objects.read_tree(folder / "stored"))
    parts = [sent.between(begin, end) for begin, end in zip(places, places[1:])]
    for tag, records in stored.items():
        of_tag = [part.get(tag, []) for part in parts]
        assert list(prefix_faults(of_tag, records)) == []
        assert len(split(of_tag, records)[0][-1]) == len(of_tag[-1])
    assert len(stored) == 4


def test_analyzer_restarts(tmp_path):
    """The analyzer goes and another one comes on the same port: the exporter goes on."""
    with Analyzer(RECORDING, pace=PACE) as analyzer:
        path, address = configure(analyzer, tmp_path), analyzer.address
        exporter = Exporter(path)
        with exporter:
            analyzer.event("end", 30, unless_ends=exporter)
            assert analyzer.stats()["sent_flows"] == FLOWS
            analyzer.process.stdin.write("quit\n")
            analyzer.process.stdin.flush()
            assert analyzer.wait() == 0
            exporter.log(r'state=lost error="the analyzer closed the connection"')
            with Analyzer(RECORDING, pace=PACE, listen=address) as second:
                second.event("end", 30, unless_ends=exporter)
                assert exporter.stop() == 0
                assert never_waited(second)["sent_flows"] == FLOWS
    assert count(tmp_path) == 2 * FLOWS


def test_gate_cleared(tmp_path):
    """Another subscriber left and the analyzer sends nothing more: the exporter notices, subscribes again, and gets."""
    options = ["--repeat", 0, "--uniq", "--stats-every", 500]
    with Analyzer(RECORDING, pace=PACE, options=options) as analyzer:
        path = configure(analyzer, tmp_path, {"pipeline": {"subscriber": {"starvation_timeout": 2}}})
        with Exporter(path) as exporter:
            until(lambda: analyzer.stats()["sent_flows"] > FLOWS, "a round")
            analyzer.event("admitted")
            assert "error" not in analyzer.command("gate clear")
            exporter.log(r'state=starved')
            analyzer.event("left")
            analyzer.event("admitted")
            before = analyzer.stats()
            assert before["closes"] == {"1000": 1} and before["missed_flows"] > 0, before
            until(lambda: analyzer.stats()["sent_flows"] > before["sent_flows"] + FLOWS, "flows again")
            assert exporter.stop() == 0


def test_stop_in_full_flow(tmp_path):
    """Stopped while flows come: the stream is read on, closed in order, and all that was read is stored."""
    with Analyzer(RECORDING, pace=PACE, options=["--repeat", 0, "--uniq"]) as analyzer:
        with Exporter(configure(analyzer, tmp_path)) as exporter:
            until(lambda: analyzer.stats()["sent_flows"] > 2000, "flows")
            begun = time.monotonic()
            assert exporter.stop() == 0
            assert time.monotonic() - begun < 10
        analyzer.command("pause")
        stats = never_waited(analyzer)
    assert stats["closes"] == {"1000": 1} and stats["dropped"] == 0
    assert stats["lost_flows"] <= 300, stats
    sent, stored = Sent(CONFIG, RECORDING), objects.by_tag(objects.read_tree(tmp_path / "stored"))
    part = sent.between(0, stats["broadcast_flows"])
    assert [fault for tag in part for fault in prefix_faults([part[tag]], stored[tag])] == []
    assert sum(len(records) for records in stored.values()) >= stats["sent_flows"] - 300
    assert waiting(tmp_path) == []


def deliver_later(path, sink, folder):
    """What an earlier run left in the spool is stored by the next one, once."""
    assert waiting(folder)
    sink.release()
    with Exporter(path) as exporter:
        until(lambda: not waiting(folder), "an empty spool")
        assert exporter.stop() == 0
    assert sum(len(o.records) for o in sink.objects()) == FLOWS and sink.rewritten == []


def test_stop_is_bounded(tmp_path):
    """A store that hangs does not hold up a stop; what is left is stored after the next start."""
    with Sink() as sink, Analyzer(RECORDING, pace=PACE) as analyzer:
        sink.behave("hang")
        path = configure(analyzer, tmp_path, {"stop_timeout": 3}, to_s3(sink))
        with Exporter(path) as exporter:
            analyzer.event("end", 30, unless_ends=exporter)
            sink.wait(lambda s: s.requests["hang"] > 0)
            begun = time.monotonic()
            assert exporter.stop() == 0
            assert time.monotonic() - begun < 3 + 2
            exporter.log(r"state=stopped objects_left=\d+")
        assert analyzer.stats()["closes"] == {"1000": 1}
        deliver_later(path, sink, tmp_path)


def test_second_signal(tmp_path):
    """A second SIGTERM ends at once; nothing that is in the spool is lost by it."""
    with Sink() as sink, Analyzer(RECORDING, pace=PACE) as analyzer:
        sink.behave("hang")
        path = configure(analyzer, tmp_path, {"stop_timeout": 120}, to_s3(sink))
        with Exporter(path, "--progress") as exporter:
            end = analyzer.event("end", 30, unless_ends=exporter)
            lives.settled(exporter, end["flows"])
            exporter.signal(signal.SIGTERM)
            exporter.log("state=stopping")
            analyzer.event("left")
            begun = time.monotonic()
            exporter.signal(signal.SIGTERM)
            assert exporter.wait(5) == 1
            assert time.monotonic() - begun < 2
        deliver_later(path, sink, tmp_path)
