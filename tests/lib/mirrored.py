# SPDX-License-Identifier: Apache-2.0
"""A running exporter whose records tell who answered the question for the name of a node.

Flows come all the time from one stand-in; others have the topology. In its graph the node has the name MIRROR, which
only a mirror can know; asked for it, they answer with another one, REST. So the word in a record tells who was asked.

    with topology(folder) as asked, Site(folder, asked) as site:
        site.says(MIRROR)
"""
import json
import time

from lib import settings, slots
from lib.pages import listening, metrics, status
from lib.paths import recording
from lib.process import Analyzer, Exporter, until

ADDRESS, ID = "10.20.0.14", "0d6d307d-4a1b-4a79-9c85-917a306d2f58"
MIRROR, REST = "mirror", "rest"
QUESTION = "G.V().Has('RoutingTables.Src','%s').Values('Name')"
AHEAD = 3600000                 # ms; the clock of the flows: who has something now has it then
CONFIG = {
    "host_id": "mirrored", "logging": {"level": "DEBUG"}, "stop_timeout": 5,
    "topology": {"cache": {"ttl": 1, "empty_ttl": 1, "error_ttl": 1}},
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "secadvisor", "secadvisor": {"extend": ["Who=" + QUESTION % "{{.Network.A}}"]}},
        "compress": {"type": "none"},
        "store": {"buffered": {"dirname": "bucket", "max_flows_per_object": 5, "max_seconds_per_object": 1,
                               "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
        "write": {"type": "stdout"}}}


def node(name=MIRROR, identity=ID, address=ADDRESS, revision=1):
    """Return a node's JSON."""
    metadata = {"Name": name, "Type": "host", "RoutingTables": [{"ID": 254, "Src": address, "Routes": None}]}
    return json.dumps({"ID": identity, "Metadata": metadata, "Host": "node-1", "Origin": "agent.node-1", "CreatedAt": 1,
                       "UpdatedAt": 1, "DeletedAt": None, "Revision": revision})


def change(*ops, identity=ID, revision=2):
    """Return what a partial update says; without ops: that it does not say it."""
    return json.dumps({"ID": identity, "UpdatedAt": 2, "Revision": revision,
                       "Ops": [{"Type": 1, "Key": key, "Value": value} for key, value in ops] or None})


def topology(folder, *options, name=MIRROR, nodes=(), has_stream=True, **more):
    """A stand-in that is asked for the topology, in which the node has this name."""
    graph, answers = folder / "graph.json", folder / "answers.json"
    graph.write_text('{"Namespace":"Graph","Type":"SyncReply","UUID":"u","Status":200,"Obj":{"Nodes":[%s],"Edges":[]}}'
                     % ",".join([node(name), *nodes]))
    answers.write_text(json.dumps([{"query": QUESTION % ADDRESS, "status": 200, "body": '["%s"]' % REST}]))
    return Analyzer(clients=0, graph=graph if has_stream else None, topology=[answers], options=options, **more)


def flows(folder, **more):
    """A stand-in that repeats one flow from the node, with other UUIDs."""
    flow = slots.redated(next(slots.flows_of(recording("new-netns-storm6.jsonl.gz")))[0], 1, int(time.time() * 1000) + AHEAD)
    flow["Network"].update(A=ADDRESS)
    path = folder / "flow.jsonl"
    path.write_text(json.dumps({"Namespace": "flow", "Type": "store", "Obj": [flow]}) + "\n")
    return Analyzer(path, pace=20, options=["--repeat", 0, "--uniq"], **more)


def configure(source, folder, *asked, mode="mirror", change=None):
    """Save the exporter's configuration. asked: stand-ins of the topology."""
    config = settings.merge(CONFIG, {
        "analyzers": [("https://" if one.url.startswith("wss:") else "") + one.address for one in asked],
        "topology": {"mode": mode}, "status": listening(folder),
        "spool": {"directory": str(folder / "spool")}, "pipeline": {"subscriber": {"url": source.url}}})
    return settings.save(folder / "exporter.yml", settings.merge(config, change or {}))


class Site:
    """The exporter, and the stand-in of the flows."""

    def __init__(self, folder, *asked, **how):
        self.folder = folder
        self.source = flows(folder)
        self.exporter = Exporter(configure(self.source, folder, *asked, **how))

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        try:
            if kind is None:
                has_ended = self.exporter.process.poll() is not None
                assert (self.exporter.wait() if has_ended else self.exporter.stop()) == 0
        finally:
            try:
                self.exporter.__exit__(kind, *rest)
            finally:
                self.source.__exit__(kind, *rest)

    def says(self, name, timeout=30):
        """Wait for a record that comes after what is there now and has that name."""
        lines = self.exporter.out
        lines.wait(lambda line: '"Who":"%s"' % name in line, timeout, len(lines.lines))

    def topology(self):
        return status(self.folder)["topology"]

    def until_mirror(self, state, timeout=30):
        self.exporter.log("state=started")
        until(lambda: self.topology()["mirror"] == state, "a mirror that is " + state, timeout)

    def counted(self, name, reason=None):
        return metrics(self.folder)["skydive_exporter_topology_mirror_" + name, (("reason", reason),) if reason else ()]

    def until_counted(self, number, name, reason=None, timeout=30):
        until(lambda: self.counted(name, reason) >= number, "%s %s of %s" % (number, name, reason), timeout)
