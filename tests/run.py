# SPDX-License-Identifier: Apache-2.0
"""Run test suites and end with one line: N passed, N failed.

    python3 tests/run.py [options] SUITE...

A SUITE is
    a program         built with cmocka; its tests are counted one by one
    a folder or .py   run by pytest; FOLDER@BUILD with the product of that build
    NAME=COMMAND      any command; one test, passed when it exits with 0

Folders and .py files without a build are one run of pytest, with several tests
at once. Everything else runs beside it, in the order given, one after the
other, but programs two at a time; what stands behind a "+" is a lane of its
own, beside that before it. Commands, such as compilers, get what the tests
leave of the machine. Tests with the mark "alone" come last, one at a time, with
nothing beside them.

What tests leave in their folders stays below /tmp until the next run from the
same place begins.

Output is passed on as it comes, that of what runs beside when it ends. SIGTERM
and SIGINT end everything that was started. A
skipped test counts as failed, and so does a suite that ran no test, crashed or
took longer than its limit. Exit status: 0 all passed, 1 some failed, 2 wrong
usage.
"""
import argparse
import collections
import concurrent.futures
import itertools
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as xml

Test = collections.namedtuple("Test", "name seconds problem")
USUAL = "not minio and not soak and not cluster"
NO_TESTS = 5                    # pytest's exit code
PYTEST = [sys.executable, "-m", "pytest", "-c", str(pathlib.Path(__file__).parent / "pytest.ini")]
PRINTING = threading.Lock()     # of what several lanes say
PROGRAMS = 2                    # at once in a lane
BUILD = pathlib.Path(__file__).resolve().parents[1] / "build"
LEFT = BUILD / "left-by-tests"  # a link to the folder
COMPILED = BUILD / "pycache"    # what Python makes of its sources, once for all processes
UPTIME_S = 1000 * 86400         # a test that takes an instant of its own for one of CLOCK_MONOTONIC fails after so long


class Runner:
    """Runs commands, from several threads, and ends them all when it is closed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.closed = False
        self.folder = None
        self.folders = itertools.count()

    def new_folder(self):
        """Return where a run of pytest may make its folder. It need not be removed, which can take half a minute."""
        with self.lock:
            if not self.folder:
                self.folder = kept_folder()
            return self.folder / str(next(self.folders))

    def run(self, command, limit, out, env=None):
        """Run a command that prints to the file out; returns its exit code, or None if it had to be killed."""
        out.flush()
        process = self._start(command, out, {**os.environ, "PYTHONDONTWRITEBYTECODE": "",
                                             "PYTHONPYCACHEPREFIX": str(COMPILED), **(env or {})})
        if process is None:
            return None
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with self.lock:
                self.running.discard(process)
            end(process)

    def _start(self, command, out, env):
        with self.lock:
            if self.closed:
                return None
            # A group, not a session: between sessions the kernel shares the machine equally, however nice they are.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                       process_group=0, env=env)
            self.running.add(process)
            return process

    def close(self):
        """Kill what runs, and start nothing more."""
        with self.lock:
            self.closed = True
            for process in self.running:
                end(process)


def kept_folder():
    """Make the folder for this run; that of the run before is removed meanwhile."""
    if LEFT.is_symlink():
        subprocess.Popen(["nice", "-n", "19", "rm", "-rf", os.readlink(LEFT)], stdin=subprocess.DEVNULL)
        LEFT.unlink()
    folder = tempfile.mkdtemp(prefix="tests-")
    LEFT.parent.mkdir(exist_ok=True)
    LEFT.symlink_to(folder)
    return pathlib.Path(folder)


def end(process):
    """Kill what is left of a process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def verdict(code, limit):
    """Say what is wrong with an exit code, None if nothing."""
    if code is None:
        return "killed after %g s" % limit
    return None if code == 0 else ("signal %d" % -code if code < 0 else "exit code %d" % code)


def cases(path, suite):
    """Read the tests of a JUnit file, as pytest and cmocka write it."""
    found = []
    for case in xml.parse(path).getroot().iter("testcase"):
        problem = None
        for kind in ("failure", "error", "skipped"):
            node = case.find(kind)
            if node is not None:
                problem = kind + ": " + (node.get("message") or node.text or "").strip()
        where = "%s::%s" % (case.get("classname") or suite, re.sub(r"@[\w.]+$", "", case.get("name")))
        found.append(Test(where, float(case.get("time") or 0), problem))
    return found


def read_all(folder, suite, code, limit):
    """Read every JUnit file of a folder; a file that is cut short and an exit code nothing explains are failures."""
    found = []
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        try:
            found += cases(path, suite)
        except xml.ParseError as error:
            found.append(Test(suite, 0, "unreadable result: %s" % error))
    failed = verdict(code, limit)
    if failed and not any(test.problem for test in found):
        found.append(Test(suite, 0, failed))
    return found


def variant(build):
    """Return what tells the tests of a build from those of the usual one."""
    return "" if build.name == "build" else build.name + "/"


def run_cmocka(program, runner, options, out):
    """Run a cmocka program; it says what happened in XML, which we turn into lines."""
    path = pathlib.Path(program).absolute()
    of = variant(path.parents[2]) if len(path.parents) > 2 else ""
    suite = of + path.name
    # The other builds run with the machine's own uptime, which may be short.
    under = [] if of else ["unshare", "--time", "--monotonic", str(UPTIME_S), "--boottime", str(UPTIME_S), "--fork"]
    with tempfile.TemporaryDirectory() as folder:
        code = runner.run([*under, path], options.limit, out,
                          {"CMOCKA_MESSAGE_OUTPUT": "XML", "CMOCKA_XML_FILE": folder + "/%g.xml"})
        found = read_all(folder, suite, code, options.limit)
    for test in found:
        print("%s %s" % ("ok    " if test.problem is None else "FAILED", test.name), file=out)
        if test.problem:
            print(test.problem, file=out)
    return found


def run_pytest(paths, select, runner, options, out, extra=(), build=None):
    """Run pytest on folders and files, of whose tests it takes those that select names; they may be none."""
    suite = " ".join(paths)
    with tempfile.TemporaryDirectory() as folder:
        command = [*PYTEST, "-v", "--junitxml", folder + "/result.xml", "--basetemp", runner.new_folder(),
                   "-m", select, *extra, *paths]
        code = runner.run(command, options.suite_limit, out, {"BUILD": build} if build else None)
        if code == NO_TESTS:
            return []
        found = read_all(folder, suite, code, options.suite_limit)
    return [test._replace(name=variant(pathlib.Path(build)) + test.name) for test in found] if build else found


def compile_all(paths, runner, options):
    """Let Python compile the tests once, before several processes want to at the same time."""
    if paths:
        with open(os.devnull, "w") as nobody:
            runner.run([*PYTEST, "--collect-only", "-q", *paths], options.limit, nobody)


def run_command(suite, runner, options, out):
    """Run a command with low priority."""
    name, command = suite.split("=", 1)
    begin = time.monotonic()
    code = runner.run(["nice", "-n", "19", *shlex.split(command)], options.limit, out)
    return [Test(name, time.monotonic() - begin, verdict(code, options.limit))]


def several(workers):
    """Return the options of pytest for so many tests at once."""
    return "-n", str(workers), "--dist", "loadgroup"


def is_for_pytest(suite):
    return suite.endswith(".py") or os.path.isdir(suite)


def is_program(suite):
    return "@" not in suite and ("=" not in suite or os.path.exists(suite))


def run_one(suite, runner, options, out):
    """Run a suite of those that run beside pytest, of whatever kind."""
    if is_program(suite):
        return run_cmocka(suite, runner, options, out)
    path, _, build = suite.rpartition("@")
    if is_for_pytest(path):
        return run_pytest([path], USUAL, runner, options, out, several(2), build)
    return run_command(suite, runner, options, out)


def counted(suite, run, out):
    """Run a suite by run(out), between lines that tell of it; returns its tests."""
    print("\n=== %s" % suite, file=out, flush=True)
    begin = time.monotonic()
    try:
        found = run(out)
    except OSError as error:
        found = [Test(suite, 0, str(error))]
    bad = [t for t in found if t.problem]
    print("--- %s: %d passed, %d failed, %.1f s" % (
        suite, len(found) - len(bad), len(bad), time.monotonic() - begin), file=out, flush=True)
    return found


def run_and_print(suite, runner, options):
    """Run a suite of those that run beside pytest, and print its output when it ends; returns its tests."""
    with tempfile.TemporaryFile("w+", errors="replace") as out:
        found = counted(suite, lambda out: run_one(suite, runner, options, out), out)
        out.seek(0)
        with PRINTING:
            print(out.read(), end="", flush=True)
    return found or [Test(suite, 0, "ran no test")]


def run_beside(suites, runner, options):
    """Run suites one after the other, but programs some at a time; returns their tests."""
    found = []
    for are_programs, some in itertools.groupby(suites, is_program):
        with concurrent.futures.ThreadPoolExecutor(PROGRAMS if are_programs else 1) as pool:
            for tests in pool.map(lambda suite: run_and_print(suite, runner, options), some):
                found += tests
    return found


def lanes(suites):
    """Split a list of suites at each "+"."""
    found = [[]]
    for suite in suites:
        if suite == "+":
            found.append([])
        else:
            found[-1].append(suite)
    return found


def idle(paths, found):
    """Return a failure for each folder or file of which no test was run."""
    ran = {part for test in found for part in test.name.split("::")[0].split(".")}
    return [Test(path, 0, "ran no test") for path in paths if pathlib.Path(path).stem not in ran]


def run_all(suites, runner, options):
    """Run all suites; returns their tests."""
    paths = [suite for suite in suites if is_for_pytest(suite)]
    others = [suite for suite in suites if suite not in paths]

    def pytest(title, select, *extra):
        return paths and counted(" ".join(paths) + title, lambda out: run_pytest(
            paths, select, runner, options, out, extra), sys.stdout)

    beside = lanes(others)
    with concurrent.futures.ThreadPoolExecutor(len(beside)) as pool:
        try:
            beside = [pool.submit(run_beside, lane, runner, options) for lane in beside]
            compile_all(paths, runner, options)
            if options.markers:
                found = pytest("", options.markers)
            else:
                found = pytest("", USUAL + " and not alone", *several(options.workers))
            found = found + [test for lane in beside for test in lane.result()]
            if not options.markers:
                found += pytest(", alone", USUAL + " and alone")
        finally:
            runner.close()
    return found + idle(paths, found)


def report(found, seconds):
    """Print the slowest and the failed tests and, last, the one line. Returns the exit status."""
    slow = sorted(found, key=lambda t: -t.seconds)[:20]
    print("\n%.0f s in all; slowest:" % seconds)
    for test in slow:
        print("%8.2f s  %s" % (test.seconds, test.name))
    bad = [t for t in found if t.problem]
    if bad:
        print("\nfailed:")
    for test in bad:
        print("  %s: %s" % (test.name, test.problem.splitlines()[0][:200] if test.problem else ""))
    print("\n%d passed, %d failed" % (len(found) - len(bad), len(bad)), flush=True)
    return 1 if bad or not found else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=300, help="seconds for a program or command (300)")
    parser.add_argument("--suite-limit", type=float, default=1200, help="seconds for a run of pytest (1200)")
    parser.add_argument("--workers", type=int, default=6, help="tests at once (6)")
    parser.add_argument("--markers", help="pytest's -m, such as minio; those tests run one at a time")
    parser.add_argument("suites", nargs="+", metavar="SUITE")
    options = parser.parse_args()
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    found = run_all(options.suites, Runner(), options)
    return report(found, time.monotonic() - begin)


if __name__ == "__main__":
    sys.exit(main())
