# SPDX-License-Identifier: Apache-2.0
"""A topology of any size as an analyzer sends it: the recorded one again and again, each time with other names."""
import json
import re

from lib import paths, stream

LAB = paths.RECORDINGS / "new-netns-storm6.graph.json.gz"
# UUIDs, hosts, and addresses but link-local ones.
NAME = re.compile(r"\b(?:[0-9a-f]{8}(?=(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)|node-\d\b|(?!127\.)\d+\.\d+\.\d+\.\d+\b|fd00:)")


def write(path, nodes):
    """Write a SyncReply with about so many nodes; returns how many nodes and edges it has."""
    lab = json.loads(stream.read(LAB))["Obj"]
    times = max(1, round(nodes / len(lab["Nodes"])))
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"Namespace":"Graph","Type":"SyncReply","UUID":"made","Status":200,"Obj":{')
        for key in ("Nodes", "Edges"):
            text = json.dumps(lab[key], separators=(",", ":"))[1:-1]
            between, names = NAME.split(text), NAME.findall(text)
            file.write('%s"%s":[' % ("," if key == "Edges" else "", key))
            for number in range(times):
                copy = {name: renamed(name, number) for name in set(names)}
                file.write("," if number else "")
                file.write("".join(part for pair in zip(between, [copy[name] for name in names] + [""]) for part in pair))
            file.write("]")
        file.write("}}\n")
    return times * len(lab["Nodes"]), times * len(lab["Edges"])


def renamed(name, number):
    """Return what is called so in one of the copies."""
    if name.startswith("node-"):
        return "%s-%d" % (name, number)
    if name.startswith("fd00:"):
        return "fd%02x:%x:" % (number // 65536, number % 65536 + 1)
    if "." in name:
        first, second, third, fourth = name.split(".")
        return "%d.%s.%d.%s" % ((int(first) + number // 256) % 220, second, (int(third) + number) % 256, fourth)
    return "%08x" % (int(name, 16) ^ number)
