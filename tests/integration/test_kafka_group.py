# SPDX-License-Identifier: Apache-2.0
"""Exporters of a group that are killed, stopped and joined by others at random, with a store that comes and goes, while two
tenants with different limits store flows of two tags: each tenant stores each flow once. A start and a reload may find other
limits.

CHAOS_SECONDS: how long (default 15). CHAOS_SEEDS: how many times, each with other dice (1), from CHAOS_FIRST on (1).
CHAOS_PACE: flows/s (2000).
"""
import collections
import contextlib
import json
import os
import random
import re
import signal
import threading
import time

import pytest

from integration.test_kafka_in import Feeding, Writer, kafka, make, sink        # noqa: F401
from lib import settings
from lib.export import to_s3, whole_flows
from lib.process import Exporter

SECONDS = int(os.environ.get("CHAOS_SECONDS", 15))
SEEDS = int(os.environ.get("CHAOS_SEEDS", 1))
PACE = int(os.environ.get("CHAOS_PACE", 2000))
FIRST = int(os.environ.get("CHAOS_FIRST", 1))
EACH, PARTITIONS, SESSION = 0.05, 12, 6
# Addresses of a cluster's network, and of none: flows between two of them, or out of it.
TENANTS = {"small": (70, 1), "large": (400, 2)}
TIMES = (1, 1, 2, 3)        # of these
TAGS = {"10.10.0.7": "internal", "192.0.2.9": "egress"}
KEY = re.compile(r"bucket/(small|large)/(\w+)/in-\d+-(\d+)-\d{8}T\d{6}Z-(\d{20})/(\d{8})\.gz")


class TwoTags(Writer):
    """Flows of two tags by turns."""

    def __init__(self, kafka, topic):
        super().__init__(kafka, topic)
        self.plain = self.flow

    def write(self, count, **place):
        for tag, part in zip(TAGS, (count // 2, count - count // 2)):
            self.flow = {**self.plain, "Network": {"Protocol": "IPV4", "A": "10.10.0.1", "B": tag, "ID": 0}}
            super().write(part, **place)


def configure(folder, name, broker, topic, sink, times):
    """A member of the group, whose limits are so many times as high; returns its configuration's path."""
    folder = folder / name
    folder.mkdir(exist_ok=True)

    def tenant(prefix):
        of, interval = (times * limit for limit in TENANTS[prefix])
        config = settings.merge(whole_flows(of), {"pipeline": {
            "subscriber": {"url": "kafka://%s/%s?group=%s" % (broker.address(), topic, topic),
                           "settings": {"session.timeout.ms": 1000 * SESSION, "heartbeat.interval.ms": 500}},
            "store": {"buffered": {"max_seconds_per_object": interval, "filename_prefix": prefix}}}})
        config["pipeline"]["write"] = to_s3(sink)
        return config

    base = {"host_id": name, "stop_timeout": 10, "spool": {"directory": str(folder / "spool")}, "status": {"listen": ""}}
    return settings.save_all(folder, base, {prefix: tenant(prefix) for prefix in TENANTS})


class Group:
    """Members that run, and what happens to them."""

    def __init__(self, dice, stack, start, sink):
        self.dice, self.stack, self.start, self.sink = dice, stack, start, sink
        self.running, self.names = {}, iter("abcdefgh")
        self.story = []

    def join(self, name=None):
        name = name or next(self.names)
        self.running[name] = self.stack.enter_context(Exporter(self.start(name)))
        return name

    def kill(self):
        """One dies, and comes back at once or is missed."""
        name = self.dice.choice(sorted(self.running))
        self.running.pop(name).kill()
        self.pause(self.dice.choice((0, SESSION + 2)))
        return self.join(name)

    def sleep(self):
        """One stops until it is missed, and goes on as a zombie."""
        name = self.dice.choice(sorted(self.running))
        self.running[name].signal(signal.SIGSTOP)
        self.pause(SESSION + self.dice.choice((-4, 1, 4)))
        self.running[name].signal(signal.SIGCONT)
        return name

    def end(self):
        """One ends in good order, and comes back."""
        name = self.dice.choice(sorted(self.running))
        member = self.running.pop(name)
        assert member.stop() == 0, member.err.text()[-4000:]
        return self.join(name)

    def no_store(self):
        """Meanwhile something else may happen."""
        self.sink.behave(self.dice.choice(("status=503", "hang", "drop", "mute")))
        what = self.dice.choice((self.kill, self.sleep, self.end))
        name = what()
        self.sink.behave("ok")
        return "%s, %s" % (what.__name__, name)

    def reload(self):
        name = self.dice.choice(sorted(self.running))
        self.start(name)
        self.running[name].signal(signal.SIGHUP)
        return name

    def pause(self, seconds):
        threading.Event().wait(seconds)

    def something(self):
        all_of_it = [self.kill, self.sleep, self.no_store, self.end, self.reload]
        what = self.dice.choice(all_of_it + [self.join] * (len(self.running) < 5))
        self.story.append("%s %s" % (what.__name__, what()))


def stored(sink):
    """What each tenant has, and how often."""
    found = {prefix: collections.Counter() for prefix in TENANTS}
    tags = collections.defaultdict(set)
    for item in sink.objects():
        key = KEY.fullmatch(item.key)
        assert key, item.key
        assert len(item.records) <= max(TIMES) * TENANTS[key[1]][0]
        for text in item.records:
            flow = json.loads(text)
            found[key[1]][flow["UUID"]] += 1
            tags[flow["Network"]["B"]].add(key[2])
    return found, tags


def wrong(sink, wanted):
    """What is missing and doubled, some of it; and where."""
    found = stored(sink)[0]
    return {prefix: {"missing": sorted((wanted - found[prefix]).elements())[:10], "doubled": sorted((found[prefix] - wanted))[:10],
                     "count": (sum((wanted - found[prefix]).values()), sum((found[prefix] - wanted).values()))}
            for prefix in TENANTS if found[prefix] != wanted}


@pytest.mark.cluster
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_whatever_happens_each_flow_is_stored_once(kafka, sink, seed, tmp_path):      # noqa: F811
    """And no key is ever stored with other flows."""
    topic = make(kafka, PARTITIONS)
    writer = TwoTags(kafka, topic)
    dice = random.Random(seed)

    def start(name):
        return configure(tmp_path, name, kafka, topic, sink, dice.choice(TIMES))

    with contextlib.ExitStack() as stack:
        group = Group(dice, stack, start, sink)
        for _ in range(3):
            group.join()
        with Feeding(writer, int(PACE * EACH), EACH):
            for member in group.running.values():
                member.log("state=subscribed", 30)
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                group.pause(group.dice.uniform(0, 2))
                group.something()
        print(group.story)
        try:
            sink.wait(lambda s: sum(item.body.count(b'"UUID"') for item in s.stored.values()) >= 2 * writer.count, 90)
        except AssertionError:
            print(wrong(sink, writer.wanted()))
            raise
        for member in group.running.values():
            assert member.stop() == 0, member.err.text()[-4000:]
    assert wrong(sink, writer.wanted()) == {} and sink.rewritten == []
    assert stored(sink)[1] == {address: {tag} for address, tag in TAGS.items()}
