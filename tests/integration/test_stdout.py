# SPDX-License-Identifier: Apache-2.0
"""Standard output is a stream: objects come in the order of their records, whatever is made of them meanwhile."""
import os
import signal

import pytest

from lib import objects, settings
from lib.export import joined, to_s3, waiting, whole_flows
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.sent import Sent

RECORDING = recording("old-netns-mixed.jsonl.gz")
PACE = 30000                    # flows a second, in messages as recorded: of one flow, of a hundred
ROUNDS = 40
STORES = {
    "direct": {"type": "direct"},
    "buffered": {"type": "buffered", "buffered": {
        "dirname": "bucket", "max_flows_per_object": 20, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
}


def config(store, *masks):
    made = settings.merge(whole_flows(), {"host_id": "stdout", "pipeline": {"classify": {
        "cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64", *masks]}}})
    made["pipeline"]["store"] = STORES[store]
    return made


@pytest.mark.parametrize("store", STORES)
def test_in_the_order_of_records(store, tmp_path):
    """Many small objects are made at once, and pipelines are replaced by reloads: each tag comes as it was sent."""
    with Analyzer(RECORDING, pace=PACE, options=["--repeat", ROUNDS, "--uniq"]) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(config(store), analyzer, tmp_path, {"type": "stdout"}))
        with Exporter(path) as exporter:
            for number in range(3):
                goal = analyzer.stats()["sent_flows"] + 5000
                until(lambda g=goal: analyzer.stats()["sent_flows"] >= g, "flows")
                settings.save(path, joined(config(store, "192.0.2.%d/32" % number), analyzer, tmp_path, {"type": "stdout"}))
                exporter.signal(signal.SIGHUP)
                exporter.log("reload=done generation=%d .*changed=1" % (number + 2))
            end = analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0, exporter.err.text()[-3000:]
            text = exporter.out.text() + "\n"
    found = objects.by_tag(objects.read_stdout(text))
    wanted = Sent(config(store), RECORDING).between(0, end["flows"])
    assert not list(objects.record_differences(wanted, found))


def full_pipe(path):
    """Make a pipe into which nothing more goes; returns a descriptor, for as long as it is to be there."""
    os.mkfifo(path)
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        while True:
            os.write(pipe, bytes(4096))
    except BlockingIOError:
        return pipe


@pytest.mark.parametrize("store", STORES)
def test_what_was_not_printed_goes_to_a_store(store, tmp_path):
    """Nobody reads, so all objects wait when a store is to get them: there each needs a key that no other has."""
    def write(to):
        return settings.save(tmp_path / "exporter.yml", joined(config(store), analyzer, tmp_path, to))

    pipe = full_pipe(tmp_path / "out")
    with Sink() as sink, Analyzer(RECORDING, pace=PACE) as analyzer:
        path = write({"type": "stdout"})
        with Exporter(path, under=["sh", "-c", 'exec "$@" > "$0"', tmp_path / "out"]) as exporter:
            end = analyzer.event("end", 60, unless_ends=exporter)
            until(lambda: len(waiting(tmp_path)) > 20, "objects that wait")
            write(to_s3(sink))
            exporter.signal(signal.SIGHUP)
            exporter.log("reload=done generation=2 .*changed=1")
            assert exporter.stop() == 0, exporter.err.text()[-3000:]
        found = sink.objects()
    os.close(pipe)
    assert waiting(tmp_path) == [] and objects.faults(found) == []
    assert not list(objects.record_differences(Sent(config(store), RECORDING).between(0, end["flows"]), objects.by_tag(found)))
