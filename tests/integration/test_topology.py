# SPDX-License-Identifier: Apache-2.0
"""Questions about the topology: who is asked, how often, and what happens when nobody answers.

What was enriched is seen by the directions of VPC records, which come from the
topology and from nowhere else.
"""
import base64
import gzip
import os
import re
import time

import pytest

from golden import cases
from lib import busy, objects, oracle, settings
from lib.export import PACE, joined, to_file
from lib.paths import SLOWNESS
from lib.process import Analyzer, Exporter, exporter, until
from lib.pages import status
from lib.together import together

CASE = cases.by_name("old-vpclogs")
BOB = {"analyzer": {"auth": {"cluster": {"username": "bob", "password": "s3cret"}}}, "logging": {"level": "DEBUG"}}
SECRETS = ("s3cret", base64.b64encode(b"bob:s3cret").decode(), "gAAAA")
OFTEN = {"pipeline": {"store": {"buffered": {"max_seconds_per_object": 1}}}}


def rest(*options, topology=CASE.topology, listen="127.0.0.1:0"):
    """A stand-in that is only asked."""
    return Analyzer(topology=topology, clients=0, listen=listen, options=options)


def configure(source, folder, change):
    return settings.save(folder / "exporter.yml", joined(
        settings.load(CASE.config), source, folder, to_file(folder), change))


def check_stored(folder, topology=CASE.topology):
    """Everything is stored as it should be, directions and all."""
    found = objects.read_tree(folder / "stored")
    config = settings.load(folder / "exporter.yml")
    problems = objects.faults(found) + list(objects.record_differences(
        oracle.joined(oracle.expected(config, CASE.inputs, topology)), objects.by_tag(found)))
    assert not problems, "\n".join(problems)[:8000]


def run_to_the_end(source, path):
    """Export all that the source has; returns the log."""
    with Exporter(path) as running:
        source.event("end", 60, unless_ends=running)
        assert running.stop() == 0
    return running.err.text()


def check_secrets(log):
    assert not [secret for secret in SECRETS if secret in log], log


def test_the_next_analyzer_answers(tmp_path):
    """The first is not there and the second fails: everything is answered by the third, and each change is told once."""
    with Analyzer(*CASE.inputs, pace=PACE) as source, rest("--topology-mode", 503) as failing, rest() as good:
        gone = rest()
        gone.__exit__(None, None, None)
        path = configure(source, tmp_path, {"analyzers": [gone.address, failing.address, good.address]})
        log = run_to_the_end(source, path)
        queries = good.command("queries")["queries"]
        assert queries and set(queries.values()) == {1}
        assert 1 <= failing.stats()["topology_requests"] <= 4       # those in flight when it failed
    check_stored(tmp_path)
    assert re.findall(r"topology=(\w+) analyzer=http://(\S+)", log) == [
        ("switched", gone.address), ("switched", failing.address)], log


def test_down_and_up_again(tmp_path):
    """With all analyzers gone it is down; whichever comes back is found, and asked from then on."""
    source = Analyzer(*CASE.inputs, pace=PACE, options=["--repeat", 0])
    change = {"analyzers": [], "topology": {"cache": {"ttl": 1, "empty_ttl": 1, "error_ttl": 1}},
              "status": {"listen": "unix:%s" % (tmp_path / "status.sock")}}
    with source, rest() as first, rest() as second:
        change["analyzers"] = [first.address, second.address]
        with Exporter(configure(source, tmp_path, settings.merge(OFTEN, change))) as running:
            until(lambda: first.stats()["topology_requests"], "a question to the first")
            first.__exit__(None, None, None)
            running.log("topology=switched .*next=http://" + second.address)
            until(lambda: second.stats()["topology_requests"], "a question to the second")
            second.__exit__(None, None, None)
            number, _ = running.log("topology=down")
            assert status(tmp_path)["topology"]["down"]
            with rest(listen=first.address) as again:
                running.log("topology=up analyzer=http://" + first.address, start=number)
                until(lambda: again.stats()["topology_requests"] > 1, "more questions")
                assert not status(tmp_path)["topology"]["down"]
                assert running.stop() == 0
    # When the silence of the first is older than error_ttl it is tried once more before all is down.
    told = re.findall(r"topology=(\w+)", running.err.text())
    assert told in (["switched", "down", "up"], ["switched", "switched", "down", "up"]), told


@pytest.mark.parametrize("where", ["127.0.0.1:%s", "http://localhost:%s", "%s", ":%s"])
def test_addresses(where, tmp_path):
    """As people write them."""
    with Analyzer(*CASE.inputs, pace=PACE) as source, rest() as asked:
        change = {"analyzers": [where % asked.address.rpartition(":")[2]]}
        run_to_the_end(source, configure(source, tmp_path, change))
    check_stored(tmp_path)


def test_ipv6_address(tmp_path):
    with Analyzer(*CASE.inputs, pace=PACE) as source, rest(listen="::1:0") as asked:
        run_to_the_end(source, configure(source, tmp_path, {"analyzers": [asked.address]}))
    check_stored(tmp_path)


def test_login_on_405(tmp_path):
    """A user without a role gets it by one login; the question is asked again, and nothing is missing."""
    with Analyzer(*CASE.inputs, pace=PACE) as source, rest("--auth", "bob:s3cret", "--roles") as asked:
        log = run_to_the_end(source, configure(source, tmp_path, settings.merge(BOB, {"analyzers": [asked.address]})))
        stats = asked.stats()
        assert stats["logins"] == 1 and stats["logins_refused"] == 0, stats
        assert set(asked.command("queries")["queries"].values()) == {1}
    check_stored(tmp_path)
    check_secrets(log)
    assert len(re.findall("topology=login", log)) == 1


def test_keystone(tmp_path):
    """Websocket and REST exchange the credentials for a token, once each, and once more when it has run out."""
    options = ["--auth", "bob:s3cret", "--keystone"]
    with Analyzer(*CASE.inputs, topology=CASE.topology, pace=PACE, options=options) as source:
        with Exporter(configure(source, tmp_path, settings.merge(BOB, {
                "topology": {"cache": {"error_ttl": 1}}}))) as running:
            source.event("admitted", unless_ends=running)
            source.event("end", 60, unless_ends=running)
            stats = source.stats()
            assert stats["logins"] == 2 and stats["logins_refused"] == 0 and stats["refused"] == {"401": 1}, stats
            source.command("expire")
            source.command("drop")
            source.event("admitted", unless_ends=running)
            assert source.stats()["logins"] == 3
            assert running.stop() == 0
    check_stored(tmp_path)
    check_secrets(running.err.text())
    assert len(re.findall("login=done", running.err.text())) == 2


def test_wrong_password_of_keystone(tmp_path):
    """It is said what was tried; a wrong password is not tried again and again."""
    options = ["--auth", "bob:another", "--keystone"]
    with Analyzer(*CASE.inputs, topology=CASE.topology, pace=PACE, options=options) as source:
        with Exporter(configure(source, tmp_path, BOB)) as running:
            line = running.log("state=refused")[1]
            assert "401" in line and "username and password" in line and "POST /login is answered with 401" in line
            assert source.stats()["logins_refused"] == 1
            assert running.stop() == 0
    check_secrets(running.err.text())


@pytest.mark.parametrize("options, code, said", [
    ([], 0, "fine\n"),
    (["--auth", "bob:s3cret"], 0, "fine\n"),
    (["--auth", "bob:s3cret", "--keystone"], 0, "fine: the user had to log in"),
    (["--auth", "bob:other", "--keystone"], 1, "failed: .*POST /login is answered with 401"),
], ids=["open", "basic", "keystone", "wrong"])
def test_check_connect(options, code, said, tmp_path):
    """A line for the stream and for each analyzer, with what a login was good for."""
    with Analyzer(*CASE.inputs, clients=0, options=options) as source, rest(*options) as second:
        path = configure(source, tmp_path, settings.merge(BOB, {"analyzers": [source.address, second.address]}))
        done = exporter("check", "-c", path, "--connect")
        assert done.code == code, done
        for what in ("stream " + source.url, "topology " + source.address, "topology " + second.address):
            assert re.search(re.escape(what) + ": " + said, done.stdout), done.stdout
    check_secrets(done.stdout + done.stderr)


def test_few_questions(tmp_path):
    """Ten rounds of a stream for five tenants: each question is asked once."""
    base = settings.load(CASE.config)
    with Analyzer(*CASE.inputs, topology=CASE.topology, pace=PACE * 5, options=["--repeat", 10]) as source:
        base = joined(base, source, tmp_path, to_file(tmp_path))
        names = ["tenant-%d" % i for i in range(5)]
        path = settings.save_all(tmp_path, base, {name: {"pipeline": {"store": {"buffered": {
            "filename_prefix": name}}}} for name in names})
        run_to_the_end(source, path)
        stats, queries = source.stats(), source.command("queries")["queries"]
    wanted = {'G.V().Has("TID", "%s")' % flow["NodeTID"] for batch in oracle.stream.batches(CASE.inputs[0])
              for flow in batch if flow.get("NodeTID") and flow.get("Transport")}
    assert set(queries) == wanted and set(queries.values()) == {1}, queries
    assert stats["topology_requests"] == len(wanted) and stats["topology_in_flight_max"] <= 4


SECONDS = float(os.environ.get("TOPOLOGY_SECONDS", 12))
SICK_SECONDS = SECONDS / 3
LOOKUP_SECONDS = 1
FAILURE_SECONDS = 3
MEMORY_KB = 160 * 1024 * SLOWNESS
TROUBLE = {
    "lookup_timeout": LOOKUP_SECONDS, "timeout": 2, "cache": {"error_ttl": FAILURE_SECONDS}}


def memory_kb(process):
    """The most that was ever resident."""
    with open("/proc/%d/status" % process.pid, encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read())[1])


def behind(folder):
    """How many flows have come and are not written yet."""
    c = status(folder)["tenants"][0]["counters"]
    lost = sum(number for name, number in c.items() if name.startswith("flows_dropped_"))
    return c["flows_received"] - c["flows_excluded"] - lost - c["records_encoded"], c


def watch_trouble(folder, seconds):
    """While nobody answers the records are written all the same, at most lookup_timeout late, and that is counted."""
    end = time.monotonic() + seconds
    worst = 0

    def over():
        nonlocal worst
        late, _ = behind(folder)
        worst = max(worst, late)
        return time.monotonic() > end
    until(over, "the end of the trouble", seconds + 10)
    assert worst <= busy.RATE * (LOOKUP_SECONDS + 1), "%d flows were behind" % worst
    _, counted = behind(folder)
    assert counted["lookups_degraded"] > 0 and counted["flows_dropped_inbox_full"] == 0, counted
    assert status(folder)["topology"]["failed"] > 0


def has_directions(folder, seen):
    """Whether an object that was not seen before has a record with a direction."""
    for path in (folder / "stored").rglob("*.gz"):
        if path not in seen and path.with_name(path.name + ".headers").exists():
            seen.add(path)
            if b'"direction"' in gzip.decompress(path.read_bytes()):
                return True
    return False


def trouble(folder, asked, address, begin, mend):
    """A busy stream while what is asked is in trouble; then it is mended, while the stream goes on."""
    begin(asked)
    with busy.analyzer(folder, SECONDS) as source:
        config = joined(busy.CONFIG, source, folder, to_file(folder), {
            "analyzers": [address], "topology": TROUBLE, "status": {"listen": "unix:%s" % (folder / "status.sock")}})
        with Exporter(settings.save(folder / "exporter.yml", config)) as running:
            source.event("admitted", unless_ends=running)
            running.log("state=started")
            watch_trouble(folder, SICK_SECONDS)
            seen = set()
            assert not has_directions(folder, seen)
            mended = time.monotonic()
            mend(asked)
            until(lambda: has_directions(folder, seen), "directions", (FAILURE_SECONDS + 3) * SLOWNESS)
            back = time.monotonic() - mended
            peak = memory_kb(running.process)
            stats = busy.check(source, running, SECONDS)
            assert running.stop() == 0
    assert peak < MEMORY_KB, "%d kB" % peak
    told = re.findall(r"tenant=exporter lookups=(unanswered |ok unanswered=[1-9])", running.err.text())
    assert told == ["unanswered ", "ok unanswered=" + told[-1][-1]], told
    assert "inbox=full" not in running.err.text()
    assert busy.records_stored(folder) == busy.records_wanted(busy.CONFIG, stats["sent_flows"])
    return "directions were back after %.1f s, %d MB at most" % (back, peak / 1024)


def by_command(bad, good):
    def run(folder):
        with rest() as asked:
            return trouble(folder, asked, asked.address, lambda a: a.command(bad), lambda a: a.command(good))
    return run


def down(folder):
    """Nobody listens there, until somebody does."""
    asked = rest()
    asked.__exit__(None, None, None)
    replacement = []
    try:
        return trouble(folder, None, asked.address, lambda _: None, lambda _: replacement.append(
            rest(listen=asked.address)))
    finally:
        for program in replacement:
            program.__exit__(None, None, None)


SCENARIOS = {
    "hanging": by_command("hang topology", "hang none"),
    "failing": by_command("topology 500", "topology normal"),
    "large": by_command("topology large", "topology normal"),
    "garbage": by_command("topology garbage", "topology normal"),
    "down": down,
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """All scenarios side by side."""
    with together(SCENARIOS, tmp_path_factory) as futures:
        yield futures


@pytest.mark.alone
@pytest.mark.parametrize("name", SCENARIOS)
def test_trouble(name, running):
    """The stream is read at full speed, memory is bounded, and what was missing is back within error_ttl."""
    print(running[name].result())
