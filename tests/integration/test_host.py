# SPDX-License-Identifier: Apache-2.0
"""Which shared object the command takes: the one beside it, so that a build is tested and not what is installed."""
import re
import shutil
import subprocess

import pytest

from lib import strace
from lib.paths import BUILD, EXPORTER
from lib.process import environment

OBJECT = "skydive-exporter.so"


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
