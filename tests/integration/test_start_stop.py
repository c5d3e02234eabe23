# SPDX-License-Identifier: Apache-2.0
"""One process starts and stops the extension again and again: nothing is left of a life."""
import re

import pytest

from integration.test_drop_ins import CONFIG, drop_in
from lib import objects, pages, settings
from lib.export import joined, to_file, waiting, whole_flows
from lib.paths import BUILD, SLOWNESS, recording
from lib.process import Analyzer, Program

RECORDING = recording("old-netns-mixed.jsonl.gz")
# A build with sanitizers looks for leaks itself.
VALGRIND = ["valgrind", "--leak-check=full"] if SLOWNESS == 1 else []


def live(path, lives):
    """Live so often; returns [(files, threads) after each life] and what valgrind says is left at the end."""
    with Program(VALGRIND + [BUILD / "tests" / "lives", BUILD / "skydive-exporter.so", path, lives]) as host:
        assert host.wait(120) == 0, host.err.text()
    after = [re.match(r"files=(\d+) threads=(\d+) ", line).groups() for line in host.out.text().splitlines()]
    left = dict(re.findall(r"(definitely lost|indirectly lost|possibly lost|still reachable): (.*)", host.err.text()))
    return after, left


@pytest.mark.long
def test_nothing_is_left(tmp_path):
    """Descriptors and threads are the same after each life, and so is memory, whatever the number of lives."""
    for number in range(3):
        drop_in(tmp_path, number, {"pipeline": {"transform": {"type": "vpclogs"}}} if number else None)
    with Analyzer(RECORDING, pace=200, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(CONFIG, analyzer, tmp_path, to_file(tmp_path), {
            "status": {"listen": "127.0.0.1:0"}}))
        (some, left), (more, left_of_more) = live(path, 2), live(path, 4)
    assert len(some) == 2 and len(more) == 4 and len(set(some + more)) == 1, (some, more)
    if VALGRIND:
        assert len(left) == 4 and left == left_of_more
        assert [left[kind] for kind in sorted(left)][:3] == ["0 bytes in 0 blocks"] * 3
    assert waiting(tmp_path) == [] and objects.read_tree(tmp_path / "stored")


# With "." and "..": three streams and the directory that is read; one thread, and one of ThreadSanitizer's.
NOTHING = (6, 4 if BUILD.name == "thread" else 3)
COUNTS = re.compile(r"files=(\d+) threads=(\d+) mappings=(\d+) kilobytes=(\d+)")


def test_nothing_grows_with_reloads(tmp_path):
    """A thousand reloads in one life, of two configurations in turn: the same threads, memory of the same size, no file but
    those of tags that came; and after it nothing is left. With sanitizers memory is theirs: what is lost they say."""
    with Analyzer(RECORDING, pace=200, options=["--repeat", 0, "--uniq"]) as analyzer:
        config = joined(whole_flows(), analyzer, tmp_path, to_file(tmp_path), {"status": pages.listening(tmp_path)})
        other = {"pipeline": {"transform": {"type": "vpclogs"}, "store": {"buffered": {"max_flows_per_object": 77}}}}
        path = settings.save(tmp_path / "exporter.yml", config)
        settings.save(tmp_path / "exporter.yml.other", settings.merge(config, other))
        # One arena: how many glibc has depends on which threads allocate at the same time.
        with Program([BUILD / "tests" / "lives", BUILD / "skydive-exporter.so", path, 1, 1000], {"MALLOC_ARENA_MAX": "1"}) as host:
            assert host.wait(120 * SLOWNESS) == 0, host.err.text()[-3000:]
    *during, after = [tuple(map(int, COUNTS.fullmatch(line).groups())) for line in host.out.lines]
    assert len(during) == 10 and len({threads for _, threads, _, _ in during}) == 1, during
    assert after[:2] == NOTHING, after
    assert during[-1][0] <= during[0][0] + 4, during
    if SLOWNESS == 1:
        assert during[-1][2] <= during[0][2] + 4 and during[-1][3] <= during[0][3] + 2048, during
