# SPDX-License-Identifier: Apache-2.0
"""The Security Advisor record of a flow, computed straight from the flow and recorded answers.

since_028: also look where analyzers since v0.28 keep containers; the Go exporter does not (P10).
"""
import json
import re

from lib.flowjson import encode, quote

TYPE = 'G.V().Has("TID", "%s")'
RUNC = 'G.V().Has("Runc.Hosts.IP", "%s").ShortestPathTo(Metadata("TID", "%s"))'
DOCKER = ('G.V().Has("IPV4", Regex("%s/.*")).ShortestPathTo(Metadata("TID", "%s"))'
          '.Dedup().In("Type", "netns").Out("Type", "container")')
POD = 'G.V().Has("K8s.Extra.Status.ContainerStatuses.ContainerID", "%s://%s")'
HOST = 'G.V().Has("RoutingTables.Src", "%s").In().Has("Type", "host")'
FINISH = {0: "", 1: "Timeout", 2: "SYN_FIN", 3: "SYN_RST"}


def flat(nodes):
    """Return the nodes of an answer: those in lists in it, too."""
    return [n for item in nodes or [] for n in (item if isinstance(item, list) else [item]) if isinstance(n, dict)]


def member(node, path):
    """Return a string of a node's metadata, or None."""
    value = node.get("Metadata")
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


class Record:
    """Makes the records of one pipeline, in order of the flows."""

    def __init__(self, settings, answers, since_028=True):
        self.extends = [text.partition("=")[::2] for text in settings.get("extend") or []]
        self.excludes = settings.get("exclude_started_flows", False)
        self.answers = answers
        self.since_028 = since_028
        self.reports = {}

    def first(self, query):
        """Return the first node, or None; an answer that is no list of nodes with an ID is as good as none."""
        answer = json.loads(self.answers.get(query, "[]"))
        nodes = flat(answer) if isinstance(answer, list) else []
        return nodes[0] if nodes and all(isinstance(n.get("ID"), str) for n in nodes) else None

    def container(self, address, tid):
        """Return (name, Kubernetes' prefix, id) of the container that has the address, or None."""
        node = self.first(RUNC % (address, tid))
        if node:
            return member(node, "Runc.Hosts.Hostname") or "", "containerd", member(node, "Runc.ContainerID") or ""
        node = self.first(DOCKER % (address, tid))
        if not node:
            return None
        name, key = member(node, "Name"), member(node, "Docker.ContainerID")
        if name is not None and key is not None:
            return name, "docker", key
        key = member(node, "Container.ID") if self.since_028 else None
        if key is None:
            return None
        if member(node, "Container.Runtime") == "runc":
            return member(node, "Container.Hosts.Hostname") or name, "containerd", key
        return name, "docker", key

    def peer(self, address, tid):
        """Return the context of an address, or None."""
        found = self.container(address, tid) if address else None
        if found:
            name, prefix, key = found
            pod = self.first(POD % (prefix, key))
            space, pod_name = (member(pod, "K8s." + n) for n in ("Namespace", "Name")) if pod else (None, None)
            if space is None or pod_name is None:
                return {"Type": "container", "Name": name}
            owners = pod["Metadata"]["K8s"].get("Extra", {}).get("ObjectMeta", {}).get("OwnerReferences")
            owner = owners[0] if isinstance(owners, list) and owners and isinstance(owners[0], dict) else {}
            kind, owned_by = owner.get("Kind"), owner.get("Name")
            whole = isinstance(kind, str) and isinstance(owned_by, str)
            return {"Type": "pod", "Name": "%s/%s" % (space, pod_name),
                    "Set": "%s:%s/%s" % (kind, space, owned_by) if whole else ""}
        node = self.first(HOST % address) if address else None
        name = member(node, "Name") if node else None
        return {"Type": "host", "Name": name} if name is not None else None

    def status(self, flow):
        """Return (status, number of reports before this one)."""
        finish, before = flow.get("FinishType", 0), self.reports.get(flow.get("UUID", ""), 0)
        if finish == 1:
            self.reports.pop(flow.get("UUID", ""), None)
        else:
            self.reports[flow.get("UUID", "")] = before + 1
        return ("ENDED" if finish else "UPDATED" if before else "STARTED"), before

    def extend(self, record):
        """Return {name: value} of the templates that can be rendered."""
        found = {}
        for name, template in self.extends:
            try:
                query = re.sub(r"{{ ?\.([A-Za-z0-9_.]+) ?}}",
                               lambda m: self.field({**record, "Extend": found}, m[1]), template)
            except KeyError:
                continue
            answer = json.loads(self.answers.get(query, "[]"))
            strings = isinstance(answer, list) and all(isinstance(v, (str, type(None))) for v in answer)
            found[name] = answer[0] or "" if strings and answer else ""
        return found

    @staticmethod
    def field(record, path):
        """Return the text of a field as Go's template prints it; KeyError: there is none."""
        value = record
        for name in path.split("."):
            if value is record.get("Extend"):
                return value.get(name, "<no value>")
            known = {"AName": "A_Name", "BName": "B_Name"}.get(name, name)
            value = value[known] if known in value else {"Network": {"A": "", "B": ""}}[path.split(".")[0]][name]
        return str(value)

    def make(self, flow):
        """Return the members of the record, or None when the flow is left out."""
        status, before = self.status(flow)
        if self.excludes and status == "STARTED":
            return None
        network, ports, tid = flow.get("Network"), flow.get("Transport"), flow.get("NodeTID", "")
        record = {"UUID": flow.get("UUID"), "LayersPath": flow.get("LayersPath"), "Version": "1.1.0",
                  "Status": status, "FinishType": FINISH[flow.get("FinishType", 0)]}
        peers = {}
        if network is not None:
            peers = {side: self.peer(network.get(side, ""), tid) for side in "AB"}
            record["Network"] = {"Protocol": network.get("Protocol", "ETHERNET"), "A": network.get("A"),
                                 "B": network.get("B")}
            for side, peer in peers.items():
                if peer and peer["Type"] == "pod" and peer["Name"]:
                    record["Network"][side + "_Name"] = "0_0_%s_0" % re.sub("[^A-Za-z0-9.-]", "-", peer["Name"])
        if ports is not None:
            record["Transport"] = {"Protocol": ports.get("Protocol", "ETHERNET"), "A": str(ports.get("A", 0)),
                                   "B": str(ports.get("B", 0))}
        record["Context"] = {side: peer for side, peer in peers.items() if peer}
        node = self.first(TYPE % tid) if tid else None
        record.update((name, flow[name]) for name in ("LastUpdateMetric", "Metric") if name in flow)
        record.update(Start=flow.get("Start", 0), Last=flow.get("Last", 0), UpdateCount=before,
                      NodeType=(member(node, "Type") if node else "") or "")
        record["Extend"] = self.extend({k: v for k, v in record.items() if v})
        return record


def write(value, key=""):
    """Return the compact text of a record; what is empty is left out but for numbers."""
    if key in ("LastUpdateMetric", "Metric"):
        return encode("Metric", value)
    if isinstance(value, dict):
        items = sorted(value.items()) if key == "Extend" else value.items()
        return "{%s}" % ",".join("%s:%s" % (quote(k), write(v, k)) for k, v in items
                                 if key == "Extend" or not (v is None or v == "" or v == {}))
    return str(value) if isinstance(value, int) else quote(value)
