# SPDX-License-Identifier: Apache-2.0
"""Where things are. BUILD in the environment selects another build, such as one with sanitizers."""
import os
import pathlib

TESTS = pathlib.Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
EXPORTER = BUILD / "skydive-exporter"
# In build/VARIANT, with sanitizers, everything is some ten times slower.
SLOWNESS = 10 if BUILD.parent.name == "build" else 1
ANALYZER = BUILD / "tests" / "analyzer"
RECORDINGS = TESTS / "recordings"
GOLDEN = TESTS / "golden"


def recording(name):
    """Return the path of a recording; a missing one is a mistake of the test."""
    path = RECORDINGS / name
    assert path.is_file(), "no recording %s" % path
    return path
