# SPDX-License-Identifier: Apache-2.0
"""What a machine with others at work owes to an exporter.

    with Exporter(path) as exporter, KeptWaiting(exporter) as reader:
        ...
        assert queued <= MOST + reader.seconds * messages_a_second
"""
import threading

from lib.threads import threads


class KeptWaiting:
    """How long the thread that reads could have run, while others had the processors: the most of any second."""

    def __init__(self, exporter):
        self.pid = exporter.process.pid
        self.seconds, self.done = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def _waited(self):
        return sum(int(text.split()[1]) for name, text in threads(self.pid, "schedstat") if name == "source") / 1e9

    def _watch(self):
        before = [self._waited()] * 4
        while not self.done.wait(0.25):
            before.append(self._waited())
            self.seconds = max(self.seconds, before[-1] - before.pop(0))
