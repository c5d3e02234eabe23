# SPDX-License-Identifier: Apache-2.0
"""A thousand tenants, of whom some are in trouble or greedy: the others' objects are complete, and as early as without them."""
import contextlib
import pathlib
import statistics
import tempfile
import threading
import time

import pytest

from lib import settings
from lib.export import joined, to_file, to_s3, whole_flows
from lib.names import SilentNames
from lib.pages import listening, status
from lib.paths import SLOWNESS, recording
from lib.process import Analyzer, Exporter, until
from lib.questions import Questions
from lib.s3.sink import Sink
from lib.together import together

RECORDING = recording("old-netns-mixed.jsonl.gz")
TENANTS = 1000 // SLOWNESS
REPEAT, PACE = 24, 3900 // SLOWNESS     # a tenant gets some flows more than its objects have, in ten seconds
LATER_MOST = 2                          # seconds
STORES = {"black-hole": "hang", "wrong-secret": "status=403 code=InvalidAccessKeyId", "over-spool": "status=503", "slow": "slow"}
EACH = {"black-hole": 5, "wrong-secret": 5, "dead-name": 20, "hanging": 5, "many-questions": 2, "slow-rules": 1, "over-rate": 1,
        "over-memory": 1, "over-spool": 1, "over-questions": 1, "over-uploads": 1}
ASKING, SENDING = 20, 80                # of the healthy: those with questions, those with a store that is called by a name
ALL_FLOWS = ("slow-rules", "over-spool")
MASKS = ["100.%d.%d.%d/32" % (64 + n // 65536, n // 256 % 256, n % 256) for n in range(20000)]
LIMITS = {"over-rate": {"flows_per_second": 1, "flows_burst": 1}, "over-memory": {"records_in_memory": 1},
          "over-spool": {"spool_bytes": "1MiB"}, "over-questions": {"questions_per_second": 1},
          "over-uploads": {"uploads_at_once": 1}}


def asks(*texts):
    """Return a pipeline's keys: its records say what these questions are answered with."""
    return {"transform": {"type": "secadvisor", "secadvisor": {"extend": [
        "X%d=G.V().Has('Name', '%s').Values('Host')" % (n, text) for n, text in enumerate(texts)]}}, "encode": {"type": "secadvisor"}}


QUESTIONS = {"hanging": asks("hang-{{.UUID}}"), "over-memory": asks("hang-{{.UUID}}"),
             "many-questions": asks(*["many-%d-{{.UUID}}" % n for n in range(10)]),
             "over-questions": asks("over-{{.UUID}}"), "slow-rules": {"classify": {"cluster_net_masks": MASKS}}}


def trouble(kind, number, sinks):
    """Return the keys of a pipeline that is sick."""
    keys = settings.merge(QUESTIONS.get(kind, {}), {"limits": LIMITS.get(kind, {})})
    if kind == "dead-name":
        keys["write"] = to_s3(sinks["black-hole"])
        keys["write"]["s3"]["endpoint"] = "http://dead-%d.example:9" % number
    elif kind in sinks or kind == "over-uploads":
        keys["write"] = to_s3(sinks.get(kind, sinks["slow"]))
    return keys


def healthy(number, store):
    """Return the keys of a pipeline of which nothing is known but that it is well."""
    if number < ASKING:
        return asks("fine-{{.Network.A}}")
    if number < ASKING + SENDING:
        write = to_s3(store)
        write["s3"]["endpoint"] = "http://store.example:%d" % store.port
        return {"write": write}
    return {}


def tenants(sinks, is_sick):
    """Return {name: its file}; each has a capture of its own, save some that want all flows."""
    found = {}
    kinds = [(kind, number) for kind, count in EACH.items() for number in range(count)]
    for n in range(TENANTS):
        kind, number = kinds[n] if n < len(kinds) else ("well", n - len(kinds))
        keys = healthy(number, sinks["well"]) if kind == "well" else trouble(kind, number, sinks) if is_sick else {}
        name = "%s-%03d" % (kind, number)
        subscriber = {} if is_sick and kind in ALL_FLOWS else {"subscriber": {"capture_id": "capture-%04d" % n}}
        found[name] = {"pipeline": settings.merge(keys, {**subscriber, "store": {"buffered": {"dirname": name}}})}
    return found


class TimedSink(Sink):
    """Notes when each object was kept."""

    def __init__(self):
        self.kept_at = {}
        super().__init__()

    def keep(self, key, body, headers):
        self.kept_at.setdefault(key, time.time())
        return super().keep(key, body, headers)


def times(folder, sink):
    """Return {tenant: [when each of its objects was stored]} of those that are well."""
    found = {}
    for path in (folder / "stored").glob("well-*/**/*.headers"):
        found.setdefault(path.relative_to(folder / "stored").parts[0], []).append(path.stat().st_mtime)
    for key, at in sink.kept_at.items():
        found.setdefault(key.partition("/")[0], []).append(at)
    return {name: at for name, at in found.items() if name.startswith("well-")}


def figures(folder):
    return {tenant["name"]: tenant["counters"] for tenant in status(folder)["tenants"]}


def run(is_sick, ready):
    """Play the stream; returns {tenant: seconds from the begin to its first object, from the end to its last}, and all counters.

    In memory: what a disk takes for some thousand objects at once differs by more than what is looked for.
    """
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm")))
        sinks = {kind: stack.enter_context(Sink()) for kind in STORES}
        for kind, how in STORES.items():
            sinks[kind].behave(how)
        sinks["well"] = stack.enter_context(TimedSink())
        names = stack.enter_context(SilentNames(folder, {"store.example": "127.0.0.1", "localhost": "127.0.0.1"}, 1 + is_sick))
        asked = stack.enter_context(Questions("hang"))
        source = stack.enter_context(Analyzer(RECORDING, RECORDING, pace=PACE, clients=0, options=[
            "--repeat", REPEAT, "--uniq", "--captures", TENANTS, "--per-message", 100, "--stats-every", 300]))
        base = joined(whole_flows(of=50), source, folder, to_file(folder), {
            "host_id": "isolation", "analyzers": [asked.address], "topology": {"mode": "rest"}, "status": listening(folder),
            "stop_timeout": 5, "spool": {"min_free": 0}, "pipeline": {"store": {"buffered": {"max_seconds_per_object": 5}}}})
        path = settings.save_all(folder, base, tenants(sinks, is_sick))
        exporter = stack.enter_context(Exporter(path, under=names.under))
        exporter.log("state=subscribed", 60)
        ready.wait(60)
        begin = time.time()
        source.command("play")
        source.event("end", 120, unless_ends=exporter)
        end = time.time()

        def complete():
            found = figures(folder)
            return all(c["records_uploaded"] == c["flows_received"] for name, c in found.items() if name.startswith("well-")) and found

        counters = until(complete, "all records of the healthy stored", 120)
        found = times(folder, sinks["well"])
        exporter.signal(15)
        exporter.wait(30)
    assert set(found) == {name for name in counters if name.startswith("well-")}
    return {name: (min(at) - begin, max(at) - end) for name, at in found.items()}, counters


@pytest.mark.alone
@pytest.mark.long
def test_the_healthy_are_as_early_as_without_the_sick(tmp_path_factory):
    """Twice the same tenants, side by side, so that the machine is as busy for both: in one of the two some are sick."""
    ready = threading.Barrier(2)
    scenarios = {"control": lambda _: run(False, ready), "sick": lambda _: run(True, ready)}
    with together(scenarios, tmp_path_factory) as runs:
        (control, _), (sick, counters) = runs["control"].result(), runs["sick"].result()
    assert set(control) == set(sick) and len(sick) == TENANTS - sum(EACH.values())
    for which, what in enumerate(("first", "last")):
        for how in (statistics.median, max):
            before, now = (how([times[which] for times in found.values()]) for found in (control, sick))
            print("%s object, %s: %.2f s, with the sick %.2f s" % (what, how.__name__, before, now))
            assert now <= before + LATER_MOST, (what, how.__name__, before, now)
    check_sick(counters)


def check_sick(counters):
    """They were as sick as was meant, and none of the healthy was by that."""
    for name, c in counters.items():
        kind = name.rpartition("-")[0]
        if kind in ("black-hole", "wrong-secret", "dead-name"):
            assert c["objects_uploaded"] == 0 < c["objects_sealed"], (name, c)
        if kind in ("hanging", "over-memory", "over-questions"):
            assert c["lookups_degraded"] > 0, (name, c)
        for limit in LIMITS.get(kind, {}) if kind != "over-uploads" else ():
            assert limit == "flows_burst" or c["limit_" + limit] > 0, (name, c)
        if kind == "well":
            assert sum(n for key, n in c.items() if "_dropped_" in key) == c["records_evicted"] == c["lookups_degraded"] == 0, (name, c)


def test_who_asks_little_gets_all_answers(tmp_path):
    """One asks of all flows what is never answered, and some of what another one asks, too, whose answers come."""
    with Questions("hang", delay=0.1) as asked, Analyzer(RECORDING, pace=2000, clients=0, options=[
            "--repeat", 12, "--uniq", "--captures", 800, "--per-message", 100]) as source:
        base = joined(whole_flows(), source, tmp_path, to_file(tmp_path), {
            "analyzers": [asked.address], "topology": {"mode": "rest", "lookup_timeout": "60s", "timeout": "60s"},
            "status": listening(tmp_path)})
        path = settings.save_all(tmp_path, base, {
            "greedy": {"pipeline": settings.merge(asks("hang-{{.UUID}}"), {"store": {"buffered": {"dirname": "greedy"}}})},
            "modest": {"pipeline": settings.merge(asks("fine-{{.UUID}}"), {
                "subscriber": {"capture_id": "capture-0000"}, "store": {"buffered": {"dirname": "modest"}}})}})
        with Exporter(path) as program:
            program.log("state=subscribed")
            source.command("play")
            source.event("end", 60, unless_ends=program)

            def done():
                c = figures(tmp_path)["modest"]
                return 0 < c["flows_received"] == c["records_encoded"] and figures(tmp_path)
            found = until(done, "all records of the modest one")
            assert program.stop() == 0
    assert found["modest"]["lookups_degraded"] == 0, found["modest"]
