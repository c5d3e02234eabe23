# SPDX-License-Identifier: Apache-2.0
"""status --audit: whether the store still has what was stored there, and what differs."""
import re

import pytest

from lib import lives, settings
from lib.export import export, joined, to_file, to_s3
from lib.pages import listening
from lib.process import Analyzer, Exporter, exporter
from lib.s3.iam import Iam
from lib.s3.sink import Sink

PREFIX = "logs/l o+g&s"
KEY = "an-api-key"


def stored(folder, write, change=None):
    """Export a recording there; return the path of the configuration."""
    prefix = {"pipeline": {"store": {"buffered": {"filename_prefix": PREFIX}}}}
    export(lives.CONFIG, [lives.RECORDING], (), folder, write, settings.merge(prefix, change or {}))
    return folder / "exporter.yml"


def audit(path, code):
    """Audit; return its lines but the first and the last, and the numbers of that."""
    done = exporter("status", "--audit", "exporter", "-c", path)
    assert (done.code, done.stderr) == (code, ""), done
    head, *lines, last = done.stdout.splitlines()
    assert re.match(r"exporter, .*, since 20\S+Z:$", head), head
    return lines, {name: int(value) for name, value in (part.split("=") for part in last.split())}


def fails(path, code=1):
    done = exporter("status", "--audit", "exporter", "-c", path)
    assert (done.code, done.stdout) == (code, ""), done
    return done.stderr


def all_fine(objects):
    return {"objects": objects, "fine": objects, "missing": 0, "other-size": 0, "not-on-record": 0}


def test_what_differs_in_a_bucket(tmp_path):
    """One is deleted, one cut, one is foreign: it says exactly that, over pages of a few keys."""
    with Sink() as sink:
        path = stored(tmp_path, to_s3(sink))
        keys = sorted(sink.stored)
        sink.page = 3
        assert len(keys) > 9 and audit(path, 0) == ([], all_fine(len(keys)))
        assert sink.requests["list"] == -(-len(keys) // 3)
        cut = sink.stored[keys[4]]
        sink.stored[keys[4]] = cut._replace(body=cut.body[:-1])
        gone = sink.stored.pop(keys[7])
        sink.stored["bucket/%s/foreign" % PREFIX] = cut._replace(body=b"12345")
        sink.stored["bucket/else/where"] = cut
        lines, numbers = audit(path, 1)
    time = r" stored=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    key = [re.escape(key.partition("/")[2]) for key in keys]
    wanted = (r"other-size    %s: bytes=%d found=%d" % (key[4], len(cut.body), len(cut.body) - 1) + time,
              r"missing       %s: bytes=%d" % (key[7], len(gone.body)) + time,
              r"not-on-record %s/foreign: bytes=5" % re.escape(PREFIX))
    assert len(lines) == 3 and all(map(re.fullmatch, wanted, lines)), lines
    assert numbers == {"objects": len(keys), "fine": len(keys) - 2, "missing": 1, "other-size": 1, "not-on-record": 1}


def test_what_differs_in_a_directory(tmp_path):
    path = stored(tmp_path, to_file(tmp_path))
    files = sorted(p for p in (tmp_path / "stored").rglob("*.gz"))
    assert audit(path, 0) == ([], all_fine(len(files)))
    files[0].unlink()
    files[1].write_bytes(b"short")
    (files[2].parent / "foreign").write_bytes(b"x")
    lines, numbers = audit(path, 1)
    begin = len(str(tmp_path / "stored" / "bucket")) + 1
    assert [line.split(": ")[0] for line in lines] == [
        "missing       " + str(files[0])[begin:], "other-size    " + str(files[1])[begin:],
        "not-on-record " + str(files[2].parent / "foreign")[begin:]]
    assert numbers == {"objects": len(files), "fine": len(files) - 2, "missing": 1, "other-size": 1, "not-on-record": 1}


def test_a_strict_store(swift, bucket, tmp_path):
    """Swift checks the signature of the listing, and tells of a bucket that is gone."""
    path = stored(tmp_path, to_s3(swift), {"pipeline": {"store": {"buffered": {"dirname": bucket}}}})
    lines, numbers = audit(path, 0)
    assert lines == [] and numbers == all_fine(numbers["objects"]) and numbers["objects"] > 9
    config = settings.load(path)
    config["pipeline"]["write"]["s3"]["secret_key"] = "wrong"
    settings.save(path, config)
    assert "exporter: cannot list the bucket: 403 SignatureDoesNotMatch" in fails(path)


def test_with_a_token(tmp_path):
    """A store that wants a token of IAM; a refused one is replaced once."""
    with Iam(KEY) as iam, Sink() as sink:
        sink.demand(iam.is_valid)
        path = stored(tmp_path, {"type": "s3", "s3": {
            "endpoint": sink.endpoint, "api_key": KEY, "iam_endpoint": iam.endpoint}})
        assert audit(path, 0) == ([], all_fine(len(sink.stored)))
        iam.keys = {"another"}
        assert "BXNIM0415E" in fails(path) or "API key" in fails(path)
        iam.keys = {KEY}
        sink.demand(lambda headers: False)
        said = fails(path)
    assert said.startswith("skydive-exporter: exporter: cannot list the bucket: 403 AccessDenied"), said
    assert said.endswith("the store does not accept the token of api_key: check its policies\n"), said


def test_a_store_that_refuses(tmp_path):
    with Sink() as sink:
        path = stored(tmp_path, to_s3(sink))
        sink.demand(lambda headers: False)
        assert "403 AccessDenied 'told to': the access key may not list the bucket: allow s3:ListBucket\n" in fails(path)
    assert "exporter: cannot list the bucket: " in fails(path)


def test_objects_of_another_place(tmp_path):
    """They are counted, and not asked for where they cannot be."""
    with Sink() as sink:
        path = stored(tmp_path, to_s3(sink))
        count = len(sink.stored)
        config = settings.load(path)
        config["pipeline"]["store"]["buffered"]["dirname"] = "other"
        settings.save(path, config)
        lines, numbers = audit(path, 0)
        assert not sink.requests["list"]
    assert lines == ["%d objects were stored at another place, by an earlier configuration: they are not looked at" % count]
    assert numbers == all_fine(0)


def test_nothing_to_audit(tmp_path):
    """Nothing was stored yet; nothing can be; nobody is called that; no tenant is named."""
    with Analyzer(lives.RECORDING, clients=0) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(lives.CONFIG, analyzer, tmp_path, to_file(tmp_path)))
        done = exporter("status", "--audit", "exporter", "-c", path)
        assert done.code == 0 and ": nothing is on record in %s/spool/exporter/stored\nobjects=0 " % tmp_path in done.stdout
        nobody = exporter("status", "--audit", "nobody", "-c", path)
        assert nobody.code == 1 and nobody.stderr.endswith('there is no pipeline "nobody"; there is: exporter\n')
        assert exporter("status", "--audit", "-c", path).code == 2
        assert exporter("status", "--audit", "--watch", "exporter", "-c", path).code == 2
        config = settings.load(path)
        config["pipeline"]["write"] = {"type": "stdout"}
        assert 'pipeline "exporter" stores nothing that can be listed' in fails(settings.save(path, config))
    missing = exporter("status", "--audit", "exporter", "-c", tmp_path / "none.yml")
    assert missing.code == 1 and "none.yml" in missing.stderr


def test_while_it_runs(tmp_path):
    """The exporter goes on storing: what it stores meanwhile is neither missing nor foreign."""
    with Sink() as sink, Analyzer(lives.RECORDING, pace=500, options=["--repeat", 0, "--uniq"]) as analyzer:
        change = {"status": listening(tmp_path)}
        path = settings.save(tmp_path / "exporter.yml", joined(lives.CONFIG, analyzer, tmp_path, to_s3(sink), change))
        with Exporter(path) as program:
            sink.wait(lambda s: len(s.stored) > 20)
            for _ in range(5):
                lines, numbers = audit(path, 0)
                assert numbers["fine"] == numbers["objects"] > 0
                # What is in the store is on record a moment later.
                assert numbers["not-on-record"] <= 4, lines
            assert program.stop(60) == 0
        assert audit(path, 0) == ([], all_fine(len(sink.stored)))
