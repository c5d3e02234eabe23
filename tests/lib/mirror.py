# SPDX-License-Identifier: Apache-2.0
"""A subscriber of an analyzer's topology, and the graph that it makes of what it hears.

Independent of the product: what the messages mean is written down once more here.

    with Listener(analyzer.address, "partial") as listener:
        listener.sync()                                 asks, and loads the answer
        listener.hear("NodeDeleted")                    applies events up to the first of that type
        listener.mirror.nodes                           {ID: node}
"""
import json
import re

from lib import stream, websocket


class Mirror:
    """nodes and edges, both {ID: element}."""

    def __init__(self, obj=None):
        obj = obj or {}
        self.nodes = {node["ID"]: node for node in obj.get("Nodes") or []}
        self.edges = {edge["ID"]: edge for edge in obj.get("Edges") or []}

    def apply(self, kind, obj):
        """Apply an event; updates and deletions of what is unknown mean nothing."""
        what, change = re.fullmatch("(Node|Edge)(Added|Updated|PartiallyUpdated|Deleted)", kind).groups()
        elements = self.nodes if what == "Node" else self.edges
        if change == "Deleted":
            elements.pop(obj["ID"], None)
        elif change == "Added" or change == "Updated" and obj["ID"] in elements:
            elements[obj["ID"]] = obj
        elif obj["ID"] in elements:
            elements[obj["ID"]].update(UpdatedAt=obj["UpdatedAt"], Revision=obj["Revision"])
            for op in obj["Ops"] or []:
                edit(elements[obj["ID"]]["Metadata"], op["Key"].split("."), op)

    def differences(self, other):
        """Return the IDs of the elements that are not the same in both."""
        return {key for mine, theirs in ((self.nodes, other.nodes), (self.edges, other.edges))
                for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key)}


def edit(tree, path, op):
    *way, last = path
    for name in way:
        tree = tree.setdefault(name, {}) if op["Type"] == 1 else tree.get(name, {})
    if op["Type"] == 1:
        tree[last] = op["Value"]
    else:
        tree.pop(last, None)


def decode(protobuf, data):
    """Return type, UUID, status and object of a message; the object is JSON in either framing."""
    if not protobuf:
        top = json.loads(data)
        return top["Type"], top["UUID"], top["Status"], top["Obj"]
    top = dict(stream.fields(data))
    assert 5 not in top and top[1] == b"Graph", top
    return top[2].decode(), top[3].decode(), top[4], json.loads(top[6])


class Listener(websocket.Subscriber):
    """A subscriber of the topology."""

    PATH = "/ws/subscriber"

    def __init__(self, address, policy=None, namespaces=("Graph",), protobuf=False, timeout=60, **options):
        headers = ["X-Update-Policy: " + policy] if policy else []
        super().__init__(address, *namespaces, headers=headers, protocol="protobuf" if protobuf else "json",
                         timeout=timeout, **options)
        self.protobuf = protobuf
        self.mirror = Mirror()
        self.heard = []
        self.asked = 0

    def ask(self, obj="{}", uuid=None):
        """Send a SyncRequest, with this text as its object or None without; returns its UUID."""
        self.asked += 1
        uuid = uuid or "ask-%d" % self.asked
        if self.protobuf:
            parts = [(1, b"Graph"), (2, b"SyncRequest"), (3, uuid.encode())] + ([(6, obj.encode())] if obj else [])
            self.send(websocket.BINARY, b"".join(bytes([n << 3 | 2, len(part)]) + part for n, part in parts))
        else:
            tail = ',"Obj":%s' % obj if obj else ""
            text = '{"Namespace":"Graph","Type":"SyncRequest","UUID":"%s"%s}' % (uuid, tail)
            self.send(websocket.TEXT, text.encode())
        return uuid

    def next(self):
        """Return type, UUID, status and object of the next message."""
        kind, data = self.read_message()
        assert kind == (websocket.BINARY if self.protobuf else websocket.TEXT)
        return decode(self.protobuf, data)

    def hear(self, kind_of_last=None, uuid=None):
        """Apply events up to the first of that type, or UUID; returns its object."""
        while True:
            kind, its, status, obj = self.next()
            if kind == "SyncReply":
                assert status == 200
            else:
                self.heard.append((kind, obj))
                self.mirror.apply(kind, obj)
            if its == uuid or (kind == kind_of_last and uuid is None):
                return obj

    def sync(self):
        """Ask for the graph and load it, after the events that come before it; returns what it was before."""
        before = self.mirror
        self.mirror = Mirror(self.hear(uuid=self.ask()))
        return before
