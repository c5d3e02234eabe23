# SPDX-License-Identifier: Apache-2.0
"""What a running exporter says of itself, over the socket status.sock in its folder."""
import http.client
import json
import socket


class Local(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def get(folder, page):
    """Return (status, text) of a page of the exporter in this folder."""
    connection = Local(folder / "status.sock")
    try:
        connection.request("GET", page)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def status(folder):
    code, text = get(folder, "/status")
    assert code == 200, text
    return json.loads(text)
