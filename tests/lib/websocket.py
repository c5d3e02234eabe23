# SPDX-License-Identifier: Apache-2.0
"""The two sides of a subscription, by hand: a subscriber as bad as a test wants it, and an analyzer that sends bytes.

    other = Subscriber(analyzer.address, "flow")        admitted: its first ping was there
    other.pong()                                        keeps it alive without reading
    other.close()                                       TCP ends

    with Raw() as raw:                                  .url to subscribe to
        peer = raw.accept()                             shaken hands with, and pinged
        peer.sendall(frame_head(BINARY, 1 << 28))       a socket
"""
import base64
import hashlib
import os
import re
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame_head(opcode, size, fin=True, mask=None):
    """Return the head of a frame, RFC 6455 5.2."""
    first, bit = opcode | fin << 7, 0x80 if mask else 0
    if size < 126:
        head = struct.pack(">BB", first, bit | size)
    elif size < 65536:
        head = struct.pack(">BBH", first, bit | 126, size)
    else:
        head = struct.pack(">BBQ", first, bit | 127, size)
    return head + (mask or b"")


def read_head(sock):
    """Read from a socket to the end of an HTTP head; returns it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise ConnectionError("the connection ended within the head: %r" % head)
        head += byte
    return head


def frame(opcode, payload):
    """Return a whole frame as a server sends it."""
    return frame_head(opcode, len(payload)) + payload


class Subscriber:
    """A client of a stream of an analyzer, that of flows unless told otherwise; it does only what it is told."""

    PATH = "/ws/subscriber/flow"

    def __init__(self, address, *namespaces, host_id=None, receive_buffer=None, timeout=10, waits=True, headers=(),
                 protocol="json", path=None):
        """waits: for the answer and the first ping; else both are left to wait_admitted()."""
        host, _, port = address.rpartition(":")
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect((host, int(port)))
        lines = ["GET %s HTTP/1.1" % (path or self.PATH), "Host: " + address, "Connection: Upgrade",
                 "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
                 "X-Client-Type: test", "X-Client-Protocol: " + protocol,
                 *headers, "X-Host-ID: " + (host_id or "test-%d" % id(self))]
        lines += ["X-Websocket-Namespace: " + name for name in namespaces]
        self.sock.sendall("\r\n".join(lines + ["", ""]).encode())
        if waits:
            self.wait_answer()
            self.wait_admitted()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def wait_answer(self):
        """Read the answer; it must be 101."""
        head = read_head(self.sock)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def wait_admitted(self):
        """Read up to the first ping, which says that the subscription is in place."""
        head = self.read(2)
        assert head == bytes([0x80 | PING, 0]), head

    def read(self, size):
        """Read so many bytes, slowly if that is what the test is about."""
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise ConnectionError("the connection ended")
            data += part
        return data

    def read_frame(self):
        """Read a frame; returns whether its message ends with it, its opcode and its payload."""
        first, size = self.read(2)
        if size == 126:
            size, = struct.unpack(">H", self.read(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.read(8))
        return bool(first & 0x80), first & 15, self.read(size)

    def read_message(self):
        """Read up to the end of a message, answering pings; returns its opcode and payload."""
        kind, data = None, b""
        while True:
            fin, opcode, payload = self.read_frame()
            if opcode == PING:
                self.pong()
            elif opcode == CLOSE:
                raise ConnectionError("closed with %r" % payload)
            else:
                kind, data = kind or opcode, data + payload
                if fin:
                    return kind, data

    def send(self, opcode, payload):
        """Send a message in one frame."""
        self.sock.sendall(frame_head(opcode, len(payload), mask=bytes(4)) + payload)

    def pong(self):
        self.sock.sendall(frame_head(PONG, 0, mask=os.urandom(4)))

    def close(self):
        self.sock.close()


class Raw:
    """An analyzer as far as the first ping; then the test sends what it likes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.url = "ws://%s/ws/subscriber/flow" % self.address
        self.peers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in self.peers + [self.listener]:
            sock.close()

    def answer(self, answer):
        """Wait for a client and answer its request with these bytes; returns its socket and the request."""
        sock = self.listener.accept()[0]
        self.peers.append(sock)
        sock.settimeout(30)
        head = read_head(sock)
        sock.sendall(answer)
        return sock, head

    def accept(self, before=b"", pings=True):
        """Wait for a subscriber, and admit it, after these bytes; returns its socket."""
        sock, head = self.answer(before)
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)[1]
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        sock.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: %s\r\nX-Host-Id: raw\r\nX-Service-Type: analyzer\r\n\r\n"
                      % accept).encode() + (frame_head(PING, 0) if pings else b""))
        return sock
