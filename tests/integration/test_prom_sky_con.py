# SPDX-License-Identifier: Apache-2.0
"""Store prom_sky_con: connections and interfaces for Prometheus, as the Go exporter shows them."""
import http.client
import signal
import socket
import subprocess

import pytest

from lib import pages, settings, stream
from lib.export import PACE
from lib.paths import GOLDEN, ROOT, recording
from lib.process import Analyzer, Exporter, exporter, until

INPUTS = GOLDEN / "inputs"
GOLDENS = {
    "edge": ([INPUTS / "edge_all.jsonl.gz"],
             [INPUTS / "edge.topology.json.gz", INPUTS / "interfaces.topology.json.gz"]),
    "old": ([recording("old-netns-mixed.jsonl.gz")], [recording("old-netns-mixed.topology.json.gz")]),
}


def free_port():
    with socket.socket() as s:
        s.bind(("", 0))
        return s.getsockname()[1]


def configure(folder, port, analyzer=None, change=None):
    """Save the sample file with addresses and directories of the test's own."""
    config = settings.merge(settings.load(ROOT / "etc" / "prom_sky_con.yml"), {
        "status": pages.listening(folder),
        "spool": {"directory": str(folder / "spool")},
        "pipeline": {"store": {"prom_sky_con": {"port": str(port)}}},
    })
    if analyzer:
        config = settings.merge(config, {"analyzers": [analyzer.address],
                                         "pipeline": {"subscriber": {"url": analyzer.url}}})
    return settings.save(folder / "exporter.yml", settings.merge(config, change or {}))


def fetch(port, page="/metrics"):
    """Return (status, content type, text), or None where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", page)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()
    except ConnectionRefusedError:
        return None
    finally:
        connection.close()


def flows_are_in(folder, analyzer):
    """Wait until every flow has been through the pipeline; return the counters."""
    sent = analyzer.stats()["sent_flows"]

    def look():
        c = pages.counters(folder)
        gone = sum(v for name, v in c.items() if name.startswith(("flows_dropped_", "flows_excluded")))
        return c if c["flows_received"] == sent == gone + c["flows_transformed"] else None
    return until(look, "%d flows" % sent)


@pytest.mark.parametrize("name", sorted(GOLDENS))
def test_the_page_is_that_of_the_go_exporter(name, tmp_path):
    """Every line, in order; promtool accepts it; no object is written."""
    recordings, topology = GOLDENS[name]
    expected = stream.read(GOLDEN / "prom_sky_con" / (name + ".txt.gz")).decode()
    port = free_port()
    with Analyzer(*recordings, topology=topology, pace=PACE) as analyzer:
        with Exporter(configure(tmp_path, port, analyzer)) as program:
            analyzer.event("end", 60, unless_ends=program)
            c = flows_are_in(tmp_path, analyzer)
            if "_interface_" in expected:
                until(lambda: "_interface_" in fetch(port)[2], "interfaces")
            code, content_type, text = fetch(port)
            assert fetch(port, "/")[0] == 404
            assert program.stop() == 0
    assert c["records_merged"] == c["flows_transformed"] and c["records_encoded"] == 0
    assert (code, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert text.splitlines() == expected.splitlines()
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    # 3: it reads well, but for advice on a name, which is the Go exporter's.
    assert checked.returncode == 3, checked
    assert [line for line in checked.stderr.splitlines() if "use base unit" not in line] == []
    assert list((tmp_path / "spool").glob("*/new/*")) == []


def test_a_port_in_use_is_an_error_of_the_pipeline_alone(tmp_path):
    """The program goes on, and listens when the port is free."""
    with socket.socket() as taken, Analyzer(*GOLDENS["edge"][0], pace=PACE, clients=0) as analyzer:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Exporter(configure(tmp_path, port, analyzer)) as program:
            program.log("metrics=closed listen=:%d error=" % port)
            program.log("state=subscribed")
            until(lambda: pages.get(tmp_path, "/status")[0] == 200, "a status")
            until(lambda: pages.status(tmp_path)["tenants"][0].get("last_error"), "an error in the status")
            analyzer.command("play")
            analyzer.event("end", 60, unless_ends=program)
            assert flows_are_in(tmp_path, analyzer)["flows_transformed"] > 0
            taken.close()
            program.log("metrics=open listen=:%d" % port)
            assert "skydive_network_connection_total_bytes{" in fetch(port)[2]
            assert program.stop() == 0


def test_a_reload_takes_over_the_port(tmp_path):
    """The changed pipeline listens where its predecessor did, and has series of its own."""
    port = free_port()
    with Analyzer(*GOLDENS["edge"][0], pace=PACE, clients=0) as analyzer:
        with Exporter(configure(tmp_path, port, analyzer)) as program:
            program.log("state=subscribed")
            seen, _ = program.log("metrics=open")
            configure(tmp_path, port, analyzer,
                      {"pipeline": {"store": {"prom_sky_con": {"connection_timeout": 90}}}})
            program.signal(signal.SIGHUP)
            program.log("reload=done .*changed=1 ")
            program.log("metrics=open", start=seen + 1)
            analyzer.command("play")
            analyzer.event("end", 60, unless_ends=program)
            flows_are_in(tmp_path, analyzer)
            assert "skydive_network_connection_total_bytes{" in fetch(port)[2]
            assert program.stop() == 0


def test_connections_are_bounded(tmp_path):
    """Past max_connections the oldest goes, and is counted."""
    port = free_port()
    change = {"pipeline": {"store": {"prom_sky_con": {"max_connections": 3}}}}
    with Analyzer(*GOLDENS["edge"][0], pace=PACE) as analyzer:
        with Exporter(configure(tmp_path, port, analyzer, change)) as program:
            analyzer.event("end", 60, unless_ends=program)
            flows_are_in(tmp_path, analyzer)
            until(lambda: pages.counters(tmp_path)["series_evicted"], "connections that went")
            assert fetch(port)[2].count("\nskydive_network_connection_rtt_nanoseconds{") == 3
            assert program.stop() == 0


@pytest.mark.parametrize("change, wanted", [
    ({"transform": {"type": "vpclogs"}}, "store prom_sky_con does not fit transform vpclogs"),
    ({"store": {"prom_sky_con": {"port": ""}}}, "pipeline.store.prom_sky_con.port: must be set"),
    ({"store": {"prom_sky_con": {"port": "http"}}}, "pipeline.store.prom_sky_con.port: must be a TCP port"),
    ({"store": {"prom_sky_con": {"connection_timeout": -1}}}, "pipeline.store.prom_sky_con.connection_timeout"),
])
def test_what_does_not_fit_is_said(change, wanted, tmp_path):
    """Mistakes in the configuration name their key, and both stages where they do not fit."""
    result = exporter("check", "-c", configure(tmp_path, 9100, change={"pipeline": change}))
    assert result.code != 0
    assert wanted in result.stdout + result.stderr
