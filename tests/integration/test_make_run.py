# SPDX-License-Identifier: Apache-2.0
"""`make run` as the README has it."""
import os
import re
import signal
import subprocess

from lib import objects
from lib.paths import BUILD, ROOT, recording
from lib.process import Analyzer, Lines, environment, until

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_analyzer_of_your_own():
    """make run ANALYZER=URL exports from there until Ctrl-C, with a line of progress a second."""
    written = re.search(r"^    make run (ANALYZER=)ws://host:8082(/ws/subscriber/flow)$", README, re.M)
    env = {name: value for name, value in environment().items() if not name.startswith("MAKE")}
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=400, options=["--repeat", 0, "--uniq"]) as analyzer:
        url = "ws://" + analyzer.address + written[2]
        process = subprocess.Popen(["make", "run", written[1] + url, "B=%s" % BUILD.relative_to(ROOT)], cwd=ROOT, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   process_group=0, env=env)
        out, err = Lines(process.stdout), Lines(process.stderr)
        try:
            err.wait(re.compile(r"^flows=[1-9]").search, 60)
            analyzer.command("pause")
            os.killpg(process.pid, signal.SIGINT)
            until(lambda: process.poll() is not None, "the end", 60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert "exporting from %s to build/demo/objects" % url in out.text()
        assert analyzer.stats()["closes"] == {"1000": 1}, err.text()
    stored = objects.read_tree(ROOT / "build" / "demo" / "objects")
    assert stored and objects.faults(stored) == []
