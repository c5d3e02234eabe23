# SPDX-License-Identifier: Apache-2.0
"""SyncReplies that no analyzer should send: halves, those to another request, and such as end too early."""
import json
import socket

from lib import websocket
from lib.mirrored import MIRROR, Site, node


class Handmade(websocket.Raw):
    """An analyzer that sends replies as a test wants them, and answers no question."""

    def answer(self, answer):
        while True:
            sock, head = super().answer(answer)
            if b"Sec-WebSocket-Key" in head:
                return sock, head
            sock.close()

    def asked(self):
        """Wait for a subscriber and its SyncRequest; returns its socket and the UUID."""
        sock = self.accept()
        while True:
            first, size = sock.recv(2, socket.MSG_WAITALL)
            size = size & 127
            if size == 126:
                size = int.from_bytes(sock.recv(2, socket.MSG_WAITALL), "big")
            mask = sock.recv(4, socket.MSG_WAITALL)
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(sock.recv(size, socket.MSG_WAITALL)))
            if first & 15 == websocket.TEXT:
                return sock, json.loads(payload)["UUID"]


def reply(uuid, nodes):
    return ('{"Namespace":"Graph","Type":"SyncReply","UUID":"%s","Status":200,"Obj":{"Nodes":[%s],"Edges":[]}}'
            % (uuid, ",".join(nodes))).encode()


# More than is read at once.
NODES = [node("n%d" % i, identity="n%d" % i, address="10.9.%d.%d" % divmod(i, 250)) for i in range(10000)] + [node()]


def test_half_a_reply(tmp_path):
    """What has come of it is forgotten: the next one is whole."""
    with Handmade() as asked, Site(tmp_path, asked) as site:
        sock, uuid = asked.asked()
        whole = websocket.frame(websocket.TEXT, reply(uuid, NODES))
        sock.sendall(whole[:len(whole) // 2])
        sock.close()
        sock, uuid = asked.asked()
        assert site.topology()["mirror"] == "connecting" and site.topology()["mirror_nodes"] == 0
        sock.sendall(websocket.frame(websocket.TEXT, reply(uuid, NODES)))
        site.says(MIRROR)
        assert site.topology()["mirror_nodes"] == len(NODES)


def test_the_reply_to_another_question(tmp_path):
    """It is not taken, nor half of one."""
    with Handmade() as asked, Site(tmp_path, asked) as site:
        sock, uuid = asked.asked()
        for other in ("another", ""):
            sock.sendall(websocket.frame(websocket.TEXT, reply(other, [node("wrong")])))
        sock.sendall(websocket.frame(websocket.TEXT, reply(uuid, [node()])))
        site.says(MIRROR)
        assert '"Who":"wrong"' not in site.exporter.out.text()


def test_a_reply_that_ends_too_early(tmp_path):
    """A whole message with half a list: none of it is used."""
    with Handmade() as asked, Site(tmp_path, asked) as site:
        sock, uuid = asked.asked()
        sock.sendall(websocket.frame(websocket.TEXT, reply(uuid, NODES)[:-20]))
        site.until_mirror("refused")
        assert "mirror=refused" in site.exporter.err.text() and '"Who":"%s"' % MIRROR not in site.exporter.out.text()
