# SPDX-License-Identifier: Apache-2.0
"""Run test suites and end with one line: N passed, N failed.

    python3 tests/run.py [options] SUITE...

A SUITE, run in the order given, is
    a program         built with cmocka; its tests are counted one by one
    a folder or .py   run by pytest
    NAME=COMMAND      any command; one test, passed when it exits with 0

Output is passed on as it comes. A skipped test counts as failed, and so does a
suite that ran no test, crashed or took longer than its limit. Exit status: 0
all passed, 1 some failed, 2 wrong usage.
"""
import argparse
import collections
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

Test = collections.namedtuple("Test", "name seconds problem")


def run(command, limit, env=None):
    """Run a command with our output; returns its exit code, or None if it had to be killed."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True,
                               env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})})
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end(process)


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
        where = "%s::%s" % (case.get("classname") or suite, case.get("name"))
        found.append(Test(where, float(case.get("time") or 0), problem))
    return found


def read_all(folder, suite):
    """Read every JUnit file of a folder; one that is cut short counts as a failure."""
    found = []
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        try:
            found += cases(path, suite)
        except xml.ParseError as error:
            found.append(Test(suite, 0, "unreadable result: %s" % error))
    return found


def run_cmocka(program, options):
    """Run a cmocka program; it says what happened in XML, which we turn into lines."""
    suite = os.path.basename(program)
    with tempfile.TemporaryDirectory() as folder:
        code = run([os.path.abspath(program)], options.limit,
                   {"CMOCKA_MESSAGE_OUTPUT": "XML", "CMOCKA_XML_FILE": folder + "/%g.xml"})
        found = read_all(folder, suite)
    for test in found:
        print("%s %s" % ("ok    " if test.problem is None else "FAILED", test.name), flush=True)
        if test.problem:
            print(test.problem, flush=True)
    failed = verdict(code, options.limit)
    if failed and not any(test.problem for test in found):
        found.append(Test(suite, 0, failed))
    return found


def run_pytest(path, options):
    """Run pytest on a folder or file."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-B", "-m", "pytest", "-v", "--junitxml", folder + "/result.xml",
                   "-c", str(pathlib.Path(__file__).parent / "pytest.ini"), str(path)]
        code = run(command + (["-m", options.markers] if options.markers else []), options.suite_limit)
        found = read_all(folder, str(path))
    failed = verdict(code, options.suite_limit)
    if failed and not any(test.problem for test in found):
        found.append(Test(str(path), 0, failed))
    return found


def run_command(suite, options):
    name, command = suite.split("=", 1)
    begin = time.monotonic()
    code = run(shlex.split(command), options.limit)
    return [Test(name, time.monotonic() - begin, verdict(code, options.limit))]


def run_suite(suite, options):
    """Run one suite of whatever kind; returns its tests, at least one."""
    print("\n=== %s" % suite, flush=True)
    begin = time.monotonic()
    try:
        if os.path.isdir(suite) or suite.endswith(".py"):
            found = run_pytest(suite, options)
        elif "=" in suite and not os.path.exists(suite):
            found = run_command(suite, options)
        else:
            found = run_cmocka(suite, options)
    except OSError as error:
        found = [Test(suite, 0, str(error))]
    if not found:
        found = [Test(suite, 0, "ran no test")]
    bad = [t for t in found if t.problem]
    print("--- %s: %d passed, %d failed, %.1f s" % (
        suite, len(found) - len(bad), len(bad), time.monotonic() - begin), flush=True)
    return found


def report(found):
    """Print the slowest and the failed tests and, last, the one line. Returns the exit status."""
    slow = sorted(found, key=lambda t: -t.seconds)[:10]
    print("\nslowest:")
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
    parser.add_argument("--suite-limit", type=float, default=1200, help="seconds for pytest on one folder (1200)")
    parser.add_argument("--markers", help="pytest's -m, such as minio")
    parser.add_argument("suites", nargs="+", metavar="SUITE")
    options = parser.parse_args()
    found = []
    for suite in options.suites:
        found += run_suite(suite, options)
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
