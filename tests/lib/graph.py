# SPDX-License-Identifier: Apache-2.0
"""A topology: the graph that an analyzer sent, and its answers to questions of a few Gremlin steps.

Independent of the product: V, Has, HasKey, In and Out with strings and Regex, as Skydive's documentation has them.
"""
import json
import re

from lib import stream

STEP = re.compile(r"\.(\w+)\(((?:[^()\"]|\"[^\"]*\"|Regex\(\"[^\"]*\"\))*)\)")
ARGUMENT = re.compile(r"Regex\(\"([^\"]*)\"\)|\"([^\"]*)\"")


class Graph:
    """nodes: {ID: node}; edges: those of the message, all of them."""

    def __init__(self, path):
        message = json.loads(stream.read(path))
        assert message["Type"] == "SyncReply"
        self.nodes = {node["ID"]: node for node in message["Obj"]["Nodes"]}
        self.edges = message["Obj"]["Edges"]

    def add(self, node, parent=None):
        """Add a node, and who owns it."""
        self.nodes[node["ID"]] = node
        if parent:
            self.edges.append({"Parent": parent, "Child": node["ID"], "Metadata": {"RelationType": "ownership"}})

    def parents(self, nodes):
        wanted = {node["ID"] for node in nodes}
        return self._each(edge["Parent"] for edge in self.edges if edge["Child"] in wanted)

    def children(self, nodes):
        wanted = {node["ID"] for node in nodes}
        return self._each(edge["Child"] for edge in self.edges if edge["Parent"] in wanted)

    def _each(self, identities):
        return [self.nodes[i] for i in dict.fromkeys(identities)]

    def nodes_of(self, query):
        """Return the nodes that a question asks for."""
        assert query.startswith("G.V()") and "".join(m[0] for m in STEP.finditer(query[1:])) == query[1:], query
        found = list(self.nodes.values())
        for step in STEP.finditer(query[len("G.V()"):]):
            found = self._step(step[1], list(ARGUMENT.finditer(step[2])), found)
        return found

    def _step(self, name, arguments, nodes):
        if name == "HasKey":
            return [node for node in nodes if values(node, arguments[0][2])]
        nodes = {"In": self.parents, "Out": self.children, "Has": list}[name](nodes)
        for key, wanted in zip(arguments[::2], arguments[1::2]):
            nodes = [node for node in nodes if any(matches(value, wanted) for value in values(node, key[2]))]
        return nodes

    def answer(self, query):
        """Return what POST /api/topology answers, as a recorded file has it."""
        return {"query": query, "status": 200, "body": json.dumps(self.nodes_of(query))}


def matches(value, wanted):
    return isinstance(value, str) and (re.fullmatch(wanted[1], value) if wanted[2] is None else value == wanted[2])


def values(node, path):
    """Return what there is at a dotted path of the metadata; lists are looked through."""
    if path.startswith("@"):
        return [node[path[1:]]] if node.get(path[1:]) else []
    found = [node["Metadata"]]
    for name in path.split("."):
        found = [value.get(name) for value in flat(found) if isinstance(value, dict)]
    return [value for value in flat(found) if value not in (None, "")]


def flat(items):
    return [value for item in items for value in (item if isinstance(item, list) else [item])]
