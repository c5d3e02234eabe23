# SPDX-License-Identifier: Apache-2.0
"""Two pipelines must not share a place or a name, however they are spelt, and a folder that is lost removes nobody."""
import os
import signal

import pytest

from lib import settings
from lib.export import joined, to_file, whole_flows
from lib.pages import listening, status
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter

BASE = {"host_id": "", "pipeline": {
    "subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}, "transform": {"type": "none"},
    "store": {"buffered": {"max_flows_per_object": 10, "max_seconds_per_object": 60, "max_seconds_per_stream": 86400,
                           "max_flow_array_size": 10}}}}


def s3(endpoint, region="r"):
    return {"type": "s3", "s3": {"endpoint": endpoint, "region": region, "access_key": "a", "secret_key": "b"}}


def at(directory):
    return {"type": "file", "file": {"directory": directory}}


SAME = {
    "slash": (("b", "logs", s3("http://h:9000")), ("b", "logs", s3("http://h:9000/"))),
    "capitals": (("b", "logs", s3("http://h:9000")), ("b", "logs", s3("HTTP://H:9000"))),
    "dot-behind-host": (("b", "logs", s3("http://h.example:9000")), ("b", "logs", s3("http://h.example.:9000"))),
    "usual-port": (("b", "logs", s3("https://h")), ("b", "logs", s3("h:443"))),
    "own-endpoint": (("b", "logs", s3("", "eu-west-1")), ("b", "logs", s3("https://s3.eu-west-1.amazonaws.com"))),
    "path": (("b", "logs", s3("https://h/v1")), ("b", "logs", s3("https://h/v1/"))),
    "parted": (("b", "x/logs", s3("http://h")), ("b/x", "logs", s3("http://h"))),
    "dots": (("b", "logs", s3("http://h")), ("b/.", "a/../logs//", s3("http://h"))),
    "file-slash": (("b", "logs", at("DIR/out")), ("b", "logs", at("DIR/out/"))),
    "file-parted": (("b", "logs", at("DIR/out")), ("", "logs", at("DIR/out/b"))),
    "file-link": (("b", "logs", at("DIR/out")), ("b", "logs", at("DIR/link"))),
    "file-link-inside": (("b", "logs", at("DIR/out")), ("b", "logs", at("DIR/link/../out"))),
}
OTHER = {
    "bucket": (("b", "logs", s3("http://h")), ("c", "logs", s3("http://h"))),
    "port": (("b", "logs", s3("http://h")), ("b", "logs", s3("http://h:9000"))),
    "path": (("b", "logs", s3("https://h/v1")), ("b", "logs", s3("https://h/v2"))),
    "key-in-capitals": (("b", "logs", s3("http://h")), ("b", "LOGS", s3("http://h"))),
    "writer": (("b", "logs", s3("http://h")), ("b", "logs", at("DIR/out"))),
}


def pipeline(folder, place):
    dirname, prefix, write = place
    if write["type"] == "file":
        write = at(write["file"]["directory"].replace("DIR", str(folder)))
    return {"pipeline": {"store": {"buffered": {"dirname": dirname, "filename_prefix": prefix}}, "write": write}}


def check(folder, places):
    (folder / "out").mkdir()
    os.symlink(folder / "out", folder / "link")
    base = {**BASE, "spool": {"directory": str(folder / "spool")}}
    return exporter("check", "-c", settings.save_all(folder, base, {
        "abc"[i]: pipeline(folder, place) for i, place in enumerate(places)}))


@pytest.mark.parametrize("name", SAME)
def test_one_place_in_two_spellings_is_refused(name, tmp_path):
    result = check(tmp_path, SAME[name])
    assert result.code == 1 and "pipelines a and b write to the same bucket and prefix" in result.stderr, result


@pytest.mark.parametrize("name", OTHER)
def test_other_places_are_fine(name, tmp_path):
    result = check(tmp_path, OTHER[name])
    assert result.code == 0, result


def test_who_wants_another_connection_to_one_analyzer_is_refused_alone(tmp_path):
    """The first has it; who agrees with the first is not told of the second."""
    users = {"a": "ann", "b": "bob", "c": "ann"}
    base = {**BASE, "spool": {"directory": str(tmp_path / "spool")}}
    result = exporter("check", "-c", settings.save_all(tmp_path, base, {
        name: settings.merge(pipeline(tmp_path, ("b", name, s3("http://h"))), {"pipeline": {
            "subscriber": {"auth": {"username": user, "password": "x"}}}}) for name, user in users.items()}))
    told = [line for line in result.stderr.splitlines() if "subscribe to one URL" in line]
    assert result.code == 1 and len(told) == 1 and "pipelines a and b " in told[0] and "b.yml" in told[0], result


@pytest.mark.parametrize("files", [("one/acme.yml", "two/acme.yml"), ("one/acme", "one/acme.yml"),
                                   ("one/acme.yml", "two/Acme.yml")])
def test_two_files_of_one_name_are_refused(files, tmp_path):
    """Both are named, and neither is read: whose flows would be stored where?"""
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        settings.save(tmp_path / file, pipeline(tmp_path, ("b", file, s3("http://h"))))
    main = settings.save(tmp_path / "main.yml", {**BASE, "include": "*/*[cl]*",
                                                 "spool": {"directory": str(tmp_path / "spool")}})
    result = exporter("check", "-c", main)
    line = [text for text in result.stderr.splitlines() if "has the name of that of" in text]
    assert result.code == 1 and len(line) == 1 and all(str(tmp_path / file) in line[0] for file in files), result


def drop_in(analyzer, folder, prefix):
    return joined(whole_flows(), analyzer, folder, to_file(folder), {
        "pipeline": {"store": {"buffered": {"filename_prefix": prefix}}}})


def test_a_reload_adds_nobody_to_a_place_that_is_taken(tmp_path):
    """Whoever is there goes on alone; the other is told, and does not run."""
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=400) as analyzer:
        base = joined(settings.merge({"host_id": "x"}, whole_flows()), analyzer, tmp_path, to_file(tmp_path), {"status": listening(tmp_path)})
        place = {"pipeline": {"store": {"buffered": {"filename_prefix": "one"}}}}
        path = settings.save_all(tmp_path, base, {"one": place})
        with Exporter(path) as running:
            running.log("state=subscribed")
            settings.save(tmp_path / "exporter.d" / "two.yml", place)
            done = exporter("reload", "--wait", "-c", path)
            assert done.code == 1 and "same bucket and prefix" in done.stdout + done.stderr, done
            assert [tenant["name"] for tenant in status(tmp_path)["tenants"]] == ["one"]
            assert running.stop() == 0


def test_a_reload_without_the_folder_removes_nobody(tmp_path):
    """The folder of the drop-ins is gone, or cannot be read: what runs goes on, and it is said what is wrong."""
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=500, options=["--repeat", 0, "--uniq"]) as analyzer:
        base = {"host_id": "x", "spool": {"directory": str(tmp_path / "spool")}, "status": listening(tmp_path)}
        path = settings.save_all(tmp_path, base, {name: {"pipeline": drop_in(analyzer, tmp_path, name)["pipeline"]}
                                                  for name in ("a", "b")})
        with Exporter(path) as program:
            program.log("state=subscribed")
            (tmp_path / "exporter.d").rename(tmp_path / "gone")
            program.signal(signal.SIGHUP)
            program.log("cannot read the folder")
            (tmp_path / "gone").rename(tmp_path / "exporter.d")
            program.signal(signal.SIGHUP)
            program.log("reload=done .* removed=0 kept=2")
            assert "state=ended" not in program.err.text()
            assert program.stop() == 0
