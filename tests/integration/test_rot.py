# SPDX-License-Identifier: Apache-2.0
"""A start with a damaged spool: what is good reaches the store, the rest is in bad/, and one line says so for each."""
import collections
import re

import pytest

from lib import lives, objects, settings, spoolfiles
from lib.export import joined, to_s3
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink

# What an earlier run left of a tenant: how its file was changed, what line says so, and how many of its batches are
# good: a number, or of the object all or nothing.
Case = collections.namedtuple("Case", "folder change says good")
KEPT = r"damaged at byte \d+; what is behind it was moved to bad/\d{16}"


def borders(data):
    return [frame.start for frame in spoolfiles.frames(data)]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1:]


def middle(data, frame):
    """A place inside the rows of the frame of this number."""
    at = borders(data)
    return (at[frame] + spoolfiles.HEAD + at[frame + 1]) // 2


def zeroed(data, at):
    return data[:at] + bytes(len(data) - at)


def other_format(text):
    changed = text.replace(b'"format":1,', b'"format":7,')
    assert changed != text
    return changed


OPEN = {
    "open-good": Case("open", lambda data: data, None, None),
    "open-cut": Case("open", lambda data: data[:middle(data, 4)], "ends within a write, which is dropped: bytes=", 3),
    "open-flipped": Case("open", lambda data: flipped(data, middle(data, 4)), KEPT, 3),
    "open-long-frame": Case("open", lambda data: flipped(data, borders(data)[4] + 2), KEPT, 3),
    "open-zeroed": Case("open", lambda data: zeroed(data, middle(data, 2)), KEPT, 1),
    "open-first-rows": Case("open", lambda data: flipped(data, middle(data, 1)), KEPT, 0),
    "open-spec": Case("open", lambda data: flipped(data, 50), "moved to bad/: the spec of its object is damaged", 0),
    "open-old": Case("open", lambda data: spoolfiles.with_spec(data, other_format),
                     "moved to bad/: format 7; this version knows 1", 0),
}
SEALED = {
    "new-good": Case("new", lambda data: data, None, True),
    "new-cut": Case("new", lambda data: data[:-1], "moved to bad/: it is cut", False),
    "new-body": Case("new", lambda data: flipped(data, len(data) - 9), "moved to bad/: its body is damaged", False),
    "new-zeroed": Case("new", lambda data: zeroed(data, 4096), "moved to bad/: its body is damaged", False),
    "new-head": Case("new", lambda data: flipped(data, 30), "moved to bad/: its head is damaged", False),
    "new-empty": Case("new", lambda data: b"", "moved to bad/: it is cut", False),
    "new-old": Case("new", lambda data: spoolfiles.with_envelope(data, other_format),
                    "moved to bad/: it has format 7; this version knows 1", False),
}
CASES = {**OPEN, **SEALED}


def leave_files(folder, analyzer):
    """Run an exporter whose store is down until it is killed; returns an open file and a sealed one of it."""
    found = {}
    for kind, most in (("open", 100000), ("new", 300)):
        config = settings.merge(lives.CONFIG, {"pipeline": {"store": {"buffered": {
            "max_flows_per_object": most, "max_seconds_per_object": 600}}}})
        with Sink() as sink:
            sink.behave("status=503")
            (folder / kind).mkdir()
            path = settings.save(folder / "exporter.yml", joined(config, analyzer, folder / kind, to_s3(sink)))
            with Exporter(path) as exporter:
                exporter.log("state=subscribed")
                analyzer.command("resume")
                files = folder / kind / "spool" / "exporter" / kind
                fits = (lambda text: len(borders(text)) > 8) if kind == "open" else (lambda text: b"/00000000." in text)
                until(lambda: [p for p in files.glob("*") if fits(p.read_bytes())], "a file in %s" % kind)
                exporter.kill()
                analyzer.command("pause")
            # Of finished ones there may be more, in any order: two are made at a time. The first begins a series.
            texts = [p.read_bytes() for p in files.iterdir()]
            found[kind] = max(filter(fits, texts), key=len)
    return found


def put_copy(spool, name, files):
    """Make the spool of a tenant of that name, whose bucket has that name too, with its changed file."""
    case, rename = CASES[name], lambda text: text.replace(b'"dirname":"bucket"', b'"dirname":"%s"' % name.encode())
    change = spoolfiles.with_spec if case.folder == "open" else spoolfiles.with_envelope
    original = change(files[case.folder], rename)
    path = spool / name / case.folder / ("%016d" % (case.folder == "open" and spoolfiles.owner(original) or 5))
    path.parent.mkdir(parents=True)
    path.write_bytes(case.change(original))
    return original


def wanted(case, original):
    """Return the records that are good in a changed file."""
    if case.folder == "new":
        return spoolfiles.sealed_object(original).records if case.good else []
    rows = [frame for frame in spoolfiles.frames(original) if frame.kind == spoolfiles.ROWS][:case.good]
    return objects.split("[" + b"".join(frame.payload for frame in rows).decode().lstrip(",") + "]")[2]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Start with all of them at once, wait until the spool has nothing to send, stop. (sink, log, spool, originals)."""
    folder = tmp_path_factory.mktemp("rot")
    spool = folder / "spool"
    with Analyzer(lives.RECORDING, pace=20000, options=["--repeat", 0, "--uniq"]) as analyzer, Sink() as sink:
        analyzer.command("pause")
        files = leave_files(folder, analyzer)
        originals = {name: put_copy(spool, name, files) for name in CASES}
        (spool / "streams").write_text("no number\n")
        config = joined(lives.CONFIG, analyzer, folder, to_s3(sink))
        tenant = {"pipeline": config.pop("pipeline")}
        path = settings.save_all(folder, config, {name: settings.merge(tenant, {"pipeline": {"store": {"buffered": {
            "dirname": name}}}}) for name in CASES})
        with Exporter(path) as exporter:
            exporter.log("state=subscribed")
            until(lambda: not list(spool.glob("*/open/*")) + list(spool.glob("*/new/*")), "an empty spool")
            assert exporter.stop() == 0
        return sink, exporter.err.text(), spool, originals


@pytest.mark.parametrize("name", CASES)
def test_damaged_file(name, started):
    """The good part of it is stored as it was, the rest is kept, one line says which file and why."""
    sink, log, spool, originals = started
    case = CASES[name]
    found = [item for item in sink.objects() if item.key.startswith(name + "/")]
    assert objects.faults(found) == []
    assert [record for item in found for record in item.records] == wanted(case, originals[name])
    lines = [line for line in log.splitlines() if "tenant=%s spool=%s/" % (name, case.folder) in line]
    assert len(lines) == (case.says is not None), lines
    if case.says:
        assert re.search(case.says, lines[0]), lines[0]
    bad = [path.read_bytes() for path in (spool / name / "bad").iterdir()]
    changed = case.change(originals[name])
    assert all(changed.endswith(kept) for kept in bad)
    assert len(bad) == (case.says is not None and "dropped" not in case.says)


def test_all_of_it_at_once(started):
    """Nothing was stored twice, under two names or for nobody; what it counts is what is there (see process.sane)."""
    sink, log, _, _ = started
    assert len(re.findall("spool=.*/streams is damaged", log)) == 1
    assert sink.rewritten == [] and set(sink.puts.values()) == {1}
    assert {key.split("/")[0] for key in sink.stored} == {
        name for name, case in CASES.items() if case.good is None or case.good}
