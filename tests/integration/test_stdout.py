# SPDX-License-Identifier: Apache-2.0
"""Standard output is a stream: objects come in the order of their records, whatever is made of them meanwhile."""
import signal

import pytest

from lib import objects, settings
from lib.export import joined, whole_flows
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
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
