# SPDX-License-Identifier: Apache-2.0
"""The model of a partition that is stored once, whoever reads it: no rule too few, none too many."""
import pytest

from lib.kafka.shards import RULES, Borders, Cut, World

WORLDS = 300
RIGHT = ({}, set())


def test_every_flow_is_stored_once():
    """With kills, zombies that store late, objects stored in any order and partitions that are quiet; and a key has the same
    flows whoever stores it."""
    assert [seed for seed in range(WORLDS) if World(seed).run() != RIGHT] == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_needed(rule):
    """Without it flows are lost, stand in two objects, or a key has other flows later."""
    assert any(World(seed, without=rule).run() != RIGHT for seed in range(WORLDS))


def test_borders():
    """A cut stands before the message that takes the clock over a multiple, never where nothing was taken; a time that goes
    back changes nothing."""
    borders = Borders(10, Cut(5, None))
    assert [borders.take(offset, time) for offset, time in ((5, 12), (6, 19), (7, 11), (8, 20), (9, 18), (12, 45))] == [
        [], [], [], [Cut(8, 19)], [], [Cut(12, 20)]]
    borders = Borders(10, Cut(8, 19), [Cut(10, 24), Cut(11, 25)])
    assert [borders.take(offset, time) for offset, time in ((8, 20), (10, 24), (12, 26))] == [
        [], [Cut(10, 24)], [Cut(11, 25)]]
