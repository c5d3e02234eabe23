# SPDX-License-Identifier: Apache-2.0
"""What fuzzing found is read again, by the same targets built with the ordinary compiler."""
import os
import resource
import subprocess
import tempfile

import pytest

from fuzz import corpora
from lib import paths

MEMORY = 512 << 20


def bounded(memory, seconds):
    """Limits for a child; with sanitizers the address space says nothing."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if paths.SLOWNESS == 1:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return limit


def replay(target, inputs, memory=MEMORY, seconds=60):
    """Give files to a target; returns how many there were and the most memory it had, in KiB."""
    program = paths.BUILD / "tests" / "fuzz" / ("replay_" + target)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as files:    # of a target that writes some
        done = subprocess.run([program, *inputs], preexec_fn=bounded(memory, seconds), env={**os.environ, "TMPDIR": files},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=3 * seconds)
        left = os.listdir(files)
    assert done.returncode == 0, "%s: %d\n%s" % (target, done.returncode, done.stderr[-4000:])
    assert left == [], "%s left files behind" % target
    files, _, kib, _ = done.stdout.split()
    return int(files), int(kib)


@pytest.mark.parametrize("target", corpora.targets())
def test_corpus(target, tmp_path):
    """Every input of the merged corpus, of the recordings and of those made by hand keeps the target's rules."""
    count = corpora.unpack(target, tmp_path)
    assert corpora.archive(target).exists(), "no corpus: make fuzz-merge"
    files, _ = replay(target, [tmp_path])
    assert files == count


def test_corpora_are_small():
    """All corpora together take at most 2 MB of the repository."""
    assert sum(path.stat().st_size for path in corpora.HERE.rglob("*") if path.is_file()
               and path.suffix not in (".c", ".h", ".py")) <= 2000000
