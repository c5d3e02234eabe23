# SPDX-License-Identifier: Apache-2.0
"""What the stand-in sends when it repeats a recording with --uniq, and what of it was stored.

The stream is endless: the messages of the recording round after round, each
round with UUIDs of its own. A place in it is a number of flows since the
beginning, as the stand-in counts them (broadcast_flows). The records are those
of `transform: none`.
"""
import bisect
import itertools
import re

from lib import oracle

UUID = re.compile(r'("(?:Parent)?UUID":")([0-9a-f]+)"')


def renewed(record, turn):
    """Return the record with the UUIDs of a round: XOR of all digits but the first."""
    def other(match):
        first, rest = match[2][0], match[2][1:]
        return '%s%s%0*x"' % (match[1], first, len(rest), int(rest, 16) ^ turn % 16 ** len(rest)) if rest else match[0]
    return UUID.sub(other, record) if turn else record


class Sent:
    """The endless stream, by tag."""

    def __init__(self, config, recording):
        self.messages = oracle.expected(config, [recording], [])
        counts = [sum(len(records) for records in tags.values()) for tags in self.messages]
        self.starts = [0] + list(itertools.accumulate(counts))
        self.size = self.starts[-1]

    def at(self, place):
        """Return (round, message) of a place, which must be between two messages."""
        turn, rest = divmod(place, self.size)
        message = bisect.bisect_left(self.starts, rest)
        assert self.starts[message] == rest, "place %d is inside a message" % place
        return turn, message

    def between(self, begin, end):
        """Return {tag: [record, ...]} of a part of the stream."""
        out = {}
        at, last = self.at(begin), self.at(end)
        while at < last:
            turn, message = at
            for tag, records in self.messages[message].items():
                out.setdefault(tag, []).extend(renewed(r, turn) for r in records)
            at = (turn, message + 1) if message + 1 < len(self.messages) else (turn + 1, 0)
        return out


def split(connections, stored):
    """Return the stored records of each connection, in the order stored, and those that nobody sent."""
    owner = {record: number for number, sent in enumerate(connections) for record in sent}
    kept, unknown = [[] for _ in connections], []
    for record in stored:
        (kept[owner[record]] if record in owner else unknown).append(record)
    return kept, unknown


def prefix_faults(connections, stored):
    """Yield where what was stored of a tag is not a prefix of what each connection sent.

    connections: [[record, ...], ...] in their order; stored: the records in key order.
    """
    kept, unknown = split(connections, stored)
    for number, (sent, have) in enumerate(zip(connections, kept)):
        for at, (want, found) in enumerate(itertools.zip_longest(sent[:len(have)], have)):
            if want != found:
                yield "connection %d: record %d stored of it is not the one sent:\n  sent   %s\n  stored %s" % (
                    number, at, want, found)
                break
    for record in unknown[:3]:
        yield "stored but never sent: %s" % record
    if not unknown and list(itertools.chain.from_iterable(kept)) != stored:
        yield "in key order the records of some connections are mixed"
