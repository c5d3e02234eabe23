# SPDX-License-Identifier: Apache-2.0
"""What the service manager is told, and the command "reload"."""
import array
import fcntl
import os
import signal
import socket
import termios
import time

import pytest

from lib import pages, settings, strace
from lib.manager import Manager
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter, until

RECORDING = recording("old-netns-mixed.jsonl.gz")
PIPE_FULL = 60000               # bytes, of 64 KiB


def waiting_bytes(pipe):
    found = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, found)
    return found[0]


def tenant(folder, url, prefix="a", **keys):
    return {"pipeline": {"store": {"buffered": {"filename_prefix": prefix}}, "subscriber": {"url": url}, "transform": {"type": "none"},
                         "write": {"type": "file", "file": {"directory": str(folder / "objects")}}, **keys}}


def site(folder, drop_ins=None, **keys):
    """Return the main file of an exporter with these drop-ins."""
    base = {"spool": {"directory": str(folder / "spool"), "min_free": 0}, "status": pages.listening(folder), "analyzers": [],
            "pipeline": {"store": {"buffered": {"dirname": "bucket", "max_flows_per_object": 100, "max_seconds_per_object": 1,
                                                "max_seconds_per_stream": 86400,
                                                "max_flow_array_size": 1000}}}}
    (folder / "exporter.d").mkdir(exist_ok=True)
    return settings.save_all(folder, settings.merge(base, keys), drop_ins or {})


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_idle_is_ready_at_once(tmp_path, abstract):
    manager = Manager(tmp_path, abstract)
    with Exporter(site(tmp_path), env=manager.environment) as program:
        assert "pipelines=0" in manager.hear("READY=1")["STATUS"]
        manager.hear("WATCHDOG=1")
        assert program.stop() == 0
        manager.hear("STOPPING=1")
        assert "warning" not in program.err.text() and "error" not in program.err.text(), program.err.text()


def test_ready_when_subscribed(tmp_path):
    manager = Manager(tmp_path)
    with Analyzer(RECORDING, options=["--repeat", 0]) as analyzer, \
            Exporter(site(tmp_path, {"acme": tenant(tmp_path, analyzer.url)}), env=manager.environment) as program:
        message = manager.hear("READY=1")
        assert "trying=" not in message["STATUS"] and "pipelines=1" in message["STATUS"]
        manager.hear("WATCHDOG=1")
        assert "state=subscribed" in program.err.text()
        assert program.stop() == 0


def test_ready_while_the_analyzer_is_tried(tmp_path):
    """A boot does not hang on an analyzer that is not there; the status says which one it is."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    manager = Manager(tmp_path)
    url = "ws://127.0.0.1:%d/ws/subscriber/flow?token=secret" % port
    with Exporter(site(tmp_path, {"acme": tenant(tmp_path, url)}), env=manager.environment) as program:
        message = manager.hear("READY=1")
        assert "trying=127.0.0.1:%d" % port in message["STATUS"] and "secret" not in message["STATUS"], message
        assert program.stop() == 0


def test_a_stop_that_drains_asks_for_time(tmp_path):
    """Its store does not answer, which no watchdog minds; the stop uses its whole time, and says so each second."""
    with socket.create_server(("127.0.0.1", 0)) as mute, Analyzer(RECORDING, pace=1000) as analyzer:
        slow = tenant(tmp_path, analyzer.url, write={"type": "s3", "s3": {
            "endpoint": "http://127.0.0.1:%d" % mute.getsockname()[1], "access_key": "A", "secret_key": "s"}})
        manager = Manager(tmp_path)
        with Exporter(site(tmp_path, {"acme": slow}, stop_timeout=3), env=manager.environment) as program:
            until(lambda: any((tmp_path / "spool" / "acme" / "new").glob("*")), "an object")
            for _ in range(3):
                manager.hear("WATCHDOG=1")
            program.signal(signal.SIGTERM)
            manager.hear("STOPPING=1")
            assert int(manager.hear("EXTEND_TIMEOUT_USEC=")["EXTEND_TIMEOUT_USEC"]) >= 5000000
            assert program.wait(20) == 0


def test_a_writer_that_hangs_is_nothing_for_the_watchdog(tmp_path):
    """Whoever reads what it prints has stopped to."""
    fifo, manager = tmp_path / "out", Manager(tmp_path)
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with Analyzer(RECORDING, pace=2000, options=["--repeat", 0]) as analyzer, Exporter(
                site(tmp_path, {"acme": tenant(tmp_path, analyzer.url, write={"type": "stdout"})}), env=manager.environment,
                under=["bash", "-c", 'exec "$@" > ' + str(fifo), "bash"]) as program:
            until(lambda: waiting_bytes(reader) > PIPE_FULL and len(list((tmp_path / "spool" / "acme" / "new").glob("*"))) > 3,
                  "a full pipe")
            manager.forget()
            for _ in range(4):
                manager.hear("WATCHDOG=1")
            assert program.stop() == 0
    finally:
        os.close(reader)


def test_workers_that_stand_still_starve_the_watchdog(tmp_path):
    """The only one is held for 8 s where it writes rows; nobody says meanwhile that all is well."""
    manager = Manager(tmp_path)
    with Analyzer(RECORDING, pace=2000, options=["--repeat", 0]) as analyzer, Exporter(
            site(tmp_path, {"acme": tenant(tmp_path, analyzer.url)}, workers=1), env=manager.environment,
            under=strace.command(tmp_path / "trace", "pwritev", "delay_enter=8000000:when=1")) as program:
        manager.hear("READY=1")
        times = [time.monotonic()]
        while times[-1] - times[0] < 12:
            manager.hear("WATCHDOG=1")
            times.append(time.monotonic())
        assert max(b - a for a, b in zip(times, times[1:])) > 4
        assert program.stop() == 0


def test_a_manager_that_does_not_read_stops_nothing(tmp_path):
    manager = Manager(tmp_path)
    with Exporter(site(tmp_path), env=manager.environment) as program:
        program.log("state=started")
        until(lambda: pages.get(tmp_path, "/reload")[0] == 200, "its page")
        for _ in range(20):
            assert exporter("reload", "--wait", "-c", tmp_path / "exporter.yml").code == 0
        assert program.stop() == 0


def test_a_signal_that_asks_for_nothing_stops_nothing(tmp_path):
    """SIGUSR1 says inside of the program that a reload is over, and may come late."""
    with Exporter(site(tmp_path)) as program:
        program.log("state=started")
        until(lambda: pages.get(tmp_path, "/reload")[0] == 200, "its page")
        for _ in range(3):
            program.signal(signal.SIGUSR1)
            assert exporter("reload", "--wait", "-c", tmp_path / "exporter.yml").code == 0
        assert program.stop() == 0


def test_reload_says_what_changed(tmp_path):
    manager = Manager(tmp_path)
    with Analyzer(RECORDING, options=["--repeat", 0]) as analyzer, \
            Exporter(site(tmp_path, {"acme": tenant(tmp_path, analyzer.url), "bolt": tenant(tmp_path, analyzer.url, "b")}),
                     env=manager.environment) as program:
        manager.hear("READY=1")
        settings.save(tmp_path / "exporter.d" / "new.yml", tenant(tmp_path, analyzer.url, "n"))
        settings.save(tmp_path / "exporter.d" / "acme.yml", tenant(tmp_path, analyzer.url, encode={"type": "ndjson"}))
        (tmp_path / "exporter.d" / "bolt.yml").unlink()
        done = exporter("reload", "--wait", "-c", tmp_path / "exporter.yml")
        assert (done.code, done.stderr) == (0, "")
        assert done.stdout.splitlines() == ["configuration 2 is in use", "removed bolt", "changed acme", "added new",
                                            "unchanged: 0"]
        assert int(manager.hear("RELOADING=1")["MONOTONIC_USEC"]) > 0
        manager.hear("READY=1")
        assert program.stop() == 0


def test_reload_names_what_was_refused(tmp_path):
    """The good take effect, the bad stay as they were, and the exit code says that there are some."""
    with Analyzer(RECORDING, options=["--repeat", 0]) as analyzer, \
            Exporter(site(tmp_path, {"acme": tenant(tmp_path, analyzer.url)})) as program:
        program.log("state=subscribed")
        settings.save(tmp_path / "exporter.d" / "new.yml", tenant(tmp_path, analyzer.url, "n"))
        (tmp_path / "exporter.d" / "acme.yml").write_text("pipeline:\n  encode:\n    typo: json\n")
        done = exporter("reload", "--wait", "-c", tmp_path / "exporter.yml")
        assert done.code == 1
        assert "added new" in done.stdout.splitlines()
        assert "acme.yml:3: unknown key" in done.stderr and "stays as it was" in done.stderr
        program.log("acme.yml:3")
        (tmp_path / "exporter.yml").write_text("pipeline: [\n")
        done = exporter("reload", "--wait", "--pid", program.process.pid, "-c", tmp_path / "exporter.yml")
        assert done.code == 1 and "exporter.yml:" in done.stderr, done
        assert program.stop() == 0


def test_reload_by_pid(tmp_path):
    """Without a status server the signal is all there is; what came of it is in the log."""
    with Exporter(site(tmp_path, status={"listen": ""})) as program:
        program.log("state=started")
        done = exporter("reload", "-c", tmp_path / "exporter.yml")
        assert done.code == 1 and "--pid" in done.stderr
        assert exporter("reload", "--wait", "--pid", program.process.pid, "-c", tmp_path / "exporter.yml").code == 0
        program.log("reload=done generation=2")
        assert program.stop() == 0


def test_reload_over_tcp_needs_the_process(tmp_path):
    """Pages are for everybody who reaches the port; to reload is not."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = "127.0.0.1:%d" % free.getsockname()[1]
    with Exporter(site(tmp_path, status={"listen": listen})) as program:
        program.log("state=started")
        done = exporter("reload", "--wait", "-c", tmp_path / "exporter.yml")
        assert done.code == 1 and "no unix socket" in done.stderr and "--pid" in done.stderr
        assert "reload=" not in program.err.text()
        done = exporter("reload", "--wait", "--pid", program.process.pid, "-c", tmp_path / "exporter.yml")
        assert done.code == 0 and "configuration 2 is in use" in done.stdout
        assert program.stop() == 0


@pytest.mark.parametrize("arguments, said", [
    (["--pid", "0"], "usage"), (["--pid", "-1"], "usage"), (["--pid", "1x"], "usage"), (["--pid"], "usage"),
    (["acme"], "usage"), (["-c"], "usage")])
def test_reload_is_called_wrongly(arguments, said):
    done = exporter("reload", *arguments)
    assert done.code == 2 and said in done.stderr


def test_nobody_to_reload(tmp_path):
    done = exporter("reload", "--wait", "-c", site(tmp_path))
    assert done.code == 1 and "--pid" in done.stderr and "No such file" in done.stderr
