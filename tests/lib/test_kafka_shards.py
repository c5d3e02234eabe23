# SPDX-License-Identifier: Apache-2.0
"""The model of a partition that is stored once, whoever reads it: no rule too few, none too many."""
import random
import subprocess

import pytest

from lib.kafka.shards import RULES, Borders, Cut, World
from lib.paths import BUILD

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


def of_the_product(place, announced, messages):
    """The cuts that the product makes."""
    text = " ".join(["skydive-exporter/1", "-" if place.clock is None else str(place.clock), *map("%d:%d".__mod__, announced)])
    done = subprocess.run([str(BUILD / "tests" / "borders"), "10", str(place.offset), text], check=True, capture_output=True,
                          text=True, input="".join("%d %d\n" % m for m in messages))
    return [Cut(*map(int, line.split(":"))) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("seed", range(20))
def test_the_product_cuts_like_the_model(seed):
    """Offsets with gaps, times that go back, announced cuts anywhere."""
    dice = random.Random(seed)
    offsets = sorted(dice.sample(range(100, 400), 150))
    messages = [(offset, offset // 3 - dice.choice((0, 0, 2, 15))) for offset in offsets]
    place = Cut(100, dice.choice((None, 30, 55)))
    announced = [Cut(offset, offset // 3) for offset in sorted(dice.sample(range(101, 400), dice.randrange(9)))]
    borders = Borders(10, place, announced)
    expected = [cut for offset, time in messages for cut in borders.take(offset, time)]
    assert len(expected) > 5 and of_the_product(place, announced, messages) == expected
