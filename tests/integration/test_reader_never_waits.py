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

from lib import objects, oracle, paths, settings, stream
from lib.export import joined, to_file, to_s3, waiting
from lib.paths import SLOWNESS, recording
from lib.process import Analyzer, Exporter, Lines, environment, until
from lib.together import together

SECONDS = float(os.environ.get("READER_SECONDS", 30))
RATE = 20000 // SLOWNESS        # flows a second
QUEUED_MOST = 8                                         # messages
SNDBUF = 256 * 1024
STOP_SECONDS = 3
PIPE_FULL = 48 * 1024                                   # of 64 KiB; pages need not be full

RECORDING = recording("old-netns-mixed.jsonl.gz")
FLOWS = [flow for batch in stream.batches(RECORDING) for flow in batch]

CONFIG = {
    "host_id": "never-waits",
    "stop_timeout": STOP_SECONDS,
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "vpclogs"},
        "storeheader": {"type": "vpclogs"},
        "compress": {"type": "gzip"},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": 2000,
            "max_seconds_per_object": 1, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}


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
    """An exporter one of whose standard streams is a pipe that nobody reads."""

    def __init__(self, config, deaf):
        self.arguments = [str(paths.EXPORTER), "run", "-c", str(config)]
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace", env=environment())
        self.pipe = getattr(self.process, deaf)
        self.out = Lines(io.StringIO() if deaf == "stdout" else self.process.stdout)
        self.err = Lines(io.StringIO() if deaf == "stderr" else self.process.stderr)

    def unread(self):
        """Return how many bytes wait in the pipe."""
        count = array.array("i", [0])
        fcntl.ioctl(self.pipe, termios.FIONREAD, count)
        return count[0]

    def __exit__(self, *args):
        super().__exit__(*args)
        self.pipe.close()


def flows_only(folder, bad):
    """Write the recording without its stats, which would be most of the messages; with or without unreadable flows."""
    path = folder / "flows.jsonl"
    lines = [line for line in stream.read(RECORDING).splitlines() if b'"Type":"store"' in line]
    with open(path, "wb") as out:
        for number, line in enumerate(lines):
            out.write(line.replace(b'"Protocol":"IPV4"', b'"Protocol":"BOGUS"', (1 + number) * bad) + b"\n")
    return path


def analyzer(folder, bad=False, options=()):
    """The stand-in, which sends RATE flows a second for SECONDS, a hundred a message, as a busy analyzer does.

    bad: each message has some flows that cannot be read, so each is worth a line in the log.
    """
    rounds = max(1, round(RATE * SECONDS / len(FLOWS)))
    return Analyzer(flows_only(folder, bad), pace=RATE, options=[
        "--repeat", rounds, "--per-message", 100, "--sndbuf", SNDBUF, "--stats-every", 1000, *options])


def configure(source, folder, write, change=None):
    return settings.save(folder / "exporter.yml", joined(CONFIG, source, folder, write, change))


def check(source, exporter):
    """Wait for the end of the stream; nothing may ever have waited. Returns the stand-in's counters."""
    end = source.event("end", SECONDS * 2 + 10, unless_ends=exporter)
    stats = source.stats()
    assert exporter.process.poll() is None
    assert stats["queued_max"] <= QUEUED_MOST, stats
    assert stats["sent_flows"] == end["flows"] and stats["missed_flows"] == stats["lost_flows"] == 0, stats
    assert stats["admitted"] == 1 and stats["dropped"] == 0 and stats["blocked_ms"] == 0, stats
    assert end["flows"] > 0.9 * RATE * SECONDS and end["ms"] < 1.1e3 * SECONDS, end
    return stats


def check_stop(source, exporter):
    """What is stuck does not keep it from stopping in time, and in order."""
    assert exporter.stop(STOP_SECONDS + 10) == 0
    assert source.stats()["closes"] == {"1000": 1}


def black_holed_store(folder, takes):
    """Everything stays in the spool."""
    with BlackHole(takes) as hole, analyzer(folder) as source:
        with Exporter(configure(source, folder, to_s3(hole))) as exporter:
            stats = check(source, exporter)
            assert len(waiting(folder)) > 10
            check_stop(source, exporter)
    return stats


def silent_store(folder):
    """A store that takes connections and never answers."""
    return black_holed_store(folder, takes=True)


def unreachable_store(folder):
    """A store that does not take connections, and does not refuse them either."""
    return black_holed_store(folder, takes=False)


def records_stored(folder):
    """Return how many records the headers of the stored objects tell of."""
    return sum(int(objects.read_headers(path)[objects.RECORDS]) for path in (folder / "stored").rglob("*.headers"))


def hanging_topology(folder):
    """The analyzer's REST takes questions and never answers: records go without, flows are not lost."""
    with analyzer(folder, options=["--hang", "topology"]) as source:
        with Exporter(configure(source, folder, to_file(folder))) as exporter:
            stats = check(source, exporter)
            assert stats["topology_requests"] > 0
            check_stop(source, exporter)
    assert "inbox=full" not in exporter.err.text()
    once = oracle.joined(oracle.expected(CONFIG, [RECORDING], []))
    rounds = stats["sent_flows"] // len(FLOWS)
    assert records_stored(folder) == rounds * sum(len(records) for records in once.values())
    return stats


def stuck_stdout(folder):
    """Objects go to a pipe that nobody reads."""
    with analyzer(folder) as source:
        with Unheard(configure(source, folder, {"type": "stdout"}), "stdout") as exporter:
            until(lambda: exporter.unread() > PIPE_FULL, "a full pipe", SECONDS)
            stats = check(source, exporter)
            assert len(waiting(folder)) > 10
            check_stop(source, exporter)
    return stats


def stuck_log(folder):
    """The log, at its most talkative, goes to a pipe that nobody reads."""
    with analyzer(folder, bad=True) as source:
        path = configure(source, folder, to_file(folder), {"logging": {"level": "DEBUG"}})
        with Unheard(path, "stderr") as exporter:
            until(lambda: exporter.unread() > PIPE_FULL, "a full pipe", SECONDS)
            stats = check(source, exporter)
            check_stop(source, exporter)
    return stats


SCENARIOS = {run.__name__: run for run in (silent_store, unreachable_store, hanging_topology, stuck_stdout, stuck_log)}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """All scenarios side by side: together they take about one and a half cores, and no queue gets longer by it."""
    with together(SCENARIOS, tmp_path_factory) as futures:
        yield futures


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_waits(name, running):
    """At 20,000 flows a second at most 8 messages ever wait in the analyzer."""
    print(running[name].result())
