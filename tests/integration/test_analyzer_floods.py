# SPDX-License-Identifier: Apache-2.0
"""More than can be taken: many flows, many messages, giant messages. Memory is bounded, what is lost is counted."""
import ipaddress
import re
import subprocess
import time

import pytest

from lib import objects, settings, stream
from lib.export import joined, to_file, waiting, whole_flows
from lib.kept_waiting import KeptWaiting
from lib.pages import get, listening, status
from lib.paths import BUILD, SLOWNESS, recording
from lib.process import Analyzer, Exporter, until
from lib.threads import threads
from lib.websocket import TEXT, Raw, frame_head

RECORDING = recording("old-netns-mixed.jsonl.gz")
SNDBUF = 256 * 1024
MB = 1 << 20
PIPELINES = 12
# What the thread that reads gets, where that is allowed.
NICE = int(subprocess.run(["nice", "-n", "-10", "nice"], capture_output=True, check=True).stdout)
MEMORY_MOST = 96 * MB                   # resident; a sanitizer's is its own affair
CONFIG = {"host_id": "floods", "stop_timeout": 30, **whole_flows(20000)}


def configure(source, folder, change=None):
    return joined(CONFIG, source, folder, to_file(folder), settings.merge({"status": listening(folder)}, change or {}))


def memory(exporter, what="VmHWM"):
    """Return how much is resident, or was at most, in bytes; 0 where a sanitizer has its own."""
    with open("/proc/%d/status" % exporter.process.pid, encoding="ascii") as file:
        size = int(re.search(what + r":\s+(\d+) kB", file.read())[1]) * 1024
    return size if BUILD.name == "build" else 0


def nice_of(exporter, name):
    """Return the niceness of a thread."""
    return next(int(text.rpartition(")")[2].split()[16])
                for thread, text in threads(exporter.process.pid, "stat") if thread == name)


def dropped(counters):
    return counters["flows_dropped_inbox_full"] + counters["flows_dropped_no_memory"]


def tenants(folder):
    """Return {name: counters}."""
    return {t["name"]: t["counters"] for t in status(folder)["tenants"]}


def quiet(folder, flows):
    """Wait until all tenants have done with so many flows; returns their counters."""
    def look():
        found = tenants(folder)
        return all(c["flows_received"] == flows == c["flows_excluded"] + c["flows_transformed"] + dropped(c)
                   for c in found.values()) and found
    return until(look, "%d flows done" % flows, 60)


def play_for(analyzer, flows):
    """Let so many more flows be sent, by the message; returns how many there were in all."""
    goal = analyzer.stats()["broadcast_flows"] + flows
    analyzer.command("resume")
    until(lambda: analyzer.stats()["broadcast_flows"] >= goal, "%d flows" % goal, 60)
    analyzer.command("pause")
    return analyzer.stats()["broadcast_flows"]


def inbox_lines(exporter, state):
    """Return {tenant: line} of the lines about its inbox; there may be one of each."""
    found = [line for line in exporter.err.text().splitlines() if "inbox=%s " % state in line]
    by_tenant = {re.search(r"tenant=(\w+)", line)[1]: line for line in found}
    assert len(by_tenant) == len(found)
    return by_tenant


def check_drops(exporter, tenants):
    """All of them dropped flows, and said so once; when it is over they say how many."""
    assert all(c["flows_dropped_inbox_full"] > 0 and c["flows_transformed"] > 0 for c in tenants.values())
    assert set(inbox_lines(exporter, "full")) == set(tenants)
    over = inbox_lines(exporter, "ok")
    assert {name: int(re.search(r"dropped_flows=(\d+)", line)[1]) for name, line in over.items()} == {
        name: c["flows_dropped_inbox_full"] for name, c in tenants.items()}


@pytest.mark.alone
def test_ten_times_what_workers_can_do(tmp_path):
    """One worker, slow classification, many pipelines: nothing waits in the analyzer, all that is dropped is counted."""
    masks = [str(ipaddress.ip_address("100.64.0.0") + n) + "/32" for n in range(20000)]
    rate, seconds = 20000 if SLOWNESS == 1 else 5000, 5     # with sanitizers the worker is slower, but not tenfold
    options = ["--repeat", 0, "--uniq", "--per-message", 100, "--sndbuf", SNDBUF]
    with Analyzer(RECORDING, pace=rate, clients=0, options=options) as analyzer:
        change = {"workers": 1, "limits": {"batch_bytes": "4MiB"},
                  "pipeline": {"classify": {"cluster_net_masks": masks}}}
        path = settings.save_all(tmp_path, configure(analyzer, tmp_path, change), {
            "t%d" % n: {"pipeline": {"store": {"buffered": {"filename_prefix": "t%d" % n}}}} for n in range(PIPELINES)})
        with Exporter(path) as exporter, KeptWaiting(exporter) as reader:
            exporter.log("state=subscribed")
            assert nice_of(exporter, "source") == NICE and nice_of(exporter, "net") == 0
            before = memory(exporter)               # much of it is the masks
            analyzer.command("play")
            flows = play_for(analyzer, rate * seconds)
            done = sum(c["flows_transformed"] for c in tenants(tmp_path).values())
            counters = quiet(tmp_path, flows)
            stats = analyzer.stats()
            assert stats["queued_max"] <= 8 + reader.seconds * rate / 100, (stats, reader.seconds)
            assert stats["blocked_ms"] == stats["missed_flows"] == 0, stats
            assert memory(exporter) < before + 32 * MB
            assert done < PIPELINES * flows / 10, "no flood: %d of %d were done" % (done, PIPELINES * flows)
            until(lambda: len(inbox_lines(exporter, "ok")) == PIPELINES, "the end, told without another flow", 15)
            check_drops(exporter, counters)
            assert exporter.stop(40) == 0
    stored = objects.read_tree(tmp_path / "stored")
    assert objects.faults(stored) == [] and waiting(tmp_path) == []
    assert sum(len(o.records) for o in stored) == sum(c["flows_transformed"] for c in counters.values())


@pytest.mark.alone
def test_a_stop_tells_what_was_dropped(tmp_path):
    """In full flood: there will be no pause, and the line that counts comes all the same."""
    masks = [str(ipaddress.ip_address("100.64.0.0") + n) + "/32" for n in range(20000)]
    with Analyzer(RECORDING, pace=20000, options=["--repeat", 0, "--uniq", "--per-message", 100]) as analyzer:
        change = {"workers": 1, "stop_timeout": 60, "limits": {"batch_bytes": "1MiB"},
                  "pipeline": {"classify": {"cluster_net_masks": masks}}}
        path = settings.save_all(tmp_path, configure(analyzer, tmp_path, change), {
            "t%d" % n: {"pipeline": {"store": {"buffered": {"filename_prefix": "t%d" % n}}}} for n in range(PIPELINES)})
        with Exporter(path) as exporter:
            _, line = exporter.log("inbox=full")
            assert "raise limits.batch_bytes (now 1048576 bytes; " in line
            full = inbox_lines(exporter, "full")
            assert exporter.stop(60) == 0
    assert set(full) <= set(inbox_lines(exporter, "full")) == set(inbox_lines(exporter, "ok"))


@pytest.mark.alone
def test_one_flow_a_message(tmp_path):
    """20,000 messages a second of one flow each are all read and stored, and none waits long in the analyzer."""
    rate, seconds = 20000 // SLOWNESS, 5
    options = ["--repeat", rate * seconds // 814, "--uniq", "--per-message", 1, "--sndbuf", SNDBUF]
    with Analyzer(RECORDING, pace=rate, options=options) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", configure(analyzer, tmp_path))
        with Exporter(path) as exporter, KeptWaiting(exporter) as reader:
            end = analyzer.event("end", 60, unless_ends=exporter)
            counters = quiet(tmp_path, end["flows"])["exporter"]
            stats = analyzer.stats()
            assert stats["queued_max"] <= 8 * 100 + reader.seconds * rate, (stats, reader.seconds)
            assert stats["blocked_ms"] == stats["missed_flows"] == 0, stats
            assert memory(exporter) < MEMORY_MOST
            assert dropped(counters) == 0 and end["messages"] >= end["flows"] == counters["flows_transformed"]
            assert exporter.stop() == 0
    assert sum(len(o.records) for o in objects.read_tree(tmp_path / "stored")) == end["flows"]


def send_zeros(sock, size):
    """Send so many bytes, or as many as are wanted; returns how many."""
    block, sent = b"0" * 65536, 0
    try:
        while sent < size:
            sent += sock.send(block[:size - sent])
    except OSError:
        pass                # the other side has heard enough
    return sent


@pytest.mark.alone
@pytest.mark.parametrize("part", [200 * MB, MB], ids=["in-one-frame", "in-fragments"])
def test_message_of_200_megabytes(part, tmp_path):
    """It is not read: the connection ends with the reason, and the next one is good."""
    flows = [line for line in stream.read(RECORDING).splitlines() if b'"Type":"store"' in line][0]
    with Raw() as analyzer:
        path = settings.save(tmp_path / "exporter.yml", configure(analyzer, tmp_path))
        with Exporter(path) as exporter:
            peer = analyzer.accept()
            begun, sent, opcode = time.monotonic(), 0, TEXT
            while sent < 200 * MB:
                try:
                    peer.sendall(frame_head(opcode, part, fin=sent + part == 200 * MB))
                except OSError:
                    break
                count, opcode = send_zeros(peer, part), 0
                sent += count
                if count < part:
                    break
            _, line = exporter.log("state=lost")
            assert "too long" in line or "larger" in line, line
            assert sent < 80 * MB and time.monotonic() - begun < 10 * SLOWNESS
            again = analyzer.accept()
            again.sendall(frame_head(TEXT, len(flows)) + flows)
            counters = quiet(tmp_path, flows.count(b'"CaptureID"'))["exporter"]
            assert counters["flows_transformed"] > 0
            assert status(tmp_path)["sources"][0]["gaps"] == 1
            assert memory(exporter) < (32 * MB if part > MB else MEMORY_MOST)
            assert exporter.stop() == 0


@pytest.mark.alone
def test_message_that_is_just_short_enough(tmp_path):
    """60 MB that say nothing cost one line and one counter, and the connection stays; the memory is given back."""
    with Raw() as analyzer:
        path = settings.save(tmp_path / "exporter.yml", configure(analyzer, tmp_path))
        with Exporter(path) as exporter:
            peer = analyzer.accept()
            peer.sendall(frame_head(TEXT, 60 * MB))
            assert send_zeros(peer, 60 * MB) == 60 * MB
            exporter.log("bad_message=")
            assert memory(exporter) < MEMORY_MOST
            source = status(tmp_path)["sources"][0]
            assert source["bad_messages"] == 1 and source["gaps"] == 0 and get(tmp_path, "/readyz")[0] == 200
            until(lambda: memory(exporter, "VmRSS") < 40 * MB, "memory given back")
            assert exporter.stop() == 0
