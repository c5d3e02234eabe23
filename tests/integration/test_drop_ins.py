# SPDX-License-Identifier: Apache-2.0
"""Many tenants on one stream: one connection, one decode, everybody gets what is theirs."""
import re

from lib import objects, oracle, settings
from lib.export import joined, to_file, waiting
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter
from lib.sent import Sent

RECORDING = recording("old-netns-mixed.jsonl.gz")
TENANTS = 200
CONFIG = {
    "host_id": "drop-ins",
    "include": "exporter.d/*.yml",
    "stop_timeout": 60,
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "none"},
        "compress": {"type": "none"},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "max_flows_per_object": 1000, "max_seconds_per_object": 60,
            "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}


def name(number):
    return "tenant-%03d" % number


def drop_in(folder, number, change=None):
    """Write the file of a tenant, which says where its objects go and what else is different."""
    (folder / "exporter.d").mkdir(exist_ok=True)
    own = {"pipeline": {"store": {"buffered": {"filename_prefix": name(number)}}}}
    return settings.save(folder / "exporter.d" / (name(number) + ".yml"), settings.merge(own, change or {}))


def play(folder, options=()):
    """Export the recording; returns the stand-in's counters and the last line of progress."""
    with Analyzer(RECORDING, pace=2000, options=options) as analyzer:
        path = settings.save(folder / "exporter.yml", joined(CONFIG, analyzer, folder, to_file(folder)))
        with Exporter(path, "--progress") as running:
            analyzer.event("end", 60, unless_ends=running)
            assert running.stop() == 0, running.err.text()[-3000:]
        stats = analyzer.stats()
    assert waiting(folder) == []
    return stats, [line for line in running.err.text().splitlines() if line.startswith("flows=")][-1]


def stored(folder):
    """Return {tenant: {tag: [record, ...]}}."""
    out = {}
    for series, records in objects.records(objects.read_tree(folder / "stored")).items():
        tenant, tag = series.split("/")[1:]
        out.setdefault(tenant, {})[tag] = records
    return out


def test_two_hundred_tenants_one_decode(tmp_path):
    """Each flow crosses the wire once and is decoded once, and each of 200 tenants stores all of them."""
    for number in range(TENANTS):
        drop_in(tmp_path, number)
    stats, progress = play(tmp_path)
    wanted = Sent(CONFIG, RECORDING).between(0, stats["broadcast_flows"])
    flows = sum(len(records) for records in wanted.values())
    assert stats["admitted"] == 1 and stats["sent_flows"] == flows and stats["queued_max"] <= 8, stats
    counts = dict(word.split("=") for word in progress.split())
    assert int(counts["flows"]) == flows, progress              # decoded
    assert int(counts["records"]) == flows * TENANTS, progress
    assert int(counts["backlog"]) == 0
    found = stored(tmp_path)
    assert set(found) == {name(number) for number in range(TENANTS)}
    different = [tenant for tenant, tags in found.items() if tags != wanted]
    assert different == []


def test_tenants_by_capture(tmp_path):
    """A tenant with a capture_id gets exactly the flows of that capture, one without gets all."""
    captures = ["capture-%04d" % number for number in range(7)]     # as the stand-in calls them
    for number, capture in enumerate(captures + ["capture-none"]):
        drop_in(tmp_path, number, {"pipeline": {"subscriber": {"capture_id": capture}}})
    everybody = len(captures) + 1
    drop_in(tmp_path, everybody)
    stats, progress = play(tmp_path, ["--captures", len(captures)])
    assert stats["admitted"] == 1
    found = stored(tmp_path)
    assert name(everybody - 1) not in found
    everything = found[name(everybody)]
    assert sum(len(records) for records in everything.values()) == stats["sent_flows"]
    for number, capture in enumerate(captures):
        own = {tag: [r for r in records if '"CaptureID":"%s"' % capture in r] for tag, records in everything.items()}
        assert found[name(number)] == {tag: records for tag, records in own.items() if records}
    assert " records=%d " % (2 * stats["sent_flows"]) in progress, progress


def test_each_with_its_own_masks(tmp_path):
    """A list in a drop-in replaces that of the main file: the same flows, classified and excluded differently."""
    changes = [{}, {"classify": {"cluster_net_masks": ["10.10.0.0/16"]}}, {"classify": {"cluster_net_masks": []}},
               {"filter": {"excluded_tags": ["other", "internal"]}}]
    for number, change in enumerate(changes):
        drop_in(tmp_path, number, {"pipeline": change})
    stats, _ = play(tmp_path)
    assert stats["admitted"] == 1
    found = stored(tmp_path)
    for number, change in enumerate(changes):
        wanted = oracle.joined(oracle.expected(settings.merge(CONFIG, {"pipeline": change}), [RECORDING], []))
        assert found[name(number)] == wanted


def test_wrong_drop_ins(tmp_path):
    """check reads all, and says of each mistake in which file and line it is; the good ones are not blamed."""
    for number in range(TENANTS):
        drop_in(tmp_path, number)
    wrong = {7: "max_flow_per_object: 5", 150: "max_flows_per_object: 0"}
    for number, line in wrong.items():
        path = tmp_path / "exporter.d" / (name(number) + ".yml")
        text = "pipeline:\n  store:\n    buffered:\n      filename_prefix: %s\n      %s\n" % (name(number), line)
        path.write_text(text, encoding="utf-8")
    config = settings.merge(CONFIG, {"spool": {"directory": str(tmp_path / "spool")}, "pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}, "write": to_file(tmp_path)}})
    main = settings.save(tmp_path / "exporter.yml", config)
    result = exporter("check", "-c", main)
    assert result.code == 1
    said = result.stderr.splitlines()
    assert len(said) == len(wrong), said
    for number, line in wrong.items():
        about = [text for text in said if "%s.yml:5: " % name(number) in text]
        assert len(about) == 1 and re.search(r"\b%s\b" % line.split(":")[0], about[0]), said


def test_right_drop_ins(tmp_path):
    """check counts them."""
    for number in range(3):
        drop_in(tmp_path, number)
    config = settings.merge(CONFIG, {"pipeline": {
        "subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}, "write": to_file(tmp_path)}})
    main = settings.save(tmp_path / "exporter.yml", config)
    result = exporter("check", "-c", main)
    assert (result.code, result.stderr) == (0, "") and "3 pipelines" in result.stdout
