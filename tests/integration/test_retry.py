# SPDX-License-Identifier: Apache-2.0
"""What the store refused and was moved to bad/ is sent again with one command, under the same keys."""
import pytest

from lib import objects, settings
from lib.export import joined, to_s3, waiting, whole_flows
from lib.pages import listening
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter, until
from lib.s3.sink import Sink

RECORDING = recording("old-netns-mixed.jsonl.gz")
FLOWS = 814


def configure(analyzer, folder, sink):
    config = {"host_id": "retry", "stop_timeout": 1, **whole_flows(50, "gzip")}
    return settings.save(folder / "acme.yml", joined(config, analyzer, folder, to_s3(sink), {
        "status": listening(folder)}))


def refused(folder, path, analyzer):
    """Let all objects be made while the store is down, and put them where the refused ones are."""
    with Exporter(path) as program:
        analyzer.event("end", 60, unless_ends=program)
        assert program.stop() == 0
    new, bad = (folder / "spool" / "acme" / name for name in ("new", "bad"))
    files = sorted(new.iterdir())
    assert len(files) > 10
    for file in files:
        file.rename(bad / file.name)
    (bad / "0000000000009999").write_bytes(b"no object")
    return len(files)


def stored_all(folder, sink):
    until(lambda: waiting(folder) == ["spool/acme/bad/0000000000009999"], "all but what is no object", 30)
    found = sink.objects()
    assert sum(len(o.records) for o in found) == FLOWS and sink.rewritten == []
    assert objects.faults(found) == []


@pytest.mark.parametrize("runs", [True, False], ids=["running", "at-the-next-start"])
def test_refused_objects_are_sent_again(runs, tmp_path):
    with Sink() as sink, Analyzer(RECORDING, pace=20000) as analyzer:
        sink.behave("status=503")
        path = configure(analyzer, tmp_path, sink)
        count = refused(tmp_path, path, analyzer)
        sink.release()
        if not runs:
            result = exporter("retry", "-c", path, "acme")
            assert result.code == 0 and "next reload or start" in result.stdout, result
        with Exporter(path) as program:
            program.log("state=started")
            if runs:
                assert len(waiting(tmp_path)) == count + 1 and not sink.stored
                result = exporter("retry", "-c", path)
                assert result.code == 0 and "the running exporter was told" in result.stdout, result
                assert "acme: %d files of bad/" % (count + 1) in result.stdout
            program.log("tenant=acme spool=bad/ retry: %d objects are sent again, 1 files" % count)
            stored_all(tmp_path, sink)
            assert program.stop() == 0


def test_nothing_to_send_again(tmp_path):
    with Sink() as sink, Analyzer(RECORDING, pace=20000) as analyzer:
        path = configure(analyzer, tmp_path, sink)
        with Exporter(path) as program:
            program.log("state=started")
            for arguments in ([], ["acme"], ["other"]):
                result = exporter("retry", "-c", path, *arguments)
                assert result.code == 1 and "nothing is in bad/" in result.stderr, result
            assert program.stop() == 0
