# SPDX-License-Identifier: Apache-2.0
"""A model of how a group of exporters stores a partition's flows once each, whoever reads them how often.

A partition is a log that all owners read alike. Borders() says where objects end, from the log alone and from what was
committed; Owner is an exporter that has the partition, or believes so; World lets owners read, make objects, store them in
any order, commit, be killed, be frozen and wake late, and counts the flows of all objects at the end.

Members have settings, which may differ and change: the interval, the flows of an object, and what decides the rows
(here: which tag a flow has).

A rule that is left out (World(without="...")) is one that the product keeps; RULES says what each is.
"""
import collections
import itertools
import random

TAGS = ("egress", "ingress", "internal", "other")
RULES = {
    "tags end together": "else a tag stays open at a cut until it is worth an object",
    "stored before committed": "else a cut is committed when its objects are made",
    "asked before stored": "else who was replaced without knowing it reads on, and stores objects that end elsewhere",
    "announced": "else a quiet partition is cut without a word to whoever reads it next",
    "obeyed": "else who takes over does not cut where it was announced",
    "at the end only": "else a partition is cut when nothing came for a while, though there is more in it",
    "the clock is committed": "else it begins anew with the first message that is read",
    "split by flows": "else objects inside a cut are split by rows, and those depend on what was seen before",
    "discarded at the end": "else who stops makes objects of what it has open",
    "emptied": "else what an earlier run left open is finished later",
    "settings are committed": "else what was begun with others is stored again with one's own",
    "ended as begun": "else it is ended with one's own interval and number of flows",
    "behind what was released": "else one's own begin before the end of what others may have stored",
    "other rows are refused": "else flows get other tags in the middle of what others may have stored",
    "the topic is told": "else objects of a topic that was made anew have the names of the first one's",
    "what is made is committed": "else nobody knows how far others may have stored",
}
Message = collections.namedtuple("Message", "offset time tag flow")
Cut = collections.namedtuple("Cut", "offset clock")
Settings = collections.namedtuple("Settings", "interval most rows")
Committed = collections.namedtuple("Committed", "place announced until settings topic")


class Borders:
    """Where a shard is cut: before a message that takes the clock over a multiple of the interval, and where it was
    announced; nowhere before a message was taken."""

    def __init__(self, interval, start, announced=()):
        self.interval, self.start, self.clock = interval, start.offset, start.clock
        self.announced = list(announced)
        self.taken = 0

    def _cut(self, offset, cuts):
        if self.taken:
            cuts.append(Cut(offset, self.clock))
            self.start, self.taken = offset, 0

    def take(self, offset, time):
        """Return the cuts that come before this message."""
        cuts = []
        while self.announced and self.announced[0].offset <= offset:
            place = self.announced.pop(0)
            if self.clock is None or place.clock > self.clock:
                self.clock = place.clock
            self._cut(place.offset, cuts)
        if self.clock is not None and max(self.clock, time) // self.interval > self.clock // self.interval:
            self._cut(offset, cuts)
        self.clock = time if self.clock is None else max(self.clock, time)
        self.taken += 1
        return cuts

    def cut_at_the_end(self, offset):
        """Without a message; to be announced."""
        self._cut(offset, [])


class Owner:
    """An exporter that was given the partition, with settings of its own."""

    def __init__(self, world, settings):
        self.world, self.is_member = world, True
        self.own = self.settings = settings
        self.is_ending, self.refuses = False, False
        place, announced, self.until, before, self.topic = world.committed
        if world.has("settings are committed") and self.until > place.offset and before != settings:
            self._take_over(before)
        if not world.has("the clock is committed"):
            place = Cut(place.offset, None)
        self.borders = Borders(self.settings.interval, place, announced if world.has("obeyed") else ())
        self.committed, self.announced = place, list(announced)
        self.next = place.offset
        self.open = {tag: [] for tag in TAGS}   # messages
        self.known = set()
        self.number, self.measure = 0, 0        # of objects in this cut; of the present one
        self.is_split = False                   # objects of the present cut are made
        self.spool, self.cuts = [], []          # objects that wait; cuts behind them
        self.released = 0                       # objects before this one may be stored
        self.opened = world.now
        self.ids = itertools.count()

    def _take_over(self, before):
        """What others have begun, and may have stored, is ended as they would have."""
        world = self.world
        self.refuses = before.rows != self.own.rows and world.has("other rows are refused")
        self.is_ending = True
        if world.has("ended as begun"):
            self.settings = before._replace(rows=self.own.rows)

    def _tag(self, message):
        return TAGS[(TAGS.index(message.tag) + self.settings.rows) % len(TAGS)]

    def _seal(self, start, least=1):
        for tag, messages in self.open.items():
            if len(messages) < least:
                continue
            if not self.world.has("tags end together"):
                start = messages[0].offset
            key = (self.topic if self.world.has("the topic is told") else 0, start, tag, self.number)
            self.spool.append((next(self.ids), key, tuple(m.flow for m in messages)))
            self.open[tag] = []

    def _end(self, start, cut):
        """The cut that began at start is over."""
        self._seal(start, 1 if self.world.has("tags end together") else 3)
        self.number, self.measure, self.is_split = 0, 0, False
        first = min([cut.offset, *(messages[0].offset for messages in self.open.values() if messages)])
        self.cuts.append((next(self.ids), Cut(first, cut.clock)))

    def read(self, count):
        if self.refuses or self.is_over():
            return
        for message in self.world.log[self.next:self.next + count]:
            if self.topic is None:              # that of its first message tells it from others of its name
                self.topic = message.time
            start = self.borders.start
            for cut in self.borders.take(message.offset, message.time):
                self._end(start, cut)
                start = cut.offset
            if not any(self.open.values()):
                self.opened = self.world.now
            self.open[self._tag(message)].append(message)
            self._split(message)
            self.next = message.offset + 1

    def _split(self, message):
        """Objects inside a cut: all tags end together after so many flows."""
        is_new = message.flow % 7 not in self.known
        self.known.add(message.flow % 7)
        self.measure += 1 if self.world.has("split by flows") else 1 + is_new
        if self.measure >= self.settings.most:
            self._seal(self.borders.start)
            self.number += 1
            self.measure, self.is_split = 0, True

    def look_at_the_end(self):
        """A quiet partition: it is read to its end, and has waited for an interval."""
        world = self.world
        if self.next < len(world.log) and world.has("at the end only"):
            return
        if self.borders.taken and world.now - self.opened >= self.settings.interval:
            self._cut_here()

    def _cut_here(self):
        place = Cut(self.next, self.borders.clock)
        start = self.borders.start
        self.borders.cut_at_the_end(place.offset)
        self.announced.append(place)
        self._end(start, place)

    def is_over(self):
        """It ends with these settings, and was cut for that."""
        needed = self.until if self.world.has("behind what was released") else 0
        return self.is_ending and self.next >= needed and not self.borders.taken

    def end(self):
        """Cuts where it is, if nobody has stored anything of what comes then. Returns whether others may begin there."""
        needed = self.until if self.world.has("behind what was released") else 0
        later = [place for place in self.announced if place.offset > self.next]
        if self.is_ending and self.next >= needed and self.borders.taken and not later:
            self._cut_here()
        if self.is_over() and not self.cuts:
            self.until = self.committed.offset
            return self._commit(self.committed, self.announced)
        return False

    def change(self, settings):
        """Return whether they take effect at once."""
        self.own, self.is_ending = settings, True
        return self.until <= self.committed.offset

    def _commit(self, cut, announced):
        return self.world.commit(self, Committed(cut, announced if self.world.has("announced") else [], self.until,
                                                 self.settings, self.topic))

    def _made_until(self):
        """Behind all flows of what is made."""
        if self.is_split:
            return self.next
        return self.cuts[-1][1].offset if self.cuts else self.committed.offset

    def ask(self):
        """Whether the partition is still ours: then all that was made until here may be stored."""
        if self.world.has("what is made is committed"):
            self.until = max(self.until, self._made_until())
        if self._commit(self.committed, self.announced):
            self.released = next(self.ids)

    def store(self, count):
        """Some of the objects, in any order."""
        if self.world.has("asked before stored"):
            ready = [made for made in self.spool if made[0] < self.released]
        else:
            ready = list(self.spool)
        for made in self.world.random.sample(ready, min(count, len(ready))):
            self.spool.remove(made)
            self.world.put(*made[1:])

    def commit(self):
        """The last cut before which all is stored."""
        waits = min((number for number, _, _ in self.spool), default=None)
        if not self.world.has("stored before committed"):
            waits = None
        done = [cut for number, cut in self.cuts if waits is None or number < waits]
        if not done:
            return
        later = [place for place in self.announced if place.offset > done[-1].offset]
        if self._commit(done[-1], later):
            self.committed, self.announced = done[-1], later
            self.cuts = self.cuts[len(done):]

    def stop(self):
        if not self.world.has("discarded at the end"):
            self._seal(self.borders.start)
            self.ask()
            self.store(len(self.spool))
            return
        self.is_ending = True
        self.end()
        self.ask()
        self.store(self.world.random.randrange(20))
        self.commit()


class World:
    """A partition, its group and a store; the topic may be made anew. run() returns the flows that are not in the store once, and how often, and the
    keys that were stored with other flows than before."""

    def __init__(self, seed, without=None):
        self.random, self.without = random.Random(seed), without
        self.settings = Settings(10, 8, 0)
        self.store, self.changed, self.now = {}, set(), 0
        self.zombies, self.left, self.flows, self.gone = [], [], itertools.count(), []
        self._make_topic()

    def _make_topic(self):
        """Nobody reads, and brokers forget what was committed."""
        self.log, self.zombies = [], []
        self.committed = Committed(Cut(0, None), [], 0, self.settings, None)
        self.owner = Owner(self, self.settings)

    def has(self, rule):
        assert rule in RULES
        return rule != self.without

    def commit(self, owner, committed):
        """The broker refuses whoever is no member any longer."""
        if owner.is_member and not owner.refuses:
            self.committed = committed._replace(announced=list(committed.announced))
        return owner.is_member and not owner.refuses

    def put(self, key, flows):
        if self.store.setdefault(key, flows) != flows:
            self.changed.add(key)
        self.store[key] = flows

    def _produce(self):
        """Brokers append with their own time, which may go back when another one begins to lead."""
        for _ in range(self.random.randrange(6)):
            time = max(0, self.now - self.random.choice((0, 0, 4, 25)))
            self.log.append(Message(len(self.log), time, self.random.choice(TAGS), next(self.flows)))

    def _other_settings(self):
        """Of a member, or of all from now on."""
        if self.random.random() < 0.3:
            self.settings = Settings(self.random.choice((5, 10, 15)), self.random.choice((3, 8, 20)),
                                     self.random.choice((0, 0, 0, 1)))
        return self.settings

    def _replace(self, how, settings=None):
        old = self.owner
        if how == "stopped":
            old.stop()
        old.is_member = False
        if how == "frozen":
            self.zombies.append(old)
        elif how == "killed":
            self.left.append(old)
        self.owner = Owner(self, settings or self._other_settings())
        if not self.has("emptied"):
            for before in self.left:
                before._seal(before.borders.start)
                self.owner.spool[:0] = [(-1, key, flows) for _, key, flows in before.spool]
            self.left = []

    def step(self):
        chance = self.random.random()
        self.now += self.random.choice((0, 1, 1, 2, 9))
        if self.random.random() < 0.6:
            self._produce()
        if chance < 0.08:
            self._replace(self.random.choice(("killed", "frozen", "stopped")))
        elif chance < 0.14 and self.owner.change(self._other_settings()):
            self._replace("changed", self.owner.own)
        for owner in [self.owner, *self.zombies]:
            if owner.refuses:
                continue
            if self.random.random() < 0.7:
                owner.read(self.random.randrange(1, 12))
            if self.random.random() < 0.5:
                owner.look_at_the_end()
            if self.random.random() < 0.8:
                owner.ask()
            if self.random.random() < 0.6:
                owner.store(self.random.randrange(6))
            if self.random.random() < 0.5:
                owner.commit()
            if owner.end():
                self._replace("changed", owner.own)

    def run(self, steps=60):
        for number in range(steps):
            self.step()
            if number == steps // 3 and self.random.random() < 0.3:
                self.gone += self.log
                self.now += 60
                self._make_topic()
        self._replace("killed", self.committed.settings)
        self.log.append(Message(len(self.log), self.now + 100, "other", -1))
        self.owner.read(len(self.log))
        self.owner.ask()
        for owner in [*self.zombies, self.owner]:
            owner.store(len(owner.spool))
        found = collections.Counter(flow for flows in self.store.values() for flow in flows)
        wrong = {m.flow: found[m.flow] for m in self.log[:-1] if found[m.flow] != 1}
        return {**wrong, **{m.flow: found[m.flow] for m in self.gone if found[m.flow] > 1}}, self.changed
