# SPDX-License-Identifier: Apache-2.0
"""check --reference: every key, with its type, its default and what it means."""
import re

from lib import settings
from lib.paths import ROOT
from lib.process import exporter

OPTION = re.compile(r'\bOPTION(?:_RANGE|_ENUM)?\(\s*struct \w+,\s*[\w.]+,\s*"([\w.]+)"', re.S)


def rows():
    result = exporter("check", "--reference")
    assert result.code == 0 and result.stderr == "", result
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in result.stdout.splitlines()[2:]]
    assert len(found) > 100 and all(len(cells) == 4 for cells in found), [c for c in found if len(c) != 4]
    return found


def test_each_key_has_a_type_and_a_meaning():
    for key, kind, _, meaning in rows():
        assert re.fullmatch(r"`[\w.]+(\.\*)?`", key) and kind and len(meaning) > 3, (key, kind, meaning)


def test_no_key_stands_twice():
    keys = [row[0] for row in rows()]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)


def test_every_option_of_the_sources_is_there():
    """An option that no section leads to would be one that nobody can find."""
    keys = {row[0].strip("`") for row in rows()}
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "extension").glob("*/*.c")]
    options = {name for text in sources for name in OPTION.findall(text)}
    assert len(options) > 80
    assert [name for name in sorted(options) if not any(key == name or key.endswith("." + name) for key in keys)] == []


def test_defaults_are_as_they_would_be_written(tmp_path):
    """What is printed as a default can be written, and changes nothing."""
    defaults = {row[0].strip("`"): row[2] for row in rows()}
    assert defaults["spool.max_bytes"] == "10GiB" and defaults["topology.lookup_timeout"] == "5s"
    assert defaults["pipeline.subscriber.starvation_timeout"] == "35s" and defaults["topology.peers"] == "address"
    config = {"stop_timeout": defaults["stop_timeout"], "spool": {
        "directory": str(tmp_path / "spool"), "max_bytes": defaults["spool.max_bytes"],
        "max_age": defaults["spool.max_age"], "min_free": defaults["spool.min_free"]}, "pipeline": {
            "subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}, "transform": {"type": "none"},
            "store": {"buffered": {"max_flows_per_object": 1, "max_seconds_per_object": 1, "max_seconds_per_stream": 1,
                                   "max_flow_array_size": 1}}, "write": {"type": "stdout"}}}
    result = exporter("check", "-c", settings.save(tmp_path / "a.yml", config))
    assert result.code == 0, result
