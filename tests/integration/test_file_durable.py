# SPDX-License-Identifier: Apache-2.0
"""The writer "file" says that an object is stored when it is on the disk; only then the spool's copy goes."""
from lib import settings, strace
from lib.export import joined, to_file, whole_flows
from lib.paths import recording
from lib.process import Analyzer, Exporter

CALLS = "rename,fdatasync,fsync,unlink,ftruncate,renameat"


def test_object_and_names_are_synced_before_the_spool_lets_go(tmp_path):
    """For each object: its body and headers, then its folder, and the folders that were made for it."""
    trace = tmp_path / "trace"
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=20000) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined({"host_id": "d", **whole_flows()}, analyzer, tmp_path,
                                                               to_file(tmp_path)))
        with Exporter(path, under=strace.command(trace, CALLS)) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0
    stored, synced, named = str(tmp_path / "stored"), set(), set()
    objects, waits_for = 0, []
    for call in strace.calls(trace, exporter.process.pid):
        if call.name in ("fdatasync", "fsync") and call.path.startswith(stored):
            synced.add(call.path)
            waits_for = [folder for folder in waits_for if folder != call.path]
        elif call.name == "rename" and call.path.startswith(stored):
            assert call.path in synced, "%s has its name before it is on the disk" % call.path
            synced.discard(call.path)
            folder = call.path.rsplit("/", 1)[0]
            waits_for.append(folder)
            while folder not in named and len(folder) > len(stored):
                named.add(folder)
                folder = folder.rsplit("/", 1)[0]
                waits_for.append(folder)
            objects += not call.path.endswith(".headers.part")
        elif "/new/" in call.arguments:
            assert not waits_for, "the spool's copy goes before %s is on the disk" % waits_for
    assert objects > 1
