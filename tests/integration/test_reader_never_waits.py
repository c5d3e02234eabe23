# SPDX-License-Identifier: Apache-2.0
"""Whatever is stuck behind it, the exporter reads: an analyzer whose subscriber reads slowly stands still.

The stand-in sends by the clock and counts how many messages ever waited in
its own queue, behind a socket buffer of 256 KiB.
"""
import array
import fcntl
import io
import os
import socket
import subprocess
import termios

import pytest

from lib import busy, paths, settings
from lib.export import joined, to_file, to_s3, waiting
from lib.process import Exporter, Lines, environment, until
from lib.together import together

SECONDS = float(os.environ.get("READER_SECONDS", 15))
STOP_SECONDS = 3
PIPE_FULL = 0.7                                         # of its size; pages need not be full

CONFIG = settings.merge(busy.CONFIG, {"host_id": "never-waits", "stop_timeout": STOP_SECONDS})


class BlackHole:
    """A port that takes connections and never says a word, or does not even take them."""

    def __init__(self, takes):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1000 if takes else 0)
        self.address = self.listener.getsockname()
        self.fillers = [] if takes else self._fill()

    def _fill(self):
        """Take what places the kernel has, until nobody else is let in."""
        fillers = []
        while len(fillers) < 16:
            filler = socket.socket()
            filler.settimeout(0.2)
            fillers.append(filler)
            try:
                filler.connect(self.address)
            except socket.timeout:
                return fillers
        raise AssertionError("the kernel still takes connections")

    def settings(self):
        """Return the keys below pipeline.write.s3."""
        return {"endpoint": "http://127.0.0.1:%d" % self.address[1], "region": "local", "access_key": "user",
                "secret_key": "password"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in self.fillers + [self.listener]:
            sock.close()


class Unheard(Exporter):
    """An exporter one of whose standard streams is a pipe of so many bytes that nobody reads."""

    def __init__(self, config, deaf, size=64 * 1024):
        self.arguments = [str(paths.EXPORTER), "run", "-c", str(config)]
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace", env=environment())
        self.pipe = getattr(self.process, deaf)
        self.size = fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, size)
        self.out = Lines(io.StringIO() if deaf == "stdout" else self.process.stdout)
        self.err = Lines(io.StringIO() if deaf == "stderr" else self.process.stderr)

    def is_full(self):
        """Whether the bytes that wait in the pipe leave no room for more."""
        count = array.array("i", [0])
        fcntl.ioctl(self.pipe, termios.FIONREAD, count)
        return count[0] > PIPE_FULL * self.size

    def __exit__(self, *args):
        super().__exit__(*args)
        self.pipe.close()


def configure(source, folder, write, change=None):
    return settings.save(folder / "exporter.yml", joined(CONFIG, source, folder, write, change))


def check_stop(source, exporter):
    """What is stuck does not keep it from stopping in time, and in order."""
    assert exporter.stop(STOP_SECONDS + 10) == 0
    assert source.stats()["closes"] == {"1000": 1}


def black_holed_store(folder, takes):
    """Everything stays in the spool."""
    with BlackHole(takes) as hole, busy.analyzer(folder, SECONDS) as source:
        with Exporter(configure(source, folder, to_s3(hole))) as exporter:
            stats = busy.check(source, exporter, SECONDS)
            assert len(waiting(folder)) > 10
            check_stop(source, exporter)
    return stats


def silent_store(folder):
    """A store that takes connections and never answers."""
    return black_holed_store(folder, takes=True)


def unreachable_store(folder):
    """A store that does not take connections, and does not refuse them either."""
    return black_holed_store(folder, takes=False)


def hanging_topology(folder):
    """The analyzer's REST takes questions and never answers: records go without, flows are not lost."""
    with busy.analyzer(folder, SECONDS, options=["--hang", "topology"]) as source:
        with Exporter(configure(source, folder, to_file(folder))) as exporter:
            stats = busy.check(source, exporter, SECONDS)
            assert stats["topology_requests"] > 0
            check_stop(source, exporter)
    assert "inbox=full" not in exporter.err.text()
    assert busy.records_stored(folder) == busy.records_wanted(CONFIG, stats["sent_flows"])
    return stats


def stuck_stdout(folder):
    """Objects go to a pipe that nobody reads."""
    with busy.analyzer(folder, SECONDS) as source:
        with Unheard(configure(source, folder, {"type": "stdout"}), "stdout") as exporter:
            until(exporter.is_full, "a full pipe", SECONDS)
            stats = busy.check(source, exporter, SECONDS)
            assert len(waiting(folder)) > 10
            check_stop(source, exporter)
    return stats


def stuck_log(folder):
    """The log, at its most talkative, goes to a pipe that nobody reads; a small one, as repeats are held back."""
    with busy.analyzer(folder, SECONDS, bad=True) as source:
        path = configure(source, folder, to_file(folder), {"logging": {"level": "DEBUG"}})
        with Unheard(path, "stderr", 16 * 1024) as exporter:
            until(exporter.is_full, "a full pipe", SECONDS)
            stats = busy.check(source, exporter, SECONDS)
            check_stop(source, exporter)
    return stats


SCENARIOS = {run.__name__: run for run in (silent_store, unreachable_store, hanging_topology, stuck_stdout, stuck_log)}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """All scenarios side by side: together they take about one and a half cores, and no queue gets longer by it."""
    with together(SCENARIOS, tmp_path_factory) as futures:
        yield futures


@pytest.mark.alone
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_waits(name, running):
    """At 20,000 flows a second at most 8 messages ever wait in the analyzer."""
    print(running[name].result())
