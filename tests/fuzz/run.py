# SPDX-License-Identifier: Apache-2.0
"""Run fuzz targets side by side, each for its share of the time, and say what each did.

    python3 tests/fuzz/run.py [--seconds N] [--merge] FOLDER TARGET...

FOLDER holds the programs libfuzzer_TARGET. What a target finds new is kept in
build/fuzz/TARGET for the next run; with --merge the archives in corpus/ are
made anew, of the fewest inputs that reach the same. An input that breaks a
target is kept in build/fuzz, and the exit status is 1.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fuzz import corpora
from lib import paths

WORK = paths.ROOT / "build" / "fuzz"
OPTIONS = ["-max_len=16384", "-rss_limit_mb=1024", "-timeout=10", "-print_final_stats=1"]
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


def libfuzzer(folder, target, arguments):
    """Run one target to its end; returns its exit code and what it said."""
    command = [str(folder / ("libfuzzer_" + target)), *OPTIONS, "-artifact_prefix=%s/%s-" % (WORK, target), *arguments]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as files:    # of a target that writes some, and may break
        done = subprocess.run(command, env={**os.environ, **SANITIZERS, "TMPDIR": files}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    (WORK / (target + ".log")).write_text(done.stdout)
    return done.returncode, done.stdout


def figure(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def merge(folder, target):
    """Replace the archive by the fewest inputs that reach what all reach."""
    fewest = WORK / (target + ".merged")
    shutil.rmtree(fewest, ignore_errors=True)
    fewest.mkdir()
    code, said = libfuzzer(folder, target, ["-merge=1", str(fewest), str(WORK / target)])
    if code == 0:
        corpora.pack(target, fewest)
    return code, said


def fuzz(folder, target, seconds, merges):
    """Run one target; returns whether it found nothing."""
    seeds = corpora.unpack(target, WORK / target)
    code, said = libfuzzer(folder, target, ["-max_total_time=%d" % max(1, seconds), str(WORK / target)])
    print("%-10s %10d executions %6d edges %6d features %5d inputs (%d at first)%s" % (
        target, figure(r"number_of_executed_units: (\d+)", said), figure(r"cov: (\d+)", said),
        figure(r"ft: (\d+)", said), len(list((WORK / target).iterdir())), seeds,
        "" if code == 0 else "   FOUND SOMETHING"), flush=True)
    if code == 0 and merges:
        code, said = merge(folder, target)
    if code:
        print("\n".join("    " + line for line in said.splitlines()[-60:]), flush=True)
    return code == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="wall clock for all of them (600)")
    parser.add_argument("--merge", action="store_true", help="make the archives anew")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    jobs = len(os.sched_getaffinity(0))
    share = int(options.seconds * jobs / len(options.targets))
    print("%d targets, %d at a time, %d s each" % (len(options.targets), jobs, share), flush=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        fine = list(pool.map(lambda t: fuzz(options.folder, t, share, options.merge), options.targets))
    print("%d targets found nothing, %d found something" % (fine.count(True), fine.count(False)))
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
