# SPDX-License-Identifier: Apache-2.0
"""The service manager as sd_notify(3) sees it."""
import socket


class Manager:
    """The socket of NOTIFY_SOCKET, and what was said there."""

    def __init__(self, folder, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.name = "@skydive-exporter-%s" % folder if abstract else str(folder / "notify")
        self.socket.bind("\0" + self.name[1:] if abstract else self.name)
        self.environment = {"NOTIFY_SOCKET": self.name}

    def forget(self):
        """Drop what was said until now."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(4096):
                pass
        except BlockingIOError:
            pass

    def hear(self, line, timeout=20):
        """Wait for that line, or one that begins with it when it ends with "="; returns the message as a dict."""
        self.socket.settimeout(timeout)
        while True:
            message = dict(part.split("=", 1) for part in self.socket.recv(4096).decode().split("\n"))
            name, value = line.split("=", 1)
            if name in message and value in ("", message[name]):
                return message
