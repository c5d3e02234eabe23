# SPDX-License-Identifier: Apache-2.0
"""Pipelines that write what AWS and IBM document, and the recordings they are given."""
from lib import settings, stream, traffic
from lib.paths import recording
from lib.process import replay

BASE = {
    "status": {"listen": ""},
    "pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"},
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "compress": {"type": "gzip"},
        "store": {"buffered": {"dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": 150,
                               "max_seconds_per_object": 30, "max_seconds_per_stream": 86400,
                               "max_flow_array_size": 100000}},
        "write": {"type": "file", "file": {"directory": "objects"}},
    },
}
AWS = {"transform": {"type": "awsflowlogs", "awsflowlogs": {
    "version": 5, "account_id": "123456789012", "region": "eu-central-1", "vpc_id": "vpc-1", "subnet_id": "subnet-1",
    "instance_id": "i-1", "az_id": "euc1-az1"}}, "encode": {"type": "text"}}
IBM = {"transform": {"type": "vpclogs", "vpclogs": {"dialect": "ibm"}},
       "storeheader": {"type": "vpclogs", "vpclogs": {"collector_crn": "crn:v1:c", "network_interface_id": "nic-1"}}}
IBM_PLACE = {"layout": "ibm", "account_id": "a1", "region": "us-south", "subnet_id": "0717-1",
             "vpc_id": "crn:v1:bluemix:public:is:us-south:a/1::vpc:r1", "instance_id": "crn:v1:i", "vnic_id": "0717-2"}
KINDS = [(age, kind) for age in ("old", "new")
         for kind in ("netns-mixed.jsonl.gz", "netns-mixed-protobuf.pb.gz", "netns-mixed.flowmsg.pb.gz")]
KINDS += [("new", "netns-storm6.jsonl.gz"), ("new", "netns-storm6-protobuf.pb.gz")]


def export(pipeline, recordings, folder, topology=()):
    """Replay into files below folder/out, which is returned."""
    config = settings.merge(BASE, {"pipeline": pipeline, "spool": {"directory": str(folder / "spool")}})
    replay(settings.save(folder / "config.yml", config), recordings, topology, folder / "out")
    return folder / "out"


def messages(age):
    """Return the lines of a recording that bring flows."""
    return [line for line in stream.read(recording(age + "-netns-mixed.jsonl.gz")).splitlines(keepends=True)
            if b'"Type":"store"' in line[:80]]


def of_kind(age, kind, folder):
    """Return the path of a recording; "lossy" is one of which every third message is missing."""
    if kind != "lossy":
        return recording("%s-%s" % (age, kind))
    path = folder / "lossy.jsonl"
    path.write_bytes(b"".join(line for at, line in enumerate(messages(age)) if at % 3 != 1))
    return path


def logged_by_ibm(batches):
    """Return the sums by connection of what IBM's logs have: TCP and UDP over IPv4.

    Not by the look of the address: Go writes that of a mapped one (::ffff:10.1.2.3) like IPv4's.
    """
    over_ipv4 = [[f for f in batch if f.get("Network", {}).get("Protocol") == "IPV4"] for batch in batches]
    return {connection: total for connection, total in traffic.by_connection(over_ipv4).items()
            if connection[-1] in (6, 17)}
