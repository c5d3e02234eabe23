# SPDX-License-Identifier: Apache-2.0
"""pipeline.limits: what a pipeline may take, and what happens to the rest."""
import re
import time

import pytest

from golden import cases
from lib import objects, settings
from lib.export import joined, to_file, to_s3, whole_flows
from lib.pages import counters, listening, status
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter, until
from lib.s3.sink import Sink

CASE = cases.by_name("old-secadvisor-v028")
RECORDING = recording("old-netns-mixed.jsonl.gz")
MAIN = {"include": "d/*.yml", "spool": {"min_free": 0}}
PIPELINE = {"subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}, "transform": {"type": "none"},
            "store": {"buffered": {"max_flows_per_object": 1, "max_seconds_per_object": 1, "max_seconds_per_stream": 1,
                                   "max_flow_array_size": 1}}, "write": {"type": "stdout"}}

REFUSED = [
    ({}, {"limits": {"batch_bytes": "8MiB"}},
     'd/a.yml:N: unknown key "pipeline.limits.batch_bytes" (did you mean "limits.batch_bytes" at the top level?)'),
    ({"limits": {"flows_per_second": 9}}, {},
     'm.yml:N: unknown key "limits.flows_per_second" (did you mean "pipeline.limits.flows_per_second" at the top level?)'),
    ({}, {"limits": {"flow_per_second": 9}},
     'd/a.yml:N: unknown key "pipeline.limits.flow_per_second" (did you mean "flows_per_second"?)'),
    ({}, {"limits": {"flows_burst": 9}},
     "d/a.yml:N: pipeline.limits.flows_burst: has no effect without flows_per_second: set that, too"),
    ({}, {"limits": {"uploads_at_once": 0}}, "d/a.yml:N: pipeline.limits.uploads_at_once: 0 is out of range; write 1 to 16"),
    ({}, {"limits": {"spool_bytes": "64KiB"}},
     "d/a.yml:N: pipeline.limits.spool_bytes: is less than an object takes: write 1MiB or more, or 0"),
    ({}, {"limits": {"spool_bytes": "many"}},
     'd/a.yml:N: pipeline.limits.spool_bytes: "many" is not a size; write bytes, or a number with a unit as in 64KiB or 10GiB'),
]


def check(tmp_path, main, pipeline, drop_in=None):
    """The output of the command, with a main file and one drop-in."""
    (tmp_path / "d").mkdir()
    path = settings.save(tmp_path / "m.yml", {**MAIN, "pipeline": PIPELINE, **main})
    settings.save(tmp_path / "d" / "a.yml", {"pipeline": pipeline, **(drop_in or {})})
    return exporter("check", "-c", path)


@pytest.mark.parametrize("main, pipeline, said", REFUSED, ids=range(len(REFUSED)))
def test_nonsense_is_refused(tmp_path, main, pipeline, said):
    result = check(tmp_path, main, pipeline)
    assert result.code == 1
    told = (result.stdout + result.stderr).replace(str(tmp_path) + "/", "").splitlines()
    assert said in [re.sub(r":\d+:", ":N:", line, count=1) for line in told], told


def test_limits_of_the_program_in_a_drop_in_are_doubted(tmp_path):
    """They have no effect there; the file is used."""
    result = check(tmp_path, {"limits": {"batch_bytes": "8MiB"}}, {}, {"limits": {"held_bytes": "1MiB"}})
    assert result.code == 0, result
    said = "limits.held_bytes: is of all pipelines together, and has an effect in the main file only"
    assert said in result.stdout + result.stderr and "batch_bytes" not in result.stdout + result.stderr


def test_all_limits_are_taken(tmp_path):
    limits = {"flows_per_second": 10, "flows_burst": 20, "records_in_memory": 1000, "spool_bytes": "1MiB", "uploads_at_once": 1,
              "questions_per_second": 5}
    result = check(tmp_path, {}, {"limits": limits})
    assert result.code == 0, result


def limited(analyzer, folder, limits, change=None, greedy=None, write=None):
    """Write two pipelines on one stream, of which one has limits."""
    base = joined(whole_flows(), analyzer, folder, write or to_file(folder), settings.merge({"status": listening(folder)}, change or {}))
    return settings.save_all(folder, base, {
        name: {"pipeline": settings.merge(own, {"store": {"buffered": {"dirname": name}}})}
        for name, own in (("greedy", settings.merge({"limits": limits}, greedy or {})), ("other", {}))})


def lines(program, limit, what):
    return [line for line in program.err.text().splitlines() if "tenant=greedy limit=%s %s" % (limit, what) in line]


def check_lines(program, limit, most, effect, count):
    """One when it begins, one when it has ended, with how much it was."""
    assert len(lines(program, limit, "reached: %s; see pipeline.limits.%s (now %d)" % (effect, limit, most))) == 1
    ends = lines(program, limit, "ok ")
    assert [int(line.rpartition("=")[2]) for line in ends] == [count], ends


def stored(folder, name):
    return [record for o in objects.read_tree(folder / "stored") if o.series.startswith(name + "/") for record in o.records]


def received(folder, name, flows):
    """Wait until the tenant was offered so many flows; return its counters."""
    def look():
        c = counters(folder, name)
        return c["flows_received"] == flows and c
    return until(look, "all flows of %s" % name)


def test_flows_over_the_rate_cost_only_themselves(tmp_path):
    """They are counted under a reason of their own; the neighbor has all. The status says since when."""
    begin = time.time()
    options = ["--uniq", "--per-message", 100, "--repeat", 3]
    with Analyzer(RECORDING, pace=20000, clients=0, options=options) as analyzer:
        with Exporter(limited(analyzer, tmp_path, {"flows_per_second": 1, "flows_burst": 250})) as program:
            program.log("state=subscribed")
            analyzer.command("play")
            analyzer.event("end", 60, unless_ends=program)
            sent = analyzer.stats()["sent_flows"]
            cut, whole = received(tmp_path, "greedy", sent), received(tmp_path, "other", sent)
            since = {t["name"]: t.get("limit_flows_per_second_since_seconds", 0) for t in status(tmp_path)["tenants"]}
            shown = exporter("status", "-c", tmp_path / "exporter.yml", "greedy")
            assert program.stop() == 0
    assert begin - 1 <= since["greedy"] <= time.time() and since["other"] == 0
    assert "limit_flows_per_second_since_seconds" in shown.stdout, shown
    over = cut["flows_dropped_over_rate"]
    assert over == cut["limit_flows_per_second"] > 0 == whole["flows_dropped_over_rate"]
    # A message goes as a whole.
    assert 250 <= sent - over < 400
    check_lines(program, "flows_per_second", 1, "flows are dropped", over)
    assert len(stored(tmp_path, "greedy")) == sent - over and len(stored(tmp_path, "other")) == sent


def test_what_waits_in_memory_is_limited(tmp_path):
    """One waits for answers that do not come, so its flows pile up; its neighbor's do not."""
    asks = {"transform": {"type": "secadvisor"}, "encode": {"type": "secadvisor"}}
    slow = {"topology": {"mode": "rest", "lookup_timeout": "60s", "timeout": "60s"}}
    options = ["--uniq", "--per-message", 100, "--repeat", 3]
    with Analyzer(RECORDING, pace=20000, clients=0, options=options) as analyzer:
        with Exporter(limited(analyzer, tmp_path, {"records_in_memory": 250}, slow, asks)) as program:
            program.log("state=subscribed")
            analyzer.command("hang topology")
            analyzer.command("play")
            analyzer.event("end", 60, unless_ends=program)
            sent = analyzer.stats()["sent_flows"]
            cut, whole = received(tmp_path, "greedy", sent), received(tmp_path, "other", sent)
            assert program.stop() == 0
    over = cut["flows_dropped_over_memory"]
    assert over == cut["limit_records_in_memory"] >= sent - 400 and whole["flows_dropped_over_memory"] == 0
    check_lines(program, "records_in_memory", 250, "flows are dropped", over)
    assert len(stored(tmp_path, "other")) == sent


def test_a_part_of_the_spool_is_not_exceeded(tmp_path):
    """While the store is away the oldest objects go, though there is room, and no others; what is left is stored."""
    options = ["--uniq", "--per-message", 100, "--repeat", 8]
    with Sink() as sink, Analyzer(RECORDING, pace=20000, clients=0, options=options) as analyzer:
        sink.behave("status=503")
        path = limited(analyzer, tmp_path, {"spool_bytes": "1MiB"}, {"pipeline": {"store": {"buffered": {
            "max_seconds_per_object": 3600}}}}, write=to_s3(sink))
        with Exporter(path) as program:
            program.log("state=subscribed")
            analyzer.command("play")
            analyzer.event("end", 60, unless_ends=program)
            sent = analyzer.stats()["sent_flows"]

            def spooled(name):
                c = received(tmp_path, name, sent)
                return c["records_encoded"] == sent and c
            cut = until(lambda: spooled("greedy"), "all of greedy in the spool")
            whole = until(lambda: spooled("other"), "all of other in the spool")
            program.log("tenant=greedy limit=spool_bytes reached: the oldest objects are dropped")
            sink.behave("ok")
            for name in ("greedy", "other"):
                until(lambda name=name: counters(tmp_path, name)["objects_spooled"] == 0, "all of %s stored" % name, 60)
            # As objects its last rows may be more than the limit, too.
            assert len(lines(program, "spool_bytes", "reached: ")) == 1, program.err.text()
            assert program.stop() == 0
        assert cut["limit_spool_bytes"] == cut["objects_evicted"] > 0 and cut["records_spooled"] < sent
        assert whole["limit_spool_bytes"] == whole["records_evicted"] == 0
        kept = {name: sum(len(o.records) for o in sink.objects() if o.series.startswith(name)) for name in ("greedy", "other")}
        assert kept["other"] == sent and 0 < kept["greedy"] < sent


def test_questions_over_the_limit_are_not_asked(tmp_path):
    """Records lack answers, and the log says why: the topology is not to blame."""
    asks = {"transform": {"type": "secadvisor"}, "encode": {"type": "secadvisor"}}
    rest = {"topology": {"mode": "rest", "peers": "path"}}
    with Analyzer(*CASE.inputs, topology=CASE.topology, pace=5000, clients=0, options=["--uniq"]) as analyzer:
        with Exporter(limited(analyzer, tmp_path, {"questions_per_second": 1}, rest, asks)) as program:
            program.log("state=subscribed")
            analyzer.command("play")
            analyzer.event("end", 60, unless_ends=program)
            sent = analyzer.stats()["sent_flows"]
            received(tmp_path, "greedy", sent)
            cut = until(lambda: counters(tmp_path, "greedy")["records_encoded"] == sent and counters(tmp_path, "greedy"), "all")
            asked = analyzer.stats()["topology_requests"]
            assert program.stop() == 0
    assert cut["lookups_degraded"] == cut["limit_questions_per_second"] > 0
    assert asked >= 10          # ten seconds' worth at once
    check_lines(program, "questions_per_second", 1, "records lack answers", cut["limit_questions_per_second"])
    assert "lookups=unanswered" not in program.err.text() and len(stored(tmp_path, "greedy")) == sent
