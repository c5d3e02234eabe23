# SPDX-License-Identifier: Apache-2.0
"""What an operator and a monitor see: /metrics, /healthz, /readyz, /status and the command status."""
import collections
import re
import signal
import subprocess
import threading

import pytest

from golden import cases
from lib import manuals, objects, settings
from lib.export import joined, to_file
from lib.paths import EXPORTER, SLOWNESS
from lib.pages import counters, get, metrics, status
from lib.process import Analyzer, Exporter, Program, exporter, until

FAST = 20000 // SLOWNESS        # flows a second
# Objects are stored soon, so that nothing has to be waited for.
OFTEN = {"pipeline": {"store": {"buffered": {"max_seconds_per_object": 1}}}}


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)


def configure(config, analyzer, folder, change=None):
    """Write a configuration with the status on a socket of the test's own."""
    listen = {"status": {"listen": "unix:%s" % (folder / "status.sock")}}
    merged = joined(config, analyzer, folder, to_file(folder), settings.merge(listen, change or {}))
    return settings.save(folder / "exporter.yml", merged)


def dropped(c, what):
    return sum(value for name, value in c.items() if name.startswith(what + "_dropped_"))


def flows_worked_on(c):
    return c["flows_excluded"] + dropped(c, "flows") + c["flows_transformed"]


def settled(folder, flows):
    """Wait until the tenant has got so many flows and nothing is under way; return its counters."""
    def look():
        c = counters(folder)
        return c if c["flows_received"] == flows == flows_worked_on(c) and not c["records_spooled"] else None
    return until(look, "%d flows received and stored" % flows)


def check_balances(c):
    """Nothing is lost that is not counted."""
    assert c["flows_received"] == flows_worked_on(c)
    assert c["flows_transformed"] + c["records_added"] - c["records_merged"] == (
        c["records_encoded"] + dropped(c, "records"))
    assert c["records_encoded"] == (
        c["records_uploaded"] + c["records_spooled"] + c["records_evicted"] + c["records_quarantined"])


@pytest.mark.parametrize("name", ["old-vpclogs", "new-vpclogs", "old-none-capture"])
def test_balances_hold_and_agree_with_the_objects(name, tmp_path):
    """After a clean end every flow and record is accounted for, on both pages, and in what was stored."""
    case = cases.by_name(name)
    with Analyzer(*case.inputs, topology=case.topology, pace=4000) as analyzer:
        path = configure(settings.load(case.config), analyzer, tmp_path, OFTEN)
        with Exporter(path) as program:
            analyzer.event("end", 60, unless_ends=program)
            sent = analyzer.stats()["sent_flows"]
            # A subscription of one capture gets its own flows only.
            received = until(lambda: status(tmp_path)["sources"][0]["flows"] == sent and
                             counters(tmp_path)["flows_received"], "all flows")
            c = settled(tmp_path, received)
            check_balances(c)
            page = metrics(tmp_path)
            for stat in ("flows_received", "flows_transformed", "records_encoded", "records_uploaded",
                         "objects_uploaded", "objects_sealed"):
                assert page["skydive_exporter_%s_total" % stat, (("tenant", "exporter"),)] == c[stat]
            assert program.stop() == 0
    found = objects.read_tree(tmp_path / "stored")
    assert c["objects_uploaded"] == c["objects_sealed"] == len(found)
    assert c["records_uploaded"] == sum(len(o.records) for o in found)
    assert c["bytes_uploaded"] == sum(len(o.raw) for o in found)


def test_metrics_pass_promtool_and_are_bounded(tmp_path):
    """promtool has nothing to say; every counter is on both pages; flows add no series."""
    case = cases.by_name("old-vpclogs")
    with Analyzer(*case.inputs, topology=case.topology, pace=4000, clients=0) as analyzer:
        with Exporter(configure(settings.load(case.config), analyzer, tmp_path, OFTEN)) as program:
            until(lambda: (tmp_path / "status.sock").exists() and get(tmp_path, "/readyz")[0] == 200, "ready")
            before = metrics(tmp_path)
            analyzer.command("play")
            analyzer.event("end", 60, unless_ends=program)
            settled(tmp_path, analyzer.stats()["sent_flows"])
            code, text = get(tmp_path, "/metrics")
            checked = promtool(text)
            assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
            assert set(metrics(tmp_path)) == set(before)
            names = collections.Counter(name for name, labels in before if dict(labels).get("tenant"))
            assert sum(names.values()) >= len(counters(tmp_path))
            assert program.stop() == 0


def test_every_metric_is_explained(tmp_path):
    """The manual names every family there is, and no other."""
    case = cases.by_name("old-none-capture")
    with Analyzer(*case.inputs, clients=0) as analyzer:
        with Exporter(configure(settings.load(case.config), analyzer, tmp_path)) as program:
            program.log("state=subscribed")
            there = set(re.findall(r"^# TYPE skydive_exporter_(\w+) ", get(tmp_path, "/metrics")[1], re.M))
            assert program.stop() == 0
    rows = manuals.tables(manuals.section(manuals.page("skydive-exporter-metrics.7"), "METRICS"))
    assert {row[0] for row in rows if not row[0].startswith(("by ", "once"))} == there
    assert len({row[0] for row in rows}) == len(rows)


def test_tenants_have_labels(tmp_path):
    """Each pipeline has its own series, called by the name of its file; both see the flows."""
    case = cases.by_name("old-none-capture")
    config = settings.load(case.config)
    config["pipeline"].get("subscriber", {}).pop("capture_id", None)
    (tmp_path / "d").mkdir()
    for name in ("acme", "b.2"):
        settings.save(tmp_path / "d" / (name + ".yml"),
                      {"pipeline": {"store": {"buffered": {"filename_prefix": name}}}})
    with Analyzer(*case.inputs, pace=4000) as analyzer:
        path = configure(config, analyzer, tmp_path, settings.merge(OFTEN, {"include": "d/*.yml"}))
        with Exporter(path) as program:
            analyzer.event("end", 60, unless_ends=program)
            sent = analyzer.stats()["sent_flows"]
            for name in ("acme", "b.2"):
                key = "skydive_exporter_flows_received_total", (("tenant", name),)
                until(lambda: metrics(tmp_path)[key] == sent, "all flows of %s" % name)
            table = exporter("status", "-c", path)
            assert [line.split()[0] for line in table.stdout.splitlines()[-3:]] == ["TENANT", "acme", "b.2"]
            assert program.stop() == 0


def scrape(folder, stop, problems):
    """A hundred times a second, until told to stop; returns through problems what went wrong."""
    count = 0
    while not stop.wait(0.01):
        try:
            for page in ("/metrics", "/status"):
                code, _ = get(folder, page)
                if code != 200:
                    problems.append("%s: %d" % (page, code))
            count += 1
        except OSError as error:
            problems.append(str(error))
    problems.append(count)


@pytest.mark.alone
def test_scraping_moves_nothing(tmp_path):
    """20,000 flows a second and a hundred scrapes a second: the reader keeps up, and the records are all there."""
    case = cases.by_name("old-none-capture")
    config = settings.load(case.config)
    config["pipeline"].get("subscriber", {}).pop("capture_id", None)
    stop, problems = threading.Event(), []
    with Analyzer(*case.inputs, pace=FAST, clients=0, options=["--repeat", FAST // 200, "--uniq"]) as analyzer:
        change = settings.merge(OFTEN, {"pipeline": {"store": {"buffered": {"max_flow_array_size": 1000000}}}})
        with Exporter(configure(config, analyzer, tmp_path, change)) as program:
            until(lambda: (tmp_path / "status.sock").exists() and get(tmp_path, "/readyz")[0] == 200, "ready")
            thread = threading.Thread(target=scrape, args=(tmp_path, stop, problems))
            thread.start()
            try:
                analyzer.command("play")
                analyzer.event("end", 60, unless_ends=program)
            finally:
                stop.set()
                thread.join()
            sent = analyzer.stats()
            c = settled(tmp_path, sent["sent_flows"])
            assert program.stop() == 0
    assert problems[:-1] == [] and problems[-1] >= 100, problems
    assert sent["queued_max"] <= 8 and sent["missed_flows"] == 0 and sent["dropped"] == 0, sent
    check_balances(c)
    assert dropped(c, "flows") == dropped(c, "records") == 0
    found = objects.read_tree(tmp_path / "stored")
    assert objects.faults(found) == []
    assert sum(len(o.records) for o in found) == c["records_encoded"] == sent["sent_flows"]


def test_readyz_follows_the_analyzer(tmp_path):
    """503 with the reason while there is no analyzer, 200 when it is there, and again; healthz is 200 throughout."""
    case = cases.by_name("old-none-capture")
    with Analyzer(*case.inputs, clients=0) as analyzer:
        address = analyzer.address
        with Exporter(configure(settings.load(case.config), analyzer, tmp_path)) as program:
            until(lambda: (tmp_path / "status.sock").exists() and get(tmp_path, "/readyz")[0] == 200, "ready")
            assert get(tmp_path, "/healthz") == (200, "ok\n")
            analyzer.kill()
            until(lambda: get(tmp_path, "/readyz")[0] == 503, "not ready")
            assert re.fullmatch(r"%s: connecting since \S+Z \(\d s\)(: .+)?; .+\n" % re.escape(analyzer.url), get(tmp_path, "/readyz")[1])
            assert re.fullmatch(r"ok\n%s: connecting since .+\n" % re.escape(analyzer.url), get(tmp_path, "/healthz")[1])
            assert get(tmp_path, "/healthz")[0] == 200
            assert metrics(tmp_path)["skydive_exporter_source_up", (("source", analyzer.url),)] == 0
            with Analyzer(*case.inputs, clients=0, listen=address):
                until(lambda: get(tmp_path, "/readyz")[0] == 200, "ready again", 60)
                source = status(tmp_path)["sources"][0]
                assert (source["connects"], source["gaps"], source["state"]) == (2, 1, "subscribed")
                assert program.stop() == 0


@pytest.mark.parametrize("options, why", [
    (["--auth", "bob:secret"], "401: wrong credentials"), (["--refuse", 403], "403: "), (["--refuse", 409], "409: "),
    (["--refuse", 404], "404: this is not a Skydive analyzer"), (["--refuse", 502], "502: a proxy before"),
], ids=["401", "403", "409", "404", "502"])
def test_why_a_source_is_not_up(options, why, tmp_path):
    """The page for probes, the one for programs and the table say it, and for how long."""
    case = cases.by_name("old-none-capture")
    with Analyzer(*case.inputs, clients=0, options=options) as analyzer:
        path = configure(settings.load(case.config), analyzer, tmp_path)
        with Exporter(path) as program:
            analyzer.event("refused")
            said = until(lambda: (tmp_path / "status.sock").exists() and re.fullmatch(
                r"%s: connecting since \S+Z \((\d+) s\): (.*); see whether the analyzer runs .+\n" % re.escape(analyzer.url), get(tmp_path, "/readyz")[1]), "why")
            assert said[2].startswith(why) and get(tmp_path, "/readyz")[0] == 503
            source = status(tmp_path)["sources"][0]
            assert source["last_error"] == said[2] and source["state"] == "connecting"
            until(lambda: status(tmp_path)["sources"][0]["down_seconds"] >= 1, "time that passes")
            table = exporter("status", "-c", path)
            assert table.code == 0 and re.search(r"\n  for \d+s: %s" % why, table.stdout), table
            assert program.stop() == 0


def test_starved_is_not_ready(tmp_path):
    """Connected to an analyzer that sends pings but nothing else: not ready, until something comes."""
    case = cases.by_name("old-none-capture")
    change = {"pipeline": {"subscriber": {"starvation_timeout": 1}}}
    with Analyzer(*case.inputs, clients=0, options=["--stats-every", 100]) as analyzer:
        with Exporter(configure(settings.load(case.config), analyzer, tmp_path, change)) as program:
            until(lambda: (tmp_path / "status.sock").exists() and get(tmp_path, "/readyz")[0] == 200, "ready")
            analyzer.command("play")
            until(lambda: status(tmp_path)["sources"][0]["messages"] > 0, "messages")
            analyzer.command("silence on")
            until(lambda: get(tmp_path, "/readyz")[1].startswith("%s: starved since " % analyzer.url), "starved", 60)
            assert get(tmp_path, "/readyz")[0] == 503
            until(lambda: status(tmp_path)["sources"][0]["renewals"] >= 1, "a renewal")
            assert program.stop() == 0


def test_table_of_tenants(tmp_path):
    """The table fits 100 columns and says what a store that fails says; one tenant shows all its counters."""
    case = cases.by_name("old-vpclogs")
    write = {"type": "s3", "s3": {"endpoint": "http://127.0.0.1:1", "region": "r", "access_key": "a",
                                  "secret_key": "never-shown"}}
    with Analyzer(*case.inputs, topology=case.topology, pace=4000) as analyzer:
        path = configure(settings.load(case.config), analyzer, tmp_path, settings.merge(OFTEN, {"stop_timeout": 1}))
        config = settings.load(path)
        config["pipeline"]["write"] = write
        settings.save(path, config)
        with Exporter(path) as program:
            analyzer.event("end", 60, unless_ends=program)
            tenant = until(lambda: [t for t in status(tmp_path)["tenants"] if t["state"] == "degraded" and
                                    t["pending_bytes"]], "a degraded tenant")[0]
            assert tenant["last_error"] and tenant["oldest_pending_seconds"] >= 0
            shown = exporter("status", "-c", path)
            assert shown.code == 0 and max(map(len, shown.stdout.splitlines())) <= 100, shown.stdout
            title, row = shown.stdout.splitlines()[-2:]
            assert title.split("  ")[0].startswith("TENANT") and title.endswith("LAST ERROR")
            assert row.startswith("exporter degraded ") and tenant["last_error"][:20] in row
            alone = exporter("status", "-c", path, "exporter")
            now, _, since = alone.stdout.partition("\n\n")
            lines = dict(line.split(None, 1) for line in now.splitlines())
            assert lines["state"] == "degraded" and lines["last_error"] == tenant["last_error"]
            assert set(tenant["counters"]) <= set(lines)
            assert re.search(r"^since 20\S+Z, over restarts:\n(.*\n)?sealed +[1-9]", since), since
            assert "\nflows_received  " in since
            nobody = exporter("status", "-c", path, "nobody")
            assert nobody.code == 1 and 'no pipeline "nobody"; there is: exporter' in nobody.stderr
            for page in ("/status", "/metrics"):
                assert "never-shown" not in get(tmp_path, page)[1]
            assert program.stop() == 0
    gone = exporter("status", "-c", path)
    assert gone.code == 1 and "is it running? nothing answers at unix:%s" % (tmp_path / "status.sock") in gone.stderr


def test_reload_is_visible(tmp_path):
    """The generation rises; who stays keeps the counters, who goes takes the series along."""
    case = cases.by_name("old-none-capture")
    config = settings.load(case.config)
    config["pipeline"].get("subscriber", {}).pop("capture_id", None)
    (tmp_path / "d").mkdir()
    for name in ("goes", "stays"):
        settings.save(tmp_path / "d" / (name + ".yml"),
                      {"pipeline": {"store": {"buffered": {"filename_prefix": name}}}})
    with Analyzer(*case.inputs, pace=4000) as analyzer:
        path = configure(config, analyzer, tmp_path, settings.merge(OFTEN, {"include": "d/*.yml"}))
        with Exporter(path) as program:
            analyzer.event("end", 60, unless_ends=program)
            sent = analyzer.stats()["sent_flows"]
            until(lambda: counters(tmp_path, "stays")["flows_received"] == sent, "all flows")
            assert status(tmp_path)["generation"] == 1
            (tmp_path / "d" / "goes.yml").unlink()
            program.signal(signal.SIGHUP)
            until(lambda: status(tmp_path)["generation"] == 2, "a second generation")
            assert [t["name"] for t in status(tmp_path)["tenants"]] == ["stays"]
            assert counters(tmp_path, "stays")["flows_received"] == sent
            assert not [k for k in metrics(tmp_path) if ("tenant", "goes") in k[1]]
            assert program.stop() == 0


def test_manual_is_the_reference():
    """The tables of the manual are what the program itself says of its metrics."""
    result = exporter("check", "--reference", "metrics")
    assert (result.code, result.stderr) == (0, "") and result.stdout.count("\n") > 50
    said = [[cell.replace("`", "").replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line[1:-1])]
            for line in result.stdout.splitlines() if line.startswith("| ")]
    assert manuals.tables(manuals.section(manuals.page("skydive-exporter-metrics.7"), "METRICS")) == said
    assert exporter("check", "--reference", "metrics", "more").code == 2


@pytest.mark.parametrize("arguments", [["-c"], ["--what"], ["a", "b"]])
def test_wrong_usage(arguments):
    """Exit code 2 and how it is called."""
    result = exporter("status", *arguments)
    assert result.code == 2 and "status [-c FILE] [--watch | --audit | --html] [TENANT]" in result.stderr


def test_watch_repeats(tmp_path):
    """--watch asks again and again; into a pipe it clears no screen."""
    case = cases.by_name("old-none-capture")
    with Analyzer(*case.inputs, clients=0) as analyzer:
        path = configure(settings.load(case.config), analyzer, tmp_path)
        with Exporter(path) as program:
            until(lambda: (tmp_path / "status.sock").exists() and get(tmp_path, "/readyz")[0] == 200, "ready")
            with Program([EXPORTER, "status", "-c", path, "--watch"]) as watch:
                first, _ = watch.out.wait(lambda line: line.startswith("TENANT"), 10)
                watch.out.wait(lambda line: line.startswith("TENANT"), 10, first + 1)
                assert "\033" not in watch.out.text()
            assert program.stop() == 0


def test_configured_address_must_work(tmp_path):
    """Nobody can listen: an error at start when it was asked for; "" listens nowhere."""
    case = cases.by_name("old-none-capture")
    with Analyzer(*case.inputs, clients=0) as analyzer:
        path = configure(settings.load(case.config), analyzer, tmp_path)
        (tmp_path / "status.sock").write_text("not a socket")
        result = exporter("run", "-c", path, timeout=30)
        assert result.code == 1 and "status.listen: unix:" in result.stderr and "no socket" in result.stderr
        config = settings.load(path)
        for listen, code in (("nowhere", 1), ("unix:relative", 1), ("127.0.0.1:99999", 1), ("", 0)):
            config["status"]["listen"] = listen
            settings.save(path, config)
            result = exporter("check", "-c", path)
            assert result.code == code, result.stderr
            assert code == 0 or "exporter.yml:" in result.stderr and "status.listen" in result.stderr
        with Exporter(path) as program:
            program.log("state=subscribed")
            assert program.stop() == 0
