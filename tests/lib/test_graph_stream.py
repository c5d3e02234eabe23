# SPDX-License-Identifier: Apache-2.0
"""The topology stream of the stand-in, held against what real analyzers sent."""
import http.client
import json
import threading

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


def standin(*options, **more):
    """A stand-in that waits long for a pong: who listens here may get to run late."""
    return Analyzer(options=["--pong-timeout", 600, "--empty-graph", *options], **more)


def play(name, *options):
    return standin(*options, graph_stream=paths.recording(name))


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


def test_loss_of_an_agent():
    """All its elements go, one by one, and come back with other IDs."""
    messages = recorded("new-topology-stream-loss.jsonl.gz")
    with play("new-topology-stream-loss.jsonl.gz") as analyzer, mirror.Listener(analyzer.address, "full") as listener:
        listener.sync()
        first = set(listener.mirror.nodes)
        listener.hear(uuid=messages[-1][1])
        assert analyzer.event("graph-end")["messages"] == len(messages)
        before = listener.sync()
        assert not before.differences(listener.mirror) and len(first - before.nodes.keys()) >= 19


def ask(analyzer, query, timeout=10):
    """POST /api/topology; returns the status and the body."""
    connection = http.client.HTTPConnection(analyzer.address, timeout=timeout)
    try:
        connection.request("POST", "/api/topology", json.dumps({"GremlinQuery": query}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def first_line(address, path, *headers):
    """Return the first line of the answer to a handshake that is refused."""
    with websocket.Subscriber(address, waits=False, headers=headers, path=path) as client:
        return websocket.read_head(client.sock).split(b"\r\n")[0].decode()


@pytest.mark.parametrize("path, options, line", [
    ("/ws/subscriber/", (), "HTTP/1.1 301 Moved Permanently"),
    ("/ws/subscriber/topology", (), "HTTP/1.1 404 Not Found"),
    ("/ws/subscriber", None, "HTTP/1.1 404 Not Found"),
    ("/ws/subscriber", ("--auth", "a:b"), "HTTP/1.1 401 Unauthorized")])
def test_refused(path, options, line):
    with Analyzer() if options is None else standin(*options) as analyzer:
        assert first_line(analyzer.address, path) == line


def test_a_host_id_is_taken_once_per_endpoint():
    with standin() as analyzer, mirror.Listener(analyzer.address, host_id="me"):
        with websocket.Subscriber(analyzer.address, host_id="me"):
            assert first_line(analyzer.address, "/ws/subscriber", "X-Host-ID: me").startswith("HTTP/1.1 409 ")
            stats = analyzer.stats()
        assert (stats["graph_host_ids"], stats["graph_refused"], stats["refused"]) == (["me"], {"409": 1}, {})
        assert analyzer.event("graph-admitted")["host_id"] == "me"


@pytest.mark.parametrize("policy, options, partial", [
    ("partial", (), True), ("full", (), False), ("Partial", (), False), (None, (), False),
    ("partial", ("--no-partial",), False)])
def test_policy(policy, options, partial):
    with standin(*options) as analyzer, mirror.Listener(analyzer.address, policy) as listener:
        event = analyzer.event("graph-admitted")
        assert event["partial"] == partial and event["headers"].get("X-Update-Policy") == policy
        analyzer.command("graph NodeAdded " + node("a"))
        analyzer.command("graph NodeUpdated " + node("a", State="UP"))
        listener.hear("NodeAdded")
        assert listener.next()[0] == ("NodePartiallyUpdated" if partial else "NodeUpdated")


def test_an_unknown_policy_is_closed():
    with standin() as analyzer, mirror.Listener(analyzer.address, "half", waits=False) as listener:
        listener.wait_answer()
        assert listener.read_frame() == (True, websocket.CLOSE, b"\x03\xe8")


@pytest.mark.parametrize("namespaces, answered", [(("Graph",), True), ((), True), (("Topology",), False),
                                                  (("Topology", "Graph"), True)])
def test_namespaces(namespaces, answered):
    with standin() as analyzer, mirror.Listener(analyzer.address, namespaces=namespaces) as listener:
        listener.ask()
        assert analyzer.event("graph-admitted")
        listener.pong()
        analyzer.until_stats(lambda stats: stats["graph_pongs"])
        assert analyzer.stats()["graph_replies"] == answered


@pytest.mark.parametrize("obj, answer", [
    ("{}", (200, {"Nodes": [], "Edges": []})), ("null", (200, {"Nodes": [], "Edges": []})),
    ('{"Time":1}', (400, None)), (None, None)])
def test_requests(obj, answer):
    """Without an object there is no answer: the next one answers the next request."""
    with standin() as analyzer, mirror.Listener(analyzer.address) as listener:
        asked = listener.ask(obj, uuid="1")
        after = listener.ask(uuid="2")
        kind, uuid, *reply = listener.next()
        assert kind == "SyncReply" and uuid == (asked if answer else after)
        assert answer is None or tuple(reply) == answer


OPS = [
    ('{"Type":1,"Key":"State","Value":"UP"}', {"Name": "a", "Docker": {"x": 1}, "State": "UP"}),
    ('{"Type":1,"Key":"Docker.y.z","Value":[1]}', {"Name": "a", "Docker": {"x": 1, "y": {"z": [1]}}}),
    ('{"Type":1,"Key":"Docker","Value":null}', {"Name": "a", "Docker": None}),
    ('{"Type":2,"Key":"Docker.x","Value":null}', {"Name": "a", "Docker": {}}),
    ('{"Type":2,"Key":"Docker","Value":null}', {"Name": "a"}),
    ('{"Type":2,"Key":"None.x","Value":null}', {"Name": "a", "Docker": {"x": 1}}),
    ('{"Type":2,"Key":"Docker","Value":null},{"Type":1,"Key":"Docker.z","Value":2}', {"Name": "a", "Docker": {"z": 2}}),
]


@pytest.mark.parametrize("ops, metadata", OPS)
def test_ops(ops, metadata):
    """They are applied, and told as they are or as the whole node."""
    with standin() as analyzer, mirror.Listener(analyzer.address, "partial") as partial, \
            mirror.Listener(analyzer.address) as full:
        analyzer.command("graph NodeAdded " + node("a", Docker={"x": 1}))
        analyzer.command('graph NodePartiallyUpdated {"ID":"a","UpdatedAt":7,"Revision":2,"Ops":[%s]}' % ops)
        for listener in (partial, full):
            listener.hear("NodePartiallyUpdated" if listener is partial else "NodeUpdated")
            before = listener.sync()
            found = listener.mirror.nodes["a"]
            assert (found["Metadata"], found["UpdatedAt"], found["Revision"]) == (metadata, 7, 2)
            assert not before.differences(listener.mirror)


def test_updates_become_ops():
    with standin() as analyzer, mirror.Listener(analyzer.address, "partial") as listener:
        analyzer.command("graph NodeAdded " + node("a", State="UP", MTU=1500))
        analyzer.command("graph NodeUpdated " + node("a", State="DOWN", Type="veth"))
        listener.hear("NodeAdded")
        ops = listener.hear("NodePartiallyUpdated")["Ops"]
        assert {op["Key"]: (op["Type"], op["Value"]) for op in ops} == {
            "State": (1, "DOWN"), "Type": (1, "veth"), "MTU": (2, None)}


def test_what_is_unknown_stays_so():
    with standin() as analyzer, mirror.Listener(analyzer.address) as listener:
        for event in ("NodeUpdated " + node("a"), 'NodePartiallyUpdated {"ID":"b","Ops":[]}', 'EdgeDeleted {"ID":"c"}'):
            analyzer.command("graph " + event)
        listener.sync()
        assert [kind for kind, _ in listener.heard] == ["NodeUpdated", "EdgeDeleted"] and not listener.mirror.nodes


def test_what_only_the_graph_or_only_the_subscribers_know():
    with standin() as analyzer, mirror.Listener(analyzer.address, "partial") as listener:
        analyzer.command("graph-only NodeAdded " + node("lost"))
        analyzer.command("tell-only NodeAdded " + node("told"))
        listener.hear("NodeAdded")
        assert listener.sync().nodes.keys() == {"told"} and listener.mirror.nodes.keys() == {"lost"}
        analyzer.command('tell-only NodePartiallyUpdated {"ID":"lost","Ops":null}')
        assert listener.next()[3] == {"ID": "lost", "Ops": None}
        analyzer.command('graph-only SyncReply {"Nodes":[],"Edges":[]}')
        listener.sync()
        assert not listener.mirror.nodes and analyzer.stats()["graph_nodes"] == 0


@pytest.mark.parametrize("line", ["graph Renamed {}", "graph NodeAdded", "graph NodeAdded {", "graph SyncReply {}",
                                  "graph-hold perhaps", "graph-dance"])
def test_commands_that_are_none(line):
    with standin() as analyzer:
        assert analyzer.command(line)["error"] == "unknown command"


def test_held_replies_are_of_when_they_are_sent():
    with standin() as analyzer, mirror.Listener(analyzer.address) as listener:
        analyzer.command("graph-hold on")
        asked = listener.ask()
        analyzer.until_stats(lambda stats: stats["graph_requests"] == 1)
        analyzer.command("graph NodeAdded " + node("a"))
        assert listener.next()[0] == "NodeAdded"
        analyzer.command("graph-hold off")
        assert [n["ID"] for n in listener.hear(uuid=asked)["Nodes"]] == ["a"]


def test_cut():
    with standin() as analyzer, mirror.Listener(analyzer.address) as listener, \
            websocket.Subscriber(analyzer.address):
        analyzer.command("graph-cut")
        with pytest.raises(ConnectionError):
            listener.next()
        assert analyzer.event("graph-left")["reason"] == "cut"
        stats = analyzer.stats()
        assert (stats["graph_subscribers"], stats["subscribers"]) == (0, 1)


def test_nodes_by_id():
    name = "new-netns-mixed.graph.json.gz"
    nodes = json.loads(stream.read(paths.recording(name)))["Obj"]["Nodes"]
    one, two = nodes[0]["ID"], nodes[1]["ID"]
    with standin(graph=paths.recording(name)) as analyzer:
        for query in ('G.V("%s")' % one, "G.V('%s')" % one):
            status, body = ask(analyzer, query)
            assert (status, json.loads(body)) == (200, nodes[:1])
        status, body = ask(analyzer, 'G.V("%s", "none","%s")' % (one, two))
        assert (status, json.loads(body)) == (200, nodes[:2])
        assert ask(analyzer, 'G.V("none")') == (400, "Node 'none' does not exist\n")
        assert ask(analyzer, 'G.V("none","nor this")') == (200, "[]\n")
        assert ask(analyzer, 'G.V("%s").Values("Name")' % one) == (200, "[]\n")
    with Analyzer() as analyzer:
        assert ask(analyzer, 'G.V("none")') == (200, "[]\n")


def fill_by_asking(analyzer, slow):
    asked = analyzer.stats()["graph_requests"]
    slow.ask()
    analyzer.until_stats(lambda stats: stats["graph_requests"] == asked + 1)


def fill_by_telling(analyzer, _):
    analyzer.command("graph NodeAdded " + node("large", Pad="x" * 100000))


def full_queue(analyzer, slow, fill):
    """Fill the queue of who does not read; a question to the REST API hangs then, and an event waits."""
    while not analyzer.stats()["graph_locked"]:
        fill(analyzer, slow)
    before = analyzer.stats()["graph_events"]
    analyzer.command("graph NodeAdded " + node("late"))
    answers = []

    def hang():
        try:
            answers.append(ask(analyzer, 'G.V("late")', 60))
        except http.client.RemoteDisconnected:
            answers.append("gone")
    question = threading.Thread(target=hang)
    question.start()
    stats = analyzer.until_stats(lambda stats: stats["topology_in_flight"])
    assert (stats["graph_queued_max"], stats["graph_events"], answers) == (3, before, [])
    return question, answers


def hear_late(listener):
    while listener.hear("NodeAdded")["ID"] != "late":
        pass


def narrow(graph):
    """A stand-in, and a subscriber that does not read: little fits between them."""
    return (standin("--graph-queue", 3, "--sndbuf", 4096, graph=graph),
            lambda analyzer: mirror.Listener(analyzer.address, receive_buffer=4096))


@pytest.mark.parametrize("fill", [fill_by_asking, fill_by_telling])
def test_a_full_queue_locks_the_graph_until_it_is_read(fill):
    analyzer, slow = narrow(paths.recording("new-netns-mixed.graph.json.gz"))
    with analyzer, slow(analyzer) as slow, mirror.Listener(analyzer.address) as other:
        question, answers = full_queue(analyzer, slow, fill)
        reading = threading.Thread(target=hear_late, args=(other,))
        reading.start()
        hear_late(slow)
        reading.join(30)
        question.join(30)
        assert answers[0][0] == 200 and "late" in other.mirror.nodes


def test_a_full_queue_locks_the_graph_for_ever_when_its_subscriber_leaves():
    analyzer, slow = narrow(paths.recording("new-netns-mixed.graph.json.gz"))
    with analyzer, slow(analyzer) as slow:
        question, answers = full_queue(analyzer, slow, fill_by_asking)
        slow.close()
        analyzer.event("graph-left")
        with mirror.Listener(analyzer.address) as other:
            other.ask()
            stats = analyzer.until_stats(lambda stats: stats["graph_pongs"] == 0 and stats["graph_admitted"] == 2)
            assert stats["graph_locked"] and stats["topology_in_flight"] == 1 and not answers
        analyzer.kill()
        question.join(30)
        assert answers == ["gone"]


def test_a_large_reply(tmp_path):
    pad = "x" * 100000
    graph = tmp_path / "large.json"
    graph.write_text('{"Namespace":"Graph","Type":"SyncReply","UUID":"u","Status":200,"Obj":{"Nodes":[%s],"Edges":[]}}'
                     % ",".join(node("n%d" % i, Pad=pad) for i in range(200)))
    with standin(graph=graph) as analyzer, mirror.Listener(analyzer.address, timeout=60) as listener:
        listener.sync()
        assert len(listener.mirror.nodes) == 200 and all(
            found["Metadata"]["Pad"] == pad for found in listener.mirror.nodes.values())


@pytest.mark.parametrize("pace", ["orig", "500"])
def test_pace(pace):
    """By the clock; the recording, of which a part is played, is as long as its times."""
    name = "new-topology-stream.jsonl.gz"
    with play(name, "--graph-pace", pace, "--graph-clients", 0) as analyzer:
        with mirror.Listener(analyzer.address, "partial") as listener:
            listener.sync()
            analyzer.command("graph-play 5")
            messages = recorded(name)
            first = next(i for i, message in enumerate(messages) if message[0] == "SyncReply")
            for message in messages[first + 1:first + 6]:
                assert listener.next()[1] == message[1]
            analyzer.until_stats(lambda stats: stats["graph_events"] == 5)
