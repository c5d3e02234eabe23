# SPDX-License-Identifier: Apache-2.0
"""The exporter in an analyzer's own process: a Go program that is as busy as one exports with skydive-exporter-preload.so,
and is what it was without; what fails is one line, and the program goes on."""
import collections
import json
import os
import re
import shutil
import subprocess

import pytest

from lib import lives, objects, pages, settings
from lib.export import joined, to_file, to_s3, waiting, whole_flows
from lib.foreign import compiled, extension
from lib.paths import BUILD
from lib.process import Analyzer, Exporter, Program, exporter, until
from lib.s3.sink import Sink
from lib.threads import threads

PRELOAD = BUILD / "skydive-exporter-preload.so"
OBJECT = "skydive-exporter.so"
SKYDIVE = BUILD / "tests" / "skydive"
EXPORTS = int(os.environ.get("EXPORTS", "60"))
NOBODY = collections.namedtuple("Nobody", "address url")("127.0.0.1:1", "ws://127.0.0.1:1/ws/subscriber/flow")
# But KILL and STOP, which nobody can block, and those that glibc keeps for itself.
ALL_SIGNALS = 0xffffffffffffffff & ~sum(1 << number - 1 for number in (9, 19, 32, 33))
CHILD = "[] 0 4"    # no LD_PRELOAD, nothing of ours in its memory, standard streams and the directory of them


class Skydive(Program):
    """The busy program; ends in order with end()."""

    def __init__(self, config=None, preload=PRELOAD, arguments=("analyzer",), program=SKYDIVE):
        env = {"LD_PRELOAD": str(preload)} if preload else {}
        env.update({"SKYDIVE_EXPORTER_CONFIG": str(config)} if config else {})
        super().__init__([program, *arguments, "200"], env, subprocess.PIPE)
        self.out.wait(lambda line: line == "ready", 60)

    def end(self):
        """Returns what it has to say, having compared its exit code and its signals with what they are alone."""
        self.out.wait(lambda line: line == "busy", 60)
        self.process.stdin.close()
        assert self.wait(60) == 7, self.err.text()
        report = json.loads(self.out.lines[-1])
        assert report["Problems"] is None, report
        return report


@pytest.fixture(name="alone", scope="module")
def run_alone():
    """What the program says when nothing is loaded."""
    with Skydive(preload=None) as program:
        return program.end()


def same(report, alone):
    """It has the same signal dispositions; its children inherited nothing.

    But for one that is started while libcurl makes its pair of sockets, which is inheritable until we have found it.
    """
    assert report["Signals"] == alone["Signals"] and report["Environment"] == ""
    others = {child: count for child, count in report["Saw"].items() if child != CHILD}
    assert CHILD in report["Saw"] and sum(others.values()) <= 1, report["Saw"]


def configure(folder, analyzer, write, change=None):
    return settings.save(folder / "exporter.yml", joined(
        whole_flows(20), analyzer, folder, write, {"status": pages.listening(folder), **(change or {})}))


def log(program):
    return [line for line in program.err.lines if "skydive-exporter: " in line]


def blocked_signals(program):
    """Return {name: signals} of the threads that are not the program's own."""
    return {name: int(re.search(r"^SigBlk:\t(\w+)$", text, re.M)[1], 16)
            for name, text in threads(program.process.pid, "status") if name != "skydive"}


def test_exports_inside(alone, tmp_path):
    """Objects go out of it, and what it had received when it ended is in the spool for the next that runs."""
    with Sink() as sink, Analyzer(lives.RECORDING, pace=2000, options=["--repeat", 0, "--uniq"]) as analyzer:
        # On a busy machine the store is slow: with two at a time some would wait, which is told.
        path = configure(tmp_path, analyzer, to_s3(sink), {
            "stop_timeout": 60, "pipeline": {"limits": {"uploads_at_once": 16}}})
        with Skydive(path) as program:
            until(lambda: len(sink.objects()) >= EXPORTS, "%d objects" % EXPORTS, 600)
            threads = blocked_signals(program)
            assert "exporter" in threads and len(threads) > 5
            assert set(threads.values()) == {ALL_SIGNALS}, threads
            same(program.end(), alone)
            assert not [line for line in log(program) if " info " not in line], program.err.text()
        stored = len(sink.objects())
        with Exporter(path) as run:
            until(lambda: not waiting(tmp_path), "an empty spool", 60)
            assert run.stop(60) == 0
        assert len(sink.objects()) > stored


def ask(folder, path, headers=()):
    """POST to the status socket; returns the HTTP status and the text."""
    connection = pages.Local(folder / "status.sock")
    connection.request("POST", path, headers=dict(headers))
    answer = connection.getresponse()
    with answer:
        return answer.status, answer.read().decode()


ASK = """import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/proc/self/fd/%s/status.sock" % sys.argv[1])
s.sendall(b"POST /reload HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\n\\r\\n")
print(s.recv(4096).decode())
"""


def ask_as_another(folder):
    """The same from somebody whom the modes of the socket allow to connect, as root lets be one; returns the answer."""
    folder.chmod(0o755)
    (folder / "status.sock").chmod(0o777)
    way = os.open(folder, os.O_RDONLY)
    try:
        return subprocess.run(["/usr/bin/python3", "-c", ASK, str(way)], pass_fds=[way], user=65534, extra_groups=[],
                              capture_output=True, text=True, timeout=30, check=True).stdout
    finally:
        os.close(way)


def test_reload_by_the_socket(tmp_path, alone):
    """A signal would end an analyzer: reload and retry tell it where it listens, and never by a signal."""
    with Analyzer(lives.RECORDING, clients=0) as analyzer:
        path = configure(tmp_path, analyzer, to_file(tmp_path))
        with Skydive(path) as program:
            program.err.wait(lambda line: "state=subscribed" in line, 30)
            configure(tmp_path, analyzer, to_file(tmp_path), {"stop_timeout": 3})
            done = exporter("reload", "--wait", "-c", path)
            assert done.code == 0 and "configuration 2 is in use" in done.stdout, done
            path.write_text("[", encoding="ascii")
            os.utime(path, (1, 1))
            start = len(program.err.lines)
            assert ask(tmp_path, "/reload")[0] == 202
            program.err.wait(lambda line: "skydive-exporter: reload: " in line and "exporter.yml:2" in line, 30, start)
            pid = str(program.process.pid)
            done = exporter("reload", "--pid", pid)
            assert done.code == 1 and "process %s is an analyzer" % pid in done.stderr
            same(program.end(), alone)


def test_who_may_ask_for_a_reload(tmp_path):
    """Not a browser, not another user of the socket's group; nothing else is asked for; another host has its signal."""
    with Analyzer(lives.RECORDING, clients=0) as analyzer:
        path = configure(tmp_path, analyzer, to_file(tmp_path))
        with Skydive(path) as program:
            program.err.wait(lambda line: "state=subscribed" in line, 30)
            assert ask(tmp_path, "/reload", {"Origin": "http://elsewhere.example"})[0] == 403
            assert ask(tmp_path, "/status")[0] == 405
            assert ask_as_another(tmp_path).startswith("HTTP/1.1 403 "), "needs root"
            assert not [line for line in log(program) if "reload" in line]
            program.end()
        with Exporter(path) as run:
            run.log("state=subscribed")
            assert ask(tmp_path, "/reload")[0] == 501
            assert exporter("reload", "--wait", "-c", path).code == 0
            assert run.stop() == 0


SLEEPER = r"""#include <stdio.h>
#include <unistd.h>
int main(void)
{
	char end;

	puts("ready");
	fflush(stdout);
	return (int)read(0, &end, 1);
}
"""


@pytest.mark.parametrize("kind, says", [
    ("static", "has not loaded it: its program is linked statically"), ("secure", "has not loaded it: its program has file"),
    ("no-file", "has not loaded it: LD_PRELOAD names no file that it can read"),
    ("failed", "has not loaded it: its log says why"), ("elsewhere", "has loaded it: is its configuration another?"),
    ("not-wanted", None)])
def test_status_says_why_it_is_not_loaded(kind, says, tmp_path):
    """ld.so does not say that it ignores LD_PRELOAD: status does, of every analyzer that was to have it."""
    config, command = tmp_path / "exporter.yml", [tmp_path / "skydive", "analyzer"]
    env = {"LD_PRELOAD": str(tmp_path / PRELOAD.name if kind == "no-file" else PRELOAD)} if says else {}
    compiled(tmp_path, "skydive", SLEEPER, *(["-static"] if kind == "static" else []))
    for part in [tmp_path, *list(tmp_path.parents)[:3]]:
        part.chmod(0o755)
    if kind == "secure":
        assert os.getuid() == 0, "needs to be root, to become somebody else"
        (tmp_path / "skydive").chmod(0o2755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    if kind == "elsewhere":
        config = settings.save(config, joined(whole_flows(), NOBODY, tmp_path, to_file(tmp_path)))
    env.update({"SKYDIVE_EXPORTER_CONFIG": str(config)} if kind in ("failed", "elsewhere") else {})
    other = settings.save(tmp_path / "other.yml", {"status": pages.listening(tmp_path)})
    with Program(command, env, subprocess.PIPE) as program:
        program.out.wait(lambda line: line == "ready", 30)
        if says and kind in ("failed", "elsewhere"):
            program.err.wait(lambda line: ("not loaded" if kind == "failed" else "state=") in line, 30)
        done = exporter("status", "-c", other)
        about = "the analyzer, process %d, " % program.process.pid
        assert done.code == 1 and "is it running? nothing answers at " in done.stderr
        assert about + says in done.stderr if says else about not in done.stderr, done.stderr


def test_needs_and_shows_nothing():
    needed = re.findall(r"NEEDED.*\[(.*)\]", subprocess.check_output(["readelf", "-d", PRELOAD], text=True))
    assert needed == ["libc.so.6"]
    assert subprocess.check_output(["nm", "-D", "--defined-only", PRELOAD], text=True) == ""


def beside(folder, kind):
    """A copy of the stub with something else beside it that is not the extension of this version, or not whole."""
    shutil.copy(PRELOAD, folder)
    if kind == "broken":
        (folder / OBJECT).write_bytes((BUILD / OBJECT).read_bytes()[:100000])
    elif kind == "text":
        (folder / OBJECT).write_text("this is none\n", encoding="ascii")
    elif kind != "missing":
        extension(folder, OBJECT, **{"version": {"symbol": "skydive_extension_v2"}, "older": {"size": "0"},
                                     "crash": {"in_open": "raise(SIGSEGV)"}, "abort": {"in_open": "abort()"},
                                     "exit": {"in_open": "_exit(3)"}}[kind])
    return folder / PRELOAD.name


@pytest.mark.parametrize("kind, says", [
    ("missing", "cannot open shared object file"), ("broken", "skydive-exporter.so"), ("text", "file too short"),
    ("version", "it has no skydive_extension_v1"), ("older", "is older"),
    ("crash", "signal 11"), ("abort", "signal 6"), ("exit", "without a result")])
def test_what_cannot_be_loaded_is_one_line(kind, says, alone, tmp_path):
    with Skydive("x.yml", beside(tmp_path, kind)) as program:
        program.err.wait(lambda line: "not loaded: " in line, 30)
        same(program.end(), alone)
        assert len(log(program)) == 1 and says in log(program)[0], program.err.text()


@pytest.mark.parametrize("text, says", [
    (None, "set SKYDIVE_EXPORTER_CONFIG to the configuration"), ("", "pipeline."), ("[", "exporter.yml:2: "),
    ("no file", "there is no such file")], ids=["not-named", "empty", "no-yaml", "no-file"])
def test_wrong_configuration_is_one_line(text, says, alone, tmp_path):
    path = tmp_path / "exporter.yml"
    if text not in (None, "no file"):
        path.write_text(text, encoding="ascii")
    with Skydive(None if text is None else path) as program:
        program.err.wait(lambda line: "not loaded: " in line, 30)
        same(program.end(), alone)
        assert len(log(program)) == 1 and says in log(program)[0], program.err.text()


def test_never_two_loaders(tmp_path, alone):
    """The spool has one: the second says so, whichever it is."""
    with Analyzer(lives.RECORDING, clients=0) as analyzer:
        path = configure(tmp_path, analyzer, to_file(tmp_path))
        with Exporter(path) as first:
            first.log("state=subscribed")
            with Skydive(path) as program:
                program.err.wait(lambda line: "not loaded: " in line, 30)
                same(program.end(), alone)
                assert len(log(program)) == 1 and "spool" in log(program)[0], program.err.text()
            assert first.stop() == 0
        with Skydive(path) as program:
            program.err.wait(lambda line: "state=subscribed" in line, 30)
            second = exporter("run", "-c", path)
            assert second.code == 1 and "spool" in second.stderr
            same(program.end(), alone)


@pytest.mark.parametrize("name, arguments", [("skydive", ("agent",)), ("skydived", ("analyzer",)), ("skydive", ())])
def test_other_programs_do_not_notice(name, arguments, tmp_path):
    """Nothing is loaded or said there, and the variable stays: their children may be analyzers."""
    program = shutil.copy(SKYDIVE, tmp_path / name)
    with Skydive("x.yml", arguments=arguments, program=program) as run:
        report = run.end()
    assert report["Environment"] == str(PRELOAD) and not run.err.text()


def test_other_entries_stay(tmp_path):
    """Of LD_PRELOAD only its own is taken out."""
    other = compiled(tmp_path, "other.so", "int nothing;\n", "-shared", "-fPIC")
    with Skydive(preload="%s %s:%s" % (other, PRELOAD, other)) as program:
        assert program.end()["Environment"] == "%s:%s" % (other, other)
