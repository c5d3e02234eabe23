# SPDX-License-Identifier: Apache-2.0
"""Lint without one of its tools fails and names it; it does not pass what it could not look at."""
import os
import subprocess

import pytest

from lib.paths import ROOT
from lib.process import environment

TOOLS = ["awk", "clang", "clang-format", "gcc", "grep", "nm", "shellcheck", "xargs"]


def lint(folder, without=None):
    """Run the quickest rule with the tools of a folder made for it."""
    for name in os.listdir("/usr/bin"):
        if name != without:
            os.symlink("/usr/bin/" + name, folder / name)
    return subprocess.run([ROOT / "tests" / "lint" / "run.sh", "targets"], capture_output=True, text=True, timeout=60,
                          env=environment({"PATH": str(folder)}))


@pytest.mark.parametrize("tool", TOOLS)
def test_missing_tool(tool, tmp_path):
    done = lint(tmp_path, tool)
    assert done.returncode == 1 and "not installed: %s;" % tool in done.stdout, done


def test_all_tools(tmp_path):
    done = lint(tmp_path)
    assert done.returncode == 0, done
