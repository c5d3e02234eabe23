# SPDX-License-Identifier: Apache-2.0
"""Starting, watching and stopping programs. Every wait has an end; nothing sleeps to be on the safe side."""
import collections
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time

from lib import paths, stream

SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|: runtime error: ")
Result = collections.namedtuple("Result", "code stdout stderr")


class Failed(AssertionError):
    """A program did not do what the test waited for."""


def sane(stderr):
    """Fail when a sanitizer found something, or a balance of counters does not hold, whatever the exit code was."""
    found = SANITIZER.search(stderr)
    assert not found, "a sanitizer reports:\n" + stderr[max(0, found.start() - 200):][:6000]
    assert "counters=wrong" not in stderr, "flows or records are unaccounted for:\n" + stderr[-3000:]


def environment(extra=None):
    """The environment of a program under test: ours without what would change its behavior."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
    env.update(extra or {})
    return env


def exporter(*args, timeout=120, env=None, stdin=None):
    """Run the exporter's command to its end. Returns Result; output is text."""
    command = [str(paths.EXPORTER)] + [str(a) for a in args]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, env=environment(env),
                          stdin=None if stdin is not None else subprocess.DEVNULL)
    result = Result(done.returncode, done.stdout.decode("utf-8", "surrogateescape"),
                    done.stderr.decode("utf-8", "replace"))
    sane(result.stderr)
    return result


def replay(config, recordings, topology=(), output=None, timeout=120, topology_stream=None):
    """Replay recordings through a configuration; it must succeed. Returns Result."""
    args = ["replay", "-c", config]
    for path in topology:
        args += ["--topology", path]
    args += ["--topology-stream", topology_stream] if topology_stream else []
    args += ["--output", output] if output else []
    result = exporter(*args, *recordings, timeout=timeout)
    assert result.code == 0, "replay ended with %d:\n%s" % (result.code, result.stderr[-4000:])
    return result


class Lines:
    """Collects the lines of a pipe on a thread of its own, so that its writer never waits."""

    def __init__(self, pipe):
        self.lines = []
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self.thread.start()

    def _read(self, pipe):
        with pipe:
            for line in pipe:
                with self.changed:
                    self.lines.append(line.rstrip("\n"))
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, wanted, timeout, start=0):
        """Return (number, line) of the first line from start on that satisfies wanted()."""
        deadline = time.monotonic() + timeout
        at = start
        with self.changed:
            while True:
                while at < len(self.lines):
                    if wanted(self.lines[at]):
                        return at, self.lines[at]
                    at += 1
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    raise Failed("%s; the last lines were:\n%s" % (
                        "the program ended" if self.ended else "nothing for %g s" % timeout,
                        "\n".join(self.lines[-20:])))
                self.changed.wait(left)

    def text(self):
        with self.changed:
            return "\n".join(self.lines)


class Program:
    """A program that runs until it is stopped. Use as a context manager: it never outlives the test."""

    def __init__(self, command, env=None, stdin=subprocess.DEVNULL):
        self.arguments = [str(c) for c in command]
        self.process = subprocess.Popen(self.arguments, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, errors="replace", env=environment(env))
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.kill()
        if kind is None:
            sane(self.err.text())

    def wait(self, timeout=30):
        """Wait until it ends by itself; returns its exit code (negative: the signal)."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed("%s still runs after %g s:\n%s" % (
                self.arguments[0], timeout, self.err.text()[-3000:])) from None
        self.out.thread.join(5)
        self.err.thread.join(5)
        return code

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=30):
        """SIGTERM and wait; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        """SIGKILL, if it still runs, and wait."""
        if self.process.poll() is None:
            self.process.kill()
        return self.wait(30)


class Exporter(Program):
    """skydive-exporter run -c FILE. under: a command in front that becomes it, such as strace.command()."""

    def __init__(self, config, *args, env=None, under=()):
        super().__init__([*under, paths.EXPORTER, "run", "-c", config, *args], env=env)

    def log(self, pattern, timeout=30, start=0):
        """Wait for a log line that matches; returns (number, line)."""
        found = re.compile(pattern)
        return self.err.wait(found.search, timeout, start)


class Analyzer(Program):
    """The stand-in analyzer: events and replies are JSON lines on its stdout, commands lines on its stdin.

    graph: the topology it has; graph_stream: the same with its changes, which are played (lib/analyzer/graph_*.h).
    """

    def __init__(self, *recordings, topology=(), pace="max", clients=1, listen="127.0.0.1:0", options=(), graph=None,
                 graph_stream=None):
        command = [paths.ANALYZER, "--listen", listen, "--pace", str(pace), "--clients", str(clients), "--stdin"]
        self.folder = tempfile.TemporaryDirectory()
        for path in topology:
            command += ["--topology", self._plain(path)]
        command += ["--graph", graph] if graph else []
        command += ["--graph-stream", graph_stream] if graph_stream else []
        super().__init__(command + [str(o) for o in options] + list(recordings), stdin=subprocess.PIPE)
        self.seen = 0
        self.address, self.url = self._where(listen, self.event("listening")["port"], "--tls-cert" in options)

    @staticmethod
    def _where(listen, port, has_tls):
        """Return the address and the URL of what it listens on: [ADDR:]PORT, with a bare IPv6 address, or unix:PATH."""
        host, _, rest = listen.rpartition(":")
        if host == "unix":
            return rest, "ws+unix://" + rest
        address = "%s:%d" % ("[%s]" % host if ":" in host else host or "127.0.0.1", port)
        return address, "%s://%s/ws/subscriber/flow" % ("wss" if has_tls else "ws", address)

    def _plain(self, path):
        """The stand-in reads answers uncompressed only."""
        with tempfile.NamedTemporaryFile(dir=self.folder.name, delete=False) as file:
            file.write(stream.read(path))
            return file.name

    def __exit__(self, *args):
        super().__exit__(*args)
        self.folder.cleanup()

    def _next(self, wanted, timeout):
        self.seen, line = self.out.wait(lambda text: wanted(json.loads(text)), timeout, self.seen)
        self.seen += 1
        return json.loads(line)

    def event(self, name, timeout=30, unless_ends=None):
        """Wait for the next event of that name, passing over what comes before it.

        unless_ends: a Program without which the event will not come; its end ends the waiting.
        """
        deadline = time.monotonic() + timeout
        while True:
            dead = unless_ends is not None and unless_ends.process.poll() is not None
            left = deadline - time.monotonic()
            try:
                return self._next(lambda line: line.get("event") == name, min(0.5, left) if unless_ends else left)
            except Failed:
                if dead:
                    raise Failed("no event %s, and %s ended with %d:\n%s" % (
                        name, unless_ends.arguments[0], unless_ends.wait(), unless_ends.err.text()[-4000:])) from None
                if unless_ends is None or left <= 0:
                    raise

    def command(self, line, timeout=30):
        """Send a command; returns its reply, which may come between events; those stay to be waited for."""
        start = len(self.out.lines)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.out.wait(lambda text: "event" not in json.loads(text), timeout, start)[1])

    def stats(self):
        return self.command("stats")

    def until_stats(self, wanted, timeout=30):
        """Poll for stats that satisfy wanted(); returns them."""
        def ask():
            stats = self.stats()
            return stats if wanted(stats) else None
        return until(ask, "stats of the stand-in", timeout)


def until(done, what, timeout=30):
    """Poll for something outside that tells nobody when it happens, such as a file; returns its value.

    The longer it takes the rarer it is looked for: 20 times in the time so far, and ten times a second.
    """
    begin = time.monotonic()
    pause = threading.Event()
    while True:
        value = done()
        if value:
            return value
        passed = time.monotonic() - begin
        if passed > timeout:
            raise Failed("%s: not within %g s" % (what, timeout))
        pause.wait(min(max(0.02, passed / 20), 0.1))
