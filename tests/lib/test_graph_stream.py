# SPDX-License-Identifier: Apache-2.0
"""The topology stream of the stand-in, held against what real analyzers sent."""
import json

import pytest

from lib import mirror, paths, stream, websocket
from lib.process import Analyzer

STREAMS = ["new-topology-stream.jsonl.gz", "old-topology-stream.jsonl.gz", "new-topology-stream-full.jsonl.gz",
           "new-netns-storm6-topology-stream.jsonl.gz", "new-netns-storm6-topology-stream-protobuf.pb.gz"]
# PATCHed while a subscriber of policy partial was recorded, which is not told what changed.
PATCHED = "pod-db-1"


def recorded(name):
    """Return the messages of a recording: type, UUID, status and object of each."""
    data = stream.read(paths.recording(name))
    protobuf = ".pb" in name
    return [mirror.decode(protobuf, part) for part in (stream.chunks(data) if protobuf else data.splitlines())]


def replies(messages):
    return [mirror.Mirror(obj) for kind, _, _, obj in messages if kind == "SyncReply"]


def play(name, *options, **more):
    return Analyzer(graph_stream=paths.recording(name), options=options, **more)


def node(name, **metadata):
    return json.dumps({"ID": name, "Metadata": {"Name": name, **metadata}, "Host": "h", "Origin": "o",
                       "CreatedAt": 1, "UpdatedAt": 1, "DeletedAt": None, "Revision": 1})


@pytest.mark.parametrize("protobuf", [False, True], ids=["json", "protobuf"])
@pytest.mark.parametrize("policy", ["partial", "full"])
@pytest.mark.parametrize("name", STREAMS)
def test_a_mirror_of_the_stream_equals_the_last_reply(name, policy, protobuf):
    """Either policy and framing, whatever was recorded."""
    messages = recorded(name)
    first, second = replies(messages)
    with play(name) as analyzer, mirror.Listener(analyzer.address, policy, protobuf=protobuf) as listener:
        listener.sync()
        assert len(first.nodes) > 40 and not listener.mirror.differences(first)
        listener.hear(uuid=messages[-2][1])
        differ = analyzer.event("graph-filled")["differ"]
        before = listener.sync()
        assert not listener.mirror.differences(second)
        assert before.differences(second) <= {PATCHED} and differ == len(before.differences(second))
        kinds = {kind for kind, _ in listener.heard}
        assert ("NodePartiallyUpdated" in kinds, "NodeUpdated" in kinds) == (policy == "partial", policy == "full")
