# SPDX-License-Identifier: Apache-2.0
"""A busy analyzer, and the proof that it was always read.

The stand-in sends by the clock and counts how many messages ever waited in its
own queue, behind a socket buffer of 256 KiB.
"""
from lib import objects, oracle, stream
from lib.paths import SLOWNESS, recording
from lib.process import Analyzer

RATE = 20000 // SLOWNESS        # flows a second
QUEUED_MOST = 8                 # messages
SNDBUF = 256 * 1024

RECORDING = recording("old-netns-mixed.jsonl.gz")
FLOWS = [flow for batch in stream.batches(RECORDING) for flow in batch]

CONFIG = {
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "vpclogs"},
        "storeheader": {"type": "vpclogs"},
        "compress": {"type": "gzip"},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": 2000,
            "max_seconds_per_object": 1, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}


def flows_only(folder, bad):
    """Write the recording without its stats, which would be most of the messages; with or without unreadable flows."""
    path = folder / "flows.jsonl"
    lines = [line for line in stream.read(RECORDING).splitlines() if b'"Type":"store"' in line]
    with open(path, "wb") as out:
        for number, line in enumerate(lines):
            out.write(line.replace(b'"Protocol":"IPV4"', b'"Protocol":"BOGUS"', (1 + number) * bad) + b"\n")
    return path


def analyzer(folder, seconds, bad=False, topology=(), options=()):
    """The stand-in, which sends RATE flows a second for so many seconds, a hundred a message, as a busy analyzer does.

    bad: each message has some flows that cannot be read, so each is worth a line in the log.
    """
    rounds = max(1, round(RATE * seconds / len(FLOWS)))
    return Analyzer(flows_only(folder, bad), pace=RATE, topology=topology, options=[
        "--repeat", rounds, "--per-message", 100, "--sndbuf", SNDBUF, "--stats-every", 1000, *options])


def check(source, exporter, seconds):
    """Wait for the end of the stream; nothing may ever have waited. Returns the stand-in's counters."""
    end = source.event("end", seconds * 2 + 10, unless_ends=exporter)
    stats = source.stats()
    assert exporter.process.poll() is None
    assert stats["queued_max"] <= QUEUED_MOST, stats
    assert stats["sent_flows"] == end["flows"] and stats["missed_flows"] == stats["lost_flows"] == 0, stats
    assert stats["admitted"] == 1 and stats["dropped"] == 0 and stats["blocked_ms"] == 0, stats
    assert end["flows"] > 0.9 * RATE * seconds and end["ms"] < 1.1e3 * seconds, end
    return stats


def records_stored(folder):
    """Return how many records the headers of the stored objects tell of."""
    return sum(int(objects.read_headers(path)[objects.RECORDS]) for path in (folder / "stored").rglob("*.headers"))


def records_wanted(config, flows):
    """Return how many records become of so many flows, which are whole rounds of the recording."""
    once = oracle.joined(oracle.expected(config, [RECORDING], []))
    return flows // len(FLOWS) * sum(len(records) for records in once.values())
