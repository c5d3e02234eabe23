# SPDX-License-Identifier: Apache-2.0
"""Two hundred tenants, of whom nine in ten have a trouble that does not end: the others lose nothing by it."""
import contextlib
import shutil

import pytest

from lib import objects, settings
from lib.export import joined, to_file, to_s3, whole_flows
from lib.pages import get, listening, status
from lib.paths import recording
from lib.process import Analyzer, Exporter, until
from lib.s3.sink import Sink
from lib.smalldisk import SmallDisk

RECORDING = recording("old-netns-mixed.jsonl.gz")
TENANTS, EACH = 200, 20
PACE = 2000                     # flows a second, of all captures
FLOWS = 200 * 100               # for each tenant a hundred
SPOOL_BYTES = 10 << 20          # 50 kB a tenant: what the sick keep is more, what waits of the healthy is less
STOP_SECONDS = 3
HOUR = {"store": {"buffered": {"max_flows_per_object": 100000, "max_seconds_per_object": 3600}}}
# What its store does with each request.
STORES = {
    "quota": "status=403 code=QuotaExceeded",
    "too-large": "page=413",
    "wrong-key": "status=403 code=InvalidAccessKeyId",
    "down": "status=503",
    "silent": "hang",
    "refuses": "status=400 code=KeyTooLongError",
    "no-bucket": "status=404 code=NoSuchBucket",
}
SICK = [*STORES, "full-disk", "hour-long"]
assert (len(SICK) + 1) * EACH == TENANTS


def name(kind, number):
    return "%s-%02d" % (kind, number)


def tenants(folder, sinks, disk):
    """Return {name: its file}; each has a capture of its own."""
    found = {}
    for kind in [*SICK, "healthy"]:
        write = {"type": "file", "file": {"directory": str(disk)}} if kind == "full-disk" else to_s3(
            sinks.get(kind, sinks["healthy"]))
        for number in range(EACH):
            found[name(kind, number)] = {"pipeline": settings.merge(HOUR if kind == "hour-long" else {}, {
                "subscriber": {"capture_id": "capture-%04d" % len(found)},
                "store": {"buffered": {"dirname": name(kind, number)}}, "write": write})}
    return found


def harm(spool):
    """Some find that their finished objects are gone, or that what was refused cannot be set aside."""
    for number in range(EACH):
        until(lambda n=number: list((spool / name("down", n) / "new").iterdir()), "an object that waits", 60)
        for path in (spool / name("down", number) / "new").iterdir():
            path.unlink(missing_ok=True)
        bad = spool / name("refuses", number) / "bad"
        shutil.rmtree(bad, ignore_errors=True)
        bad.write_bytes(b"")


def counters(folder):
    return {tenant["name"]: tenant["counters"] for tenant in status(folder)["tenants"]}


@pytest.mark.alone
@pytest.mark.long
def test_the_healthy_lose_nothing(tmp_path):
    config = settings.merge(whole_flows(of=50), {
        "host_id": "troubles", "stop_timeout": STOP_SECONDS, "spool": {"max_bytes": SPOOL_BYTES, "min_free": 0},
        "status": listening(tmp_path)})
    with contextlib.ExitStack() as stack:
        sinks = {kind: stack.enter_context(Sink()) for kind in [*STORES, "healthy"]}
        for kind, how in STORES.items():
            sinks[kind].behave(how)
        disk = stack.enter_context(SmallDisk(tmp_path / "full", "64k"))
        source = stack.enter_context(Analyzer(RECORDING, pace=PACE, options=[
            "--repeat", round(FLOWS / 800), "--uniq", "--captures", TENANTS, "--per-message", 100,
            "--stats-every", 300]))
        base = joined(config, source, tmp_path, to_file(tmp_path), {"status": listening(tmp_path)})
        base["pipeline"].pop("write")
        path = settings.save_all(tmp_path, base, tenants(tmp_path, sinks, tmp_path / "full"))
        exporter = stack.enter_context(Exporter(path, under=disk.under))
        exporter.log("state=subscribed", 60)
        harm(tmp_path / "spool")
        healthy = [name("healthy", number) for number in range(EACH)]

        def all_stored():
            now, stored = counters(tmp_path), records_by_tenant(sinks["healthy"])
            for who in healthy:
                assert now[who]["records_evicted"] == now[who]["flows_dropped_inbox_full"] == 0, (who, now[who])
            return all(now[who]["flows_received"] == stored.get(who) for who in healthy) and now

        source.event("end", 60, unless_ends=exporter)
        figures = until(all_stored, "everything of the healthy stored", 60)
        assert sum(of["flows_received"] for of in figures.values()) == source.stats()["sent_flows"]
        assert sum(figures[name(kind, n)]["records_evicted"] for kind in SICK for n in range(EACH)) > 0
        assert get(tmp_path, "/readyz")[0] == 200
        assert exporter.stop(STOP_SECONDS + 10) == 0, exporter.err.text()[-3000:]
        found = [item for item in sinks["healthy"].objects() if item.series.startswith("healthy")]
        records = [record for item in found for record in item.records]
        assert sinks["healthy"].rewritten == [] and objects.faults(found) == [] and len(set(records)) == len(records)


def records_by_tenant(sink):
    """Return {tenant: records}; the bucket is called after it."""
    found = {}
    with sink.lock:
        stored = dict(sink.stored)
    for key, item in stored.items():
        who = key.partition("/")[0]
        found[who] = found.get(who, 0) + int(item.headers[objects.RECORDS])
    return found
