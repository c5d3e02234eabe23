# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a broker that lets no request of one kind through.

    with Gate(broker.ports["PLAINTEXT"], SYNC_GROUP) as gate:
        ...                             a client of gate.address
        gate.reached.wait(20)           it has asked, and will get no answer

Brokers say where they are; in what they say its own port stands in place of theirs.
"""
import socket
import struct
import threading

HOST = b"127.0.0.1"
SYNC_GROUP = 14         # numbers of requests: https://kafka.apache.org/protocol


def frames(connection):
    """Yield what stands behind each length."""
    with connection.makefile("rb") as file:
        while head := file.read(4):
            yield file.read(*struct.unpack(">i", head))


def send(connection, frame):
    connection.sendall(struct.pack(">i", len(frame)) + frame)


class Gate:
    """Use as a context manager."""

    def __init__(self, port, kind):
        self.kind = kind
        self.reached = threading.Event()
        self.listener = socket.create_server((HOST.decode(), 0))
        self.theirs = HOST + struct.pack(">i", port)
        self.ours = HOST + struct.pack(">i", self.listener.getsockname()[1])
        self.address = "%s:%d" % self.listener.getsockname()
        self.port = port
        self.connections = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for connection in (self.listener, *self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            broker = socket.create_connection((HOST.decode(), self.port))
            self.connections += (client, broker)
            for carry in (self._ask, self._answer):
                threading.Thread(target=carry, args=(client, broker), daemon=True).start()

    def _ask(self, client, broker):
        try:
            for request in frames(client):
                if struct.unpack_from(">h", request)[0] == self.kind:
                    self.reached.set()
                else:
                    send(broker, request)
        except (OSError, ValueError):
            return

    def _answer(self, client, broker):
        try:
            for answer in frames(broker):
                send(client, answer.replace(self.theirs, self.ours))
        except (OSError, ValueError):
            return
