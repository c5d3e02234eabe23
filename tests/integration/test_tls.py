# SPDX-License-Identifier: Apache-2.0
"""TLS to the analyzer: what is right works, what is wrong is refused, said once, retried, and works once it is mended.

A proxy ends TLS as an analyzer does (TLS 1.2 and 1.3, P-256, h2 on offer) and
remembers what it was shown.
"""
import json
import re
import shutil
import ssl

import pytest

from golden import cases
from lib import lives, objects, oracle, settings
from lib.export import PACE, joined, to_file
from lib.pki import LOCAL, Authority, new_key
from lib.process import Analyzer, Exporter, exporter
from lib.proxy import Proxy

CASE = cases.by_name("old-vpclogs")
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
# In TLS 1.3 a client's certificate is refused after the handshake, by an alert that a reset may overtake:
# then there is another text.
AFTER_TLS = {ssl.TLSVersion.TLSv1_2: 1, ssl.TLSVersion.TLSv1_3: 6}


class Certificates:
    """What the tests show and trust."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.other = Authority(folder, "ca"), Authority(folder, "other")
        self.server = self.ca.issue("analyzer")
        self.client = self.ca.issue("exporter", hosts=())
        self.foreign_server = self.other.issue("analyzer")
        self.foreign_client = self.other.issue("exporter", hosts=())
        self.wrong_host = self.ca.issue("elsewhere", hosts=("elsewhere.example", "10.9.8.7"))
        self.expired = self.ca.expired("expired")
        self.expired_client = self.ca.issue("late", hosts=(), until="20210101000000Z")


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("pki"))


def trust(ca, client=None):
    """The keys below tls."""
    pair = {"client_cert": str(client.cert), "client_key": str(client.key)} if client else {}
    return {"tls": {"ca_cert": str(ca), **pair}}


class Site:
    """The stand-in behind a proxy, and an exporter that takes everything from there."""

    def __init__(self, folder, pair, tls, **change):
        self.folder = folder
        self.analyzer = Analyzer(*CASE.inputs, topology=CASE.topology, pace=PACE)
        self.proxy = Proxy(self.analyzer.address, pair)
        self.config = joined(settings.load(CASE.config), self.analyzer, folder, to_file(folder), settings.merge({
            "analyzers": [self.proxy.address],
            "pipeline": {"subscriber": {"url": "wss://%s/ws/subscriber/flow" % self.proxy.address}}},
            settings.merge(tls, change)))
        self.exporter = None

    def __enter__(self):
        self.exporter = Exporter(settings.save(self.folder / "exporter.yml", self.config), "--progress")
        return self

    def __exit__(self, *args):
        try:
            self.exporter.__exit__(*args)
        finally:
            self.proxy.close()
            self.analyzer.__exit__(*args)

    def refused(self, said, texts=1):
        """Wait until it was refused three times; it must have said why, each text once, and not that all is well."""
        line = self.exporter.log("state=(?:unreachable|lost|no-analyzer)")[1]
        print(line)
        self.proxy.wait(lambda p: len(p.refused) + len(p.clients) >= 3)
        complaints = [text for text in self.exporter.err.text().splitlines() if "error=" in text]
        assert 1 <= len(complaints) <= texts and all(re.search(said, c) for c in complaints), complaints
        assert "state=subscribed" not in self.exporter.err.text()
        assert self.analyzer.stats()["admitted"] == 0

    def finish(self, topology=CASE.topology):
        """Let it export everything, and compare; directions come by REST, so without topology there are none."""
        end = self.analyzer.event("end", 60, unless_ends=self.exporter)
        lives.settled(self.exporter, end["flows"])      # a stop does not wait for answers
        assert self.exporter.stop() == 0
        assert self.analyzer.stats()["admitted"] == 1
        assert {alpn for _, alpn in self.proxy.clients} == {None}, "ALPN was offered: %s" % self.proxy.clients
        found = objects.read_tree(self.folder / "stored")
        problems = objects.faults(found) + list(objects.record_differences(
            oracle.joined(oracle.expected(self.config, CASE.inputs, topology)), objects.by_tag(found)))
        assert not problems, "\n".join(problems)[:8000]
        return {json.loads(record).get("direction") for records in objects.by_tag(found).values() for record in records}


@pytest.mark.parametrize("host", LOCAL)
def test_ca_alone_is_enough(host, certs, tmp_path):
    """wss with tls.ca_cert only; names and addresses are checked against the certificate; ALPN is not offered."""
    listen = "::1:0" if host == "::1" else "127.0.0.1:0"
    with Analyzer(*CASE.inputs, pace=PACE, listen=listen,
                  options=["--tls-cert", certs.server.cert, "--tls-key", certs.server.key]) as analyzer:
        port = analyzer.address.rpartition(":")[2]
        url = "wss://%s:%s/ws/subscriber/flow" % ("[::1]" if host == "::1" else host, port)
        config = joined(settings.load(CASE.config), analyzer, tmp_path, to_file(tmp_path), settings.merge(
            trust(certs.ca.cert), {"analyzers": [], "pipeline": {"subscriber": {"url": url}}}))
        with Exporter(settings.save(tmp_path / "exporter.yml", config)) as running:
            analyzer.event("end", 60, unless_ends=running)
            assert running.stop() == 0
    wanted = oracle.joined(oracle.expected(config, CASE.inputs, []))
    assert not list(objects.record_differences(wanted, objects.by_tag(objects.read_tree(tmp_path / "stored"))))


@pytest.mark.parametrize("newest", VERSIONS, ids=["1.2", "1.3"])
def test_client_certificate_is_shown(newest, certs, tmp_path):
    """With a pair the websocket and REST (https then) show it; a server that wants one is content."""
    site = Site(tmp_path, certs.server, trust(certs.ca.cert, certs.client))
    site.proxy.client_ca, site.proxy.newest = certs.ca.cert, newest
    with site:
        assert site.finish() >= {"inbound", "outbound"}
        assert len(site.proxy.clients) >= 2 and {name for name, _ in site.proxy.clients} == {"exporter"}
        assert {r.target for r in site.proxy.requests()} == {"/ws/subscriber/flow", "/ws/subscriber", "/api/topology"}


def test_client_certificate_is_not_shown_unasked(certs, tmp_path):
    """A server that does not ask for a certificate gets none."""
    with Site(tmp_path, certs.server, trust(certs.ca.cert, certs.client)) as site:
        assert site.finish() >= {"inbound", "outbound"}
        assert {name for name, _ in site.proxy.clients} == {None}


def test_https_by_the_analyzers_own_keys(certs, tmp_path):
    """The analyzer's tls.server_cert and server_key in the file say that REST is https; a CA is all it takes."""
    tls = settings.merge(trust(certs.ca.cert), {"tls": {
        "server_cert": str(certs.server.cert), "server_key": str(certs.server.key)}})
    with Site(tmp_path, certs.server, tls) as site:
        assert site.finish() >= {"inbound", "outbound"}


def test_refused_topology_is_told(certs, tmp_path):
    """REST over TLS that cannot be trusted is said in the log; the records come without directions."""
    with Site(tmp_path, certs.server, trust(certs.ca.cert, certs.client)) as site, \
            Proxy(site.analyzer.address, certs.foreign_server) as foreign:
        site.exporter.__exit__(None, None, None)
        site.config["analyzers"] = [foreign.address]
        site.exporter = Exporter(settings.save(tmp_path / "exporter.yml", site.config))
        assert re.search("self.signed|issuer|CA", site.exporter.log('topology=down .*error="([^"]*)"')[1])


WRONG_SERVER = {
    "unknown CA": ("foreign_server", "self.signed|issuer|CA"),
    "wrong host": ("wrong_host", "localhost"),
    "expired": ("expired", "expired"),
}


@pytest.mark.parametrize("wrong", sorted(WRONG_SERVER))
def test_wrong_server_certificate(wrong, certs, tmp_path):
    """Refused, said once, retried; with the right certificate it works without a restart."""
    attribute, said = WRONG_SERVER[wrong]
    with Site(tmp_path, getattr(certs, attribute), trust(certs.ca.cert, certs.client)) as site:
        site.refused(said)
        site.proxy.pair = certs.server
        assert site.finish() >= {"inbound", "outbound"}


def test_no_ca_is_the_systems(certs, tmp_path):
    """Without tls.ca_cert a CA of our own is unknown, and the message says which key to set."""
    with Site(tmp_path, certs.server, {}) as site:
        site.refused("tls.ca_cert")
        assert site.exporter.stop() == 0


@pytest.mark.parametrize("newest", VERSIONS, ids=["1.2", "1.3"])
@pytest.mark.parametrize("shown", ["missing", "foreign", "expired"])
def test_wrong_client_certificate(shown, newest, certs, tmp_path):
    """None where one is wanted, or one the server does not accept: the message speaks of the certificate; then as above."""
    client = {"missing": None, "foreign": certs.foreign_client, "expired": certs.expired_client}[shown]
    site = Site(tmp_path, certs.server, trust(certs.ca.cert, client), analyzers=[])
    site.proxy.client_ca, site.proxy.newest = certs.ca.cert, newest
    with site:
        site.refused("certificate", AFTER_TLS[newest])
        site.proxy.client_ca = certs.other.cert if shown == "foreign" else None
        site.finish(topology=[])


@pytest.mark.parametrize("which", ["ca", "client"])
def test_files_are_read_anew(which, certs, tmp_path):
    """A CA file or a client pair that was replaced on disk takes effect with the next connection."""
    cert, key, ca = (tmp_path / name for name in ("client.crt", "client.key", "ca.crt"))
    client, authority = certs.client, certs.ca.cert
    if which == "ca":
        authority = certs.other.cert
    else:
        client = certs.foreign_client
    for source, target in ((client.cert, cert), (client.key, key), (authority, ca)):
        shutil.copy(source, target)
    site = Site(tmp_path, certs.server, {"tls": {
        "ca_cert": str(ca), "client_cert": str(cert), "client_key": str(key)}}, analyzers=[])
    site.proxy.client_ca = certs.ca.cert
    with site:
        site.refused("certificate", AFTER_TLS[VERSIONS[1]] if which == "client" else 1)
        for source, target in ((certs.client.cert, cert), (certs.client.key, key), (certs.ca.cert, ca)):
            shutil.copy(source, target)
        site.finish(topology=[])


def test_ca_file_without_a_certificate(certs, tmp_path):
    """A CA file that holds no certificate is told, with its key; mended, it works."""
    ca = tmp_path / "ca.crt"
    ca.write_text("no certificate\n")
    with Site(tmp_path, certs.server, trust(ca), analyzers=[]) as site:
        line = site.exporter.log("state=unreachable")[1]
        assert "tls.ca_cert" in line or str(ca) in line, line
        shutil.copy(certs.ca.cert, ca)
        site.finish(topology=[])


@pytest.mark.parametrize("wrong", ["ca_cert", "client_cert", "client_key"])
def test_unreadable_file_is_told_at_start(wrong, certs, tmp_path):
    """A file that is not there ends the start, and `check`, with exit code 1, naming file, line, key and path."""
    tls = trust(certs.ca.cert, certs.client)
    tls["tls"][wrong] = "/no/such/file.pem"
    config = settings.merge(settings.load(CASE.config), {**tls, "spool": {"directory": str(tmp_path / "spool")}})
    path = settings.save(tmp_path / "exporter.yml", config)
    line = 1 + [number for number, text in enumerate(path.read_text().splitlines()) if "/no/such" in text][0]
    for done in (exporter("run", "-c", path), exporter("check", "-c", path)):
        assert done.code == 1
        assert "%s:%d: tls.%s: cannot read /no/such/file.pem" % (path, line, wrong) in done.stderr + done.stdout


def test_half_a_pair_is_told_at_start(certs, tmp_path):
    config = settings.merge(settings.load(CASE.config), {
        "tls": {"ca_cert": str(certs.ca.cert), "client_cert": str(certs.client.cert)},
        "spool": {"directory": str(tmp_path / "spool")}})
    done = exporter("check", "-c", settings.save(tmp_path / "exporter.yml", config))
    assert done.code == 1 and "tls.client_key: must be set too" in done.stderr + done.stdout


def test_key_of_another_certificate(certs, tmp_path):
    """A pair that does not belong together is told when it is used, and works once it is mended."""
    key = tmp_path / "client.key"
    new_key(key)
    site = Site(tmp_path, certs.server, {"tls": {
        "ca_cert": str(certs.ca.cert), "client_cert": str(certs.client.cert), "client_key": str(key)}}, analyzers=[])
    site.proxy.client_ca = certs.ca.cert
    with site:
        line = site.exporter.log("state=unreachable")[1]
        assert "tls.client" in line and "client.key" in line, line
        shutil.copy(certs.client.key, key)
        site.finish(topology=[])


def test_plain_server_at_a_wss_address(tmp_path):
    """It is said that the other side does not speak TLS, or at least that the handshake failed; it is retried."""
    with Site(tmp_path, None, {}, analyzers=[]) as site:
        line = site.exporter.log("state=unreachable")[1]
        assert re.search("TLS|SSL", line), line
        site.proxy.wait(lambda p: len(p.clients) >= 2)
        assert site.exporter.stop() == 0
