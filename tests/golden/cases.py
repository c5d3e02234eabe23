# SPDX-License-Identifier: Apache-2.0
"""The golden cases: what the Go exporter stored for a configuration and some recordings."""
import collections
import json

from golden import differences
from lib import objects, paths, stream

Case = collections.namedtuple("Case", "name config inputs topology stdout cut differences folder")


def load(folder):
    """Read case.json. Its paths are relative to tests/.

    input, topology: what is replayed; stdout: the writer prints; cut: the cut into objects does not depend
    on the clock, so it is compared too; differences: names in differences.py.
    """
    with open(folder / "case.json", encoding="utf-8") as f:
        fields = json.load(f)
    unknown = set(fields) - {"shows", "input", "topology", "stdout", "cut", "differences"}
    assert not unknown, "%s: unknown keys %s" % (folder.name, sorted(unknown))
    return Case(folder.name, folder / "config.yml", [paths.TESTS / p for p in fields["input"]],
                [paths.TESTS / p for p in fields.get("topology", [])], fields.get("stdout", False),
                fields.get("cut", False), fields.get("differences", []), folder)


def every():
    """Return all cases in order of their names."""
    return [load(path.parent) for path in sorted((paths.GOLDEN / "cases").glob("*/case.json"))]


def expected(case):
    """Return the objects expected of us, in key order, for stdout in the order printed."""
    return differences.apply(case, of_go(case))


def of_go(case):
    """Return the objects that the Go exporter stored."""
    if case.stdout:
        return objects.read_stdout(stream.read(case.folder / "expected" / "stdout.txt.gz").decode())
    return objects.read_tree(case.folder / "expected")


def by_name(name):
    return load(paths.GOLDEN / "cases" / name)
