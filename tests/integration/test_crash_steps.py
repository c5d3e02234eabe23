# SPDX-License-Identifier: Apache-2.0
"""Killed at each step between a row and the store: nothing written is lost, nothing is stored twice or changed.

strace kills before a call is carried out, so each step is also what follows the one before it.
"""
import collections
import signal

import pytest

from lib import ledgers, lives, objects, settings, spoolfiles, strace
from lib.export import joined, to_s3
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.sent import Sent, prefix_faults

Step = collections.namedtuple("Step", "calls file when")
# The commit is a rename that replaces nothing, as it makes a file of a spare; renameat makes a spare of a file.
RENAME, TO_SPARE = "renameat2", "renameat"

# Of an object for each batch and tag: spec, rows, seal frame. The first few are let pass.
MAKING = {
    "stream-id": Step("pwrite64", "streams", 1),
    "stream-id-synced": Step("fdatasync", "streams", 1),
    "open-file": Step("openat", "exporter/open/%016d", 1),
    "spec": Step("pwritev", "exporter/open/%016d", 1),
    "append": Step("pwritev", "exporter/open/%016d", 2),
    "seal-frame": Step("pwritev", "exporter/open/%016d", 3),
    "object-begun": Step("openat", "exporter/tmp/%016d", 1),
    "body": Step("pwrite64", "exporter/tmp/%016d", 1),
    "head": Step("pwrite64", "exporter/tmp/%016d", 2),
    "ledger": Step("pwrite64", "exporter/ledger", 2),
    "commit": Step(RENAME, "exporter/tmp/%016d", 1),
    "remove-open": Step(TO_SPARE, "exporter/open/%016d", 1),
    "empty-spare": Step("truncate", None, 5),
    "remove-stored": Step(TO_SPARE, "exporter/new/%016d", 1),
}
# Of the objects that the run before left open.
FINISHING = {
    "stream-id": MAKING["stream-id"],
    "stream-id-synced": MAKING["stream-id-synced"],
    "cut": Step("ftruncate", "exporter/open/%016d", 1),
    "seal-frame": Step("pwritev", "exporter/open/%016d", 1),
    **{name: MAKING[name] for name in (
        "object-begun", "body", "head", "commit", "remove-open", "remove-stored")},
}


def limits(**change):
    return settings.merge(lives.CONFIG, {"pipeline": {"store": {"buffered": change}}})


FOR_EACH_BATCH = limits(max_seconds_per_object=0, max_flows_per_object=100000)
AT_THE_END = limits(max_seconds_per_object=600, max_flows_per_object=100000)


def killed_at(path, folder, step, number):
    """Start an exporter that is killed before it does this step with that file, or with any if it has no name."""
    name = step.file and (step.file % number if "%" in step.file else step.file)
    where = name and folder / "spool" / name
    inject = "signal=KILL:when=%d" % step.when
    return Exporter(path, under=strace.command(folder / "trace", step.calls, inject, where))


def dies(exporter):
    assert exporter.wait(60) == -signal.SIGKILL, exporter.err.text()[-3000:]


def missing(written, stored):
    """Yield what of {tag: {record, ...}} is not stored."""
    for tag, wanted in written.items():
        lost = wanted - set(stored.get(tag, []))
        if lost:
            yield "%s: %d written records are not stored, such as %s" % (tag, len(lost), min(lost))


def check(config, sink, sent, written):
    """sent: the places of the one connection; written: what the spool had when it was killed, by tag."""
    found = sink.objects()
    stored = objects.by_tag(found)
    problems = objects.faults(found) + list(missing(written, stored))
    for tag, records in Sent(config, lives.RECORDING).between(*sent).items():
        problems += ["%s: %s" % (tag, fault) for fault in prefix_faults([records], stored.get(tag, []))]
    assert sink.rewritten == [] and not problems, "\n".join(problems)[:8000]


def balanced(pipeline, sink):
    """The ledger tells of what is in the spool and, besides, in the store."""
    there, stored = ledgers.waiting(pipeline, "new"), {item.key: item for item in sink.objects()}
    sums = ledgers.totals(pipeline)[0]
    assert sums["uploaded"] == ledgers.weigh(item for key, item in stored.items() if key not in there)
    sums["sealed"].subtract(sums["uploaded"])
    assert sums["sealed"] == ledgers.weigh(there.values()) and not sums["evicted"]["objects"]


def export(config, folder, sink, die):
    """Export until die(exporter's file) has seen it killed, then once more to the end; all must be right."""
    options = ["--repeat", 0, "--uniq"]
    with Analyzer(lives.RECORDING, pace=20000, options=options) as analyzer:
        analyzer.command("pause")
        path = settings.save(folder / "exporter.yml", joined(config, analyzer, folder, to_s3(sink)))
        die(path, analyzer)
        analyzer.command("pause")
        written = spoolfiles.records(folder / "spool" / "exporter")
        balanced(folder / "spool" / "exporter", sink)
        lives.last_life(path, sink, folder)
        check(config, sink, (0, lives.place(analyzer)), written)
        return written


@pytest.mark.parametrize("name", MAKING)
def test_kill_while_an_object_is_made(name, tmp_path):
    """Before each call with which a batch becomes an object in the store."""
    def die(path, analyzer):
        with killed_at(path, tmp_path, MAKING[name], 9) as exporter:
            exporter.log("state=subscribed")
            analyzer.command("resume")
            dies(exporter)

    with Sink() as sink:
        export(FOR_EACH_BATCH, tmp_path, sink, die)


@pytest.mark.parametrize("how, kept", [("hang", False), ("mute", True)])
def test_kill_while_an_object_is_sent(how, kept, tmp_path):
    """The store has the whole request, or the object too, and has not answered: it is sent again, the same."""
    with Sink() as sink:
        sink.behave(how)

        def die(path, analyzer):
            with Exporter(path) as exporter:
                exporter.log("state=subscribed")
                analyzer.command("resume")
                sink.wait(lambda sink: sink.requests[how] and bool(sink.stored) == kept)
                exporter.signal(signal.SIGKILL)
                dies(exporter)
            sink.release()

        export(FOR_EACH_BATCH, tmp_path, sink, die)
        assert not kept or any(times > 1 for times in sink.puts.values())


@pytest.mark.parametrize("name", FINISHING)
def test_kill_while_an_object_is_finished(name, tmp_path):
    """Killed, started again, and killed again before each call with which the rows of the first run get to the store."""
    def die(path, analyzer):
        with Exporter(path, "--progress") as exporter:
            exporter.log("state=subscribed")
            analyzer.command("resume")
            until(lambda: lives.place(analyzer) > 3000, "flows")
            analyzer.command("pause")
            lives.settled(exporter, lives.place(analyzer))
            exporter.signal(signal.SIGKILL)
            dies(exporter)
        with killed_at(path, tmp_path, FINISHING[name], 3) as exporter:
            dies(exporter)

    with Sink() as sink:
        export(AT_THE_END, tmp_path, sink, die)
        stored = objects.by_tag(sink.objects())
        assert sum(len(records) for records in stored.values()) > 3000
