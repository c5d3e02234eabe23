# SPDX-License-Identifier: Apache-2.0
"""Objects that are compressed whole, in memory: killed meanwhile, and many at once."""
import os
import pathlib
import re
import signal
import subprocess

from lib import lives, objects, settings
from lib.export import joined, to_file, to_s3, waiting, whole_flows
from lib.pages import listening
from lib.process import Analyzer, Exporter, exporter as run, until
from lib.s3.sink import Sink
from lib.sent import Sent, prefix_faults
from lib.threads import ran_seconds

FLOWS = 3000                    # of an object: 3.5 MB, of the 4 MiB up to which they are compressed whole
KILLS = 6
BUSY_SECONDS = 0.01             # of a sealer: level 9 takes a tenth of a second, and more, for such an object
TENANTS, SEALERS = 12, 4
BUDGET_KB = 16 * 1024           # for all that are compressed at once
SLOWEST = {"pipeline": {"compress": {"type": "gzip", "gzip": {"level": 9}}}}


def sealing_seconds(pid):
    """CPU of all threads that make objects."""
    return sum(ran_seconds(pid, "sealer"))


def made(folder):
    return set((folder / "spool").glob("*/new/*"))


def killed_life(analyzer, path, folder):
    """Start, and kill once an object is being compressed; returns (begin, end) of what was sent, and whether it was hit."""
    with Exporter(path) as exporter:
        exporter.log("state=subscribed")
        until(lambda: not list((folder / "spool").glob("*/open/*")), "what the life before left, made objects", 30)
        begin, before, spent = lives.place(analyzer), made(folder), sealing_seconds(exporter.process.pid)
        assert "error" not in analyzer.command("resume")
        until(lambda: sealing_seconds(exporter.process.pid) - spent > BUSY_SECONDS, "a sealer that is busy", 30)
        exporter.signal(signal.SIGKILL)
        assert exporter.wait() == -signal.SIGKILL
        analyzer.command("pause")
        return (begin, lives.place(analyzer)), made(folder) <= before


def test_killed_while_one_is_compressed(tmp_path):
    """What was sent is stored from its begin on, once; the store is away until the last life."""
    config = settings.merge({"host_id": "whole", "stop_timeout": 60, **whole_flows(FLOWS)}, SLOWEST)
    with Sink() as sink, Analyzer(lives.RECORDING, pace=20000, options=["--repeat", 0, "--uniq"]) as analyzer:
        sink.behave("status=503")
        path = settings.save(tmp_path / "exporter.yml", joined(config, analyzer, tmp_path, to_s3(sink)))
        analyzer.command("pause")
        found = [killed_life(analyzer, path, tmp_path) for _ in range(KILLS)]
        assert sum(is_hit for _, is_hit in found) >= KILLS / 2, "killed too late: %s" % found
        sink.behave("ok")
        lives.last_life(path, sink, tmp_path)
    stored = sink.objects()
    problems, by_tag = objects.faults(stored), objects.by_tag(stored)
    sent = [Sent(config, lives.RECORDING).between(*part) for part, _ in found]
    for tag, texts in by_tag.items():
        problems += ["%s: %s" % (tag, fault) for fault in prefix_faults([part.get(tag, []) for part in sent], texts)]
    assert by_tag and not problems, "\n".join(problems)[:4000]
    for item in sink.stored.values():
        assert subprocess.run(["gzip", "-t"], input=item.body, check=False).returncode == 0


def peak_kb(exporter):
    text = pathlib.Path("/proc/%d/status" % exporter.process.pid).read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", text)[1])


def large(folder):
    """Objects of what has addresses."""
    return list((folder / "stored").glob("bucket/*/internal/*/*.gz"))


def test_memory_of_many_at_once(tmp_path):
    """A dozen objects are due at the same instant, and four threads make them: they share the room for it."""
    config = settings.merge(whole_flows(of=100000), settings.merge(SLOWEST, {"pipeline": {
        "classify": {"cluster_net_masks": ["0.0.0.0/0", "::/0"]}, "store": {"buffered": {"max_seconds_per_object": 3600}}}}))
    with Analyzer(lives.RECORDING, pace=3000, options=["--repeat", 5, "--uniq"]) as analyzer:
        base = joined(settings.merge({"host_id": "memory", "workers": SEALERS}, config), analyzer, tmp_path,
                      to_file(tmp_path), {"status": listening(tmp_path)})
        path = settings.save_all(tmp_path, base, {"tenant-%d" % n: {"pipeline": {"store": {"buffered": {
            "filename_prefix": "t%d" % n}}}} for n in range(TENANTS + 1)})
        with Exporter(path, "--progress") as exporter:
            end = analyzer.event("end", 30, unless_ends=exporter)
            lives.settled(exporter, end["flows"])
            before = peak_kb(exporter)
            for n in range(TENANTS):
                os.remove(tmp_path / "exporter.d" / ("tenant-%d.yml" % n))
            assert run("reload", "--wait", "-c", path).code == 0
            until(lambda: len(large(tmp_path)) == TENANTS and not made(tmp_path), "a dozen objects", 60)
            after = peak_kb(exporter)
            assert exporter.stop(60) == 0
    sizes = {len(subprocess.run(["gzip", "-dc", file], check=True, capture_output=True).stdout) for file in large(tmp_path)}
    print("%d kB, then %d kB; objects of %s bytes" % (before, after, sizes))
    assert 3 << 20 < min(sizes) <= max(sizes) < 4 << 20
    assert after - before <= BUDGET_KB and waiting(tmp_path) == []
