# SPDX-License-Identifier: Apache-2.0
"""A spool of the version before is finished by this one, also when the pipeline is changed meanwhile, there and back.

spool-before.tar.xz was written by commit 2d81ca0: lives.RECORDING, objects of 40 flows, a store that took nothing, and
kill -9 with objects finished and open.
"""
import collections
import signal
import tarfile

import pytest

from lib import lives, objects, settings, spoolfiles
from lib.export import joined, to_file, waiting, whole_flows
from lib.paths import recording
from lib.process import Analyzer, Exporter, until

BEFORE = recording("spool-before.tar.xz")
FINISHED, OPEN = 19, 4


def unpack(folder):
    """Lay the spool into the folder; its files are of now, for old ones are dropped."""
    with tarfile.open(BEFORE) as archive:
        for member in archive:
            path = folder / "spool" / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.isfile():
                path.write_bytes(archive.extractfile(member).read())


def files(folder, kind):
    return [path.read_bytes() for path in sorted((folder / "spool" / "exporter" / kind).iterdir())]


def inspect(folder):
    """Return what the spool holds, read without the product: finished {key: body}, and {tag: records} of both kinds."""
    finished, records = {}, collections.defaultdict(list)
    for data in files(folder, "new"):
        item = spoolfiles.sealed_object(data)
        finished[item.key] = item.raw
        records[item.series.rsplit("/", 1)[1]] += item.records
    for data in files(folder, "open"):
        tag, rows = spoolfiles.open_records(data)
        records[tag] += rows
    return finished, {tag: sorted(rows) for tag, rows in records.items()}


def check(folder, finished, records):
    """What was finished is stored as it was; every record is stored once, under its tag."""
    found = objects.read_tree(folder / "stored")
    assert objects.faults(found) == []
    assert {o.key: o.raw for o in found if o.key in finished} == finished
    stored = {tag: sorted(rows) for tag, rows in objects.by_tag(found).items()}
    assert stored == records


def config(folder, analyzer, **change):
    before = settings.merge(whole_flows(40, "gzip"), {"pipeline": {"store": {"buffered": change}}})
    return joined(before, analyzer, folder, to_file(folder))


def test_is_finished(tmp_path):
    """A start without flows stores it all."""
    unpack(tmp_path)
    finished, records = inspect(tmp_path)
    assert len(finished) == FINISHED and len(files(tmp_path, "open")) == OPEN
    with Analyzer(lives.RECORDING, clients=0) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", config(tmp_path, analyzer))
        with Exporter(path) as exporter:
            until(lambda: not waiting(tmp_path), "an empty spool", 60)
            assert exporter.stop() == 0
    check(tmp_path, finished, records)


@pytest.mark.parametrize("there, back", [({}, {"max_flows_per_object": 7}), ({"max_flows_per_object": 7}, {})])
def test_is_finished_across_a_reload(tmp_path, there, back):
    """The store takes nothing until the pipeline was replaced by another one."""
    unpack(tmp_path)
    finished, records = inspect(tmp_path)
    (tmp_path / "stored").write_text("no directory\n")
    with Analyzer(lives.RECORDING, clients=0) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", config(tmp_path, analyzer, **there))
        with Exporter(path) as exporter:
            exporter.log("state=degraded")
            settings.save(path, config(tmp_path, analyzer, **back))
            exporter.signal(signal.SIGHUP)
            exporter.log("reload=done .*changed=1 ")
            (tmp_path / "stored").unlink()
            until(lambda: not waiting(tmp_path), "an empty spool", 60)
            assert exporter.stop() == 0
    check(tmp_path, finished, records)
