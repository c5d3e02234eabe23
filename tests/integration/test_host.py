# SPDX-License-Identifier: Apache-2.0
"""The command as a host: which shared object it takes (the one beside it, so that a build is tested and not what is
installed), and what it writes to standard error."""
import os
import re
import shutil
import subprocess

import pytest

from golden import cases
from lib import pages, settings, strace
from lib.export import joined, to_file, whole_flows
from lib.paths import BUILD, EXPORTER
from lib.process import Analyzer, Exporter, environment, until
from lib.websocket import Raw

OBJECT = "skydive-exporter.so"


def log_lines(folder, extra):
    """Run an exporter whose source refuses it, with this environment of its own; returns its standard error."""
    with Raw() as raw:
        path = settings.save(folder / "exporter.yml", joined(whole_flows(), raw, folder, to_file(folder)))
        with open(folder / "stderr", "w", encoding="utf-8") as err:
            about = os.fstat(err.fileno())
            stream = {"JOURNAL_STREAM": extra % (about.st_dev, about.st_ino)} if "%" in extra else {"JOURNAL_STREAM": extra}
            run = subprocess.Popen([EXPORTER, "run", "-c", path, "--progress"], stdin=subprocess.DEVNULL, stderr=err,
                                   env=environment(stream))
        raw.answer(b'HTTP/1.1 409 Conflict\r\n\r\n')
        raw.answer(b'HTTP/1.1 404 Not Found\r\n\r\n')
        try:
            until(lambda: "state=no-analyzer" in (folder / "stderr").read_text(encoding="utf-8"), "a line")
            run.terminate()
            assert run.wait(20) == 0
        finally:
            run.kill()
            run.wait()
    return (folder / "stderr").read_text(encoding="utf-8").splitlines()


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.mark.parametrize("stream, has_time", [
    ("", True), ("1:1", True), ("nonsense", True), ("%d:%d", False)], ids=["none", "another", "nonsense", "journal"])
def test_lines_have_a_time(stream, has_time, tmp_path):
    """Unless standard error is the journal, which adds one: systemd.exec(5), JOURNAL_STREAM."""
    lines = log_lines(tmp_path, stream)
    progress = [line for line in lines if line.startswith("flows=")]
    log = [line for line in lines if line not in progress]
    assert progress and log
    for line in log:
        assert re.match(r"(%s )?(info|warning) \w+=" % TIME, line) and bool(re.match(TIME, line)) == has_time, line
    for line in progress:
        assert bool(re.search(" time=%s$" % TIME, line)) == has_time, line


def test_progress_says_how_much_and_why_not(tmp_path):
    """Rates, and why flows made no records."""
    case = cases.by_name("old-vpclogs")
    with Analyzer(*case.inputs, topology=case.topology, pace=400) as analyzer:
        change = {"status": {"listen": "unix:%s" % (tmp_path / "status.sock")}}
        path = settings.save(tmp_path / "exporter.yml", joined(
            settings.load(case.config), analyzer, tmp_path, to_file(tmp_path), change))
        with Exporter(path, "--progress") as run:
            _, line = run.log(r"^flows=\d+ records=\d+ .* flows/s=[1-9]\d* records/s=[1-9]")
            assert 100 < int(re.search(r"flows/s=(\d+)", line)[1]) < 1600, line
            analyzer.event("end", 60, unless_ends=run)
            sent = analyzer.stats()["sent_flows"]
            _, line = run.log(r"^flows=%d .* flows/s=0 .* without a record: " % sent, 20)
            c = pages.counters(tmp_path)
            assert "no transport: %d" % c["flows_dropped_no_transport"] in line and c["flows_dropped_no_transport"] > 0
            without = sum(int(n) for n in re.findall(r" [a-z ]+: (\d+)", line.split(" without a record:")[1]))
            assert c["flows_transformed"] + without == c["flows_received"]
            assert run.stop() == 0


@pytest.mark.parametrize("has_object", [True, False], ids=["beside", "none-beside"])
def test_object_beside_the_command(has_object, tmp_path):
    """It is taken, and no other is even looked for; without one it is the installed one."""
    command = shutil.copy(EXPORTER, tmp_path)
    if has_object:
        shutil.copy(BUILD / OBJECT, tmp_path)
    trace = tmp_path / "trace"
    done = subprocess.Popen([*strace.command(trace, "open,openat,access,faccessat,faccessat2"), command, "version"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    output = done.communicate(timeout=60)
    asked = re.findall(r'"([^"]*/%s)"' % re.escape(OBJECT), "\n".join(strace.lines(trace, done.pid)))
    if has_object:
        assert set(asked) == {str(tmp_path / OBJECT)} and done.returncode == 0, (asked, output)
    else:
        assert len(set(asked)) == 2 and asked[-1].endswith("/skydive/extensions/" + OBJECT), (asked, output)
