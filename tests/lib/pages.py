# SPDX-License-Identifier: Apache-2.0
"""What an exporter says of itself: its pages, from status.sock in the folder of a test.

    {"status": listening(folder)}       in the configuration
"""
import http.client
import json
import re
import socket

from lib.process import until

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def listening(folder):
    return {"listen": "unix:%s" % (folder / "status.sock")}


class Local(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def answer(connection, page, headers=()):
    """Return (status, headers, text) of a page over a connection, which is closed."""
    try:
        connection.request("GET", page, headers=dict(headers))
        got = connection.getresponse()
        return got.status, {name.lower(): value for name, value in got.getheaders()}, got.read().decode()
    finally:
        connection.close()


def get(folder, page):
    """Return (status, text) of a page of the exporter in this folder."""
    code, _, text = answer(Local(folder / "status.sock"), page)
    return code, text


def text_of(folder, page):
    """Return the text of a page, as soon as the exporter has started."""
    def started():
        code, text = get(folder, page)
        return (code, text) if text != "starting\n" else None
    code, text = until(started, "a start")
    assert code == 200, text
    return text


def status(folder):
    return json.loads(text_of(folder, "/status"))


def source(folder):
    """Return what /status says of the first source."""
    return status(folder)["sources"][0]


def counters(folder, name="exporter"):
    return {t["name"]: t for t in status(folder)["tenants"]}[name]["counters"]


def metrics(folder):
    """Return {(name, ((label, value), ...)): number} of /metrics."""
    found = {}
    for line in text_of(folder, "/metrics").splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            key = name, tuple(sorted(LABEL.findall(labels or "")))
            assert key not in found, "twice: %s" % line
            found[key] = float(value)
    return found
