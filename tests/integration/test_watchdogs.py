# SPDX-License-Identifier: Apache-2.0
"""What stands still is said on /healthz, /readyz, /status, /metrics, in the log and to the service manager."""
import re

import pytest

from lib import pages, settings, strace
from lib.export import joined, to_file, to_s3, whole_flows
from lib.manager import Manager
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink

RECORDING = recording("old-netns-mixed.jsonl.gz")
ENDLESS = ["--repeat", 0, "--uniq"]
TROUBLES = "skydive_exporter_troubles"


def configure(folder, analyzer, write, change=None):
    change = settings.merge({"status": pages.listening(folder)}, change or {})
    return settings.save(folder / "exporter.yml", joined(
        {"host_id": "watched", **whole_flows(of=50)}, analyzer, folder, write, change))


def check_everywhere(folder, manager, program, kind, line, codes):
    """The same line on each page, its number in the metrics, once in the log, and as the unit's status."""
    program.log("state=subscribed")
    until(lambda: re.search(line, pages.get(folder, "/readyz")[1]), "the trouble %s" % kind, 100)
    for page, code in zip(("/readyz", "/healthz"), codes):
        got, text = pages.get(folder, page)
        assert got == code and re.search(line, text), (page, got, text)
        assert text.startswith("ok\n") == (code == 200)
    assert pages.metrics(folder)[TROUBLES, (("reason", kind),)] == 1
    trouble, = [one for one in pages.status(folder)["troubles"] if one["kind"] == kind]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", trouble["since"]) and trouble["remedy"]
    program.log("trouble=%s error=" % kind)
    until(lambda: re.search(line, manager.hear("STATUS=")["STATUS"]), "the unit's status")


def test_an_object_that_waits(tmp_path):
    """Its store fails for longer than is fine; then it works, and nothing is wrong any more."""
    manager = Manager(tmp_path)
    with Sink() as sink, Analyzer(RECORDING, pace=500, options=ENDLESS) as analyzer:
        sink.behave("status=503")
        path = configure(tmp_path, analyzer, to_s3(sink), {"status": {"pending_warning": "2s"}})
        with Exporter(path, env=manager.environment) as program:
            line = r"exporter: objects wait for the store since \S+Z \(\d+ s\): .*503.*; see what the store says"
            check_everywhere(tmp_path, manager, program, "old_pending", line, (200, 200))
            tenant, = pages.status(tmp_path)["tenants"]
            assert tenant["state"] == "degraded" and tenant["degraded_since_seconds"] > 1700000000
            assert "last_upload_seconds" not in tenant
            sink.behave("ok")
            program.log("trouble=old_pending is over", 100)
            until(lambda: pages.get(tmp_path, "/readyz") == (200, "ok\n"), "no trouble")
            until(lambda: "troubles" not in manager.hear("STATUS=")["STATUS"], "the unit's status")
            tenant, = pages.status(tmp_path)["tenants"]
            assert tenant["last_upload_seconds"] > 1700000000 and "degraded_since_seconds" not in tenant
            assert program.stop() == 0


@pytest.mark.long
def test_a_worker_that_is_stuck(tmp_path):
    """It is held where it writes rows: /healthz says whose they are."""
    manager = Manager(tmp_path)
    with Analyzer(RECORDING, pace=100, options=ENDLESS) as analyzer:
        path = configure(tmp_path, analyzer, to_file(tmp_path), {"workers": 1})
        with Exporter(path, env=manager.environment,
                      under=strace.command(tmp_path / "trace", "pwritev", "delay_enter=85000000:when=1")) as program:
            line = r"exporter: a worker has done the same since \S+Z \(\d\d s\); a disk or a file server"
            check_everywhere(tmp_path, manager, program, "stuck_worker", line, (503, 503))
            until(lambda: pages.get(tmp_path, "/healthz")[0] == 200, "a worker that goes on", 60)
            assert program.stop() == 0


@pytest.mark.long
def test_flows_without_stats(tmp_path):
    """Stats stay away although the subscription was renewed: half of the stream is silent."""
    manager = Manager(tmp_path)
    with Analyzer(RECORDING, pace=500, options=["--stats-every", 300] + ENDLESS) as analyzer:
        with Exporter(configure(tmp_path, analyzer, to_file(tmp_path)), env=manager.environment) as program:
            program.log("state=subscribed")
            until(lambda: pages.source(tmp_path)["messages"] > 10, "stats and flows")
            analyzer.command("no-stats on")
            line = r"%s: flows come without stats since \S+Z" % re.escape(analyzer.url)
            check_everywhere(tmp_path, manager, program, "source_half_silent", line, (200, 200))
            assert pages.source(tmp_path)["half_silent_seconds"] > 0 and pages.source(tmp_path)["renewals"] == 1
            analyzer.command("no-stats off")
            until(lambda: pages.get(tmp_path, "/readyz") == (200, "ok\n"), "no trouble")
            assert program.stop() == 0
