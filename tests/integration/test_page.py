# SPDX-License-Identifier: Apache-2.0
"""The pages for people: what they say, that it is text, who may see what, and by which name."""
import base64
import hashlib
import html.parser
import http.client
import json
import re
import urllib.parse

import pytest

from lib import pages, settings
from lib.export import joined, to_file, whole_flows
from lib.paths import recording
from lib.process import Analyzer, Exporter, until

RECORDING = recording("old-netns-mixed.jsonl.gz")
HOSTILE = "<img src=x onerror=\"document.title='owned'\">&'</title><script>document.title='owned'</script>"
SECRETS = {"analyzer": "an4lyzer-pw", "store": "st0re-key", "token": "t0ken"}
VOID = {"meta", "input", "br", "link"}
OPTIONAL = {"tr", "td", "th"}       # end tags that HTML lets one leave out


class Tree(html.parser.HTMLParser):
    """Elements, attributes and texts of a page; it must be well formed but for the end tags that may be left out."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.attributes, self.texts = [], [], [], {}
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL:
            self.open.pop()
        assert self.open and self.open.pop() == tag, "%s ends, and is not open" % tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def text(self, element):
        return "".join(self.texts.get(element, []))


def tenants(folder, changes):
    """Write a drop-in for each tenant."""
    (folder / "exporter.d").mkdir()
    for name, change in changes.items():
        settings.save(folder / "exporter.d" / (name + ".yml"), change)


def configure(folder, analyzer, changes, listen=None):
    tenants(folder, changes)
    base = settings.merge(whole_flows(of=100), {"host_id": "page", "include": "exporter.d/*.yml"})
    status = {"status": {"listen": listen} if listen else pages.listening(folder)}
    return settings.save(folder / "exporter.yml", joined(base, analyzer, folder, to_file(folder), status))


def page(folder, path):
    code, headers, text = pages.answer(pages.Local(folder / "status.sock"), path)
    assert code == 200 and headers["content-type"] == "text/html; charset=utf-8", (code, text[:300])
    return text


def policy(folder, path="/"):
    return pages.answer(pages.Local(folder / "status.sock"), path)[1]["content-security-policy"]


def ready(folder):
    until(lambda: (folder / "status.sock").exists() and pages.get(folder, "/readyz")[0] == 200, "ready")


def prefix(text):
    return {"pipeline": {"store": {"buffered": {"filename_prefix": text}}}}


@pytest.fixture(name="hostile", scope="module")
def hostile_exporter(tmp_path_factory):
    """One tenant whose keys are markup, one whose store says markup, one that is well; with secrets."""
    folder = tmp_path_factory.mktemp("hostile")
    sick = settings.merge(prefix("sick"), {"pipeline": {"write": {"file": {"directory": "/dev/null/" + HOSTILE}}}})
    well = settings.merge(prefix("well"), {"pipeline": {"write": {"type": "s3", "s3": {
        "endpoint": "http://127.0.0.1:1", "region": "r", "access_key": "AK", "secret_key": SECRETS["store"]}}}})
    changes = {"keys": prefix(HOSTILE), "sick": sick, "well": well}
    with Analyzer(RECORDING, pace=500, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = configure(folder, analyzer, changes)
        text = path.read_text(encoding="utf-8").replace("/ws/subscriber/flow", "/ws/subscriber/flow?x-auth-token=" +
                                                        SECRETS["token"])
        auth = "analyzer:\n  auth:\n    cluster:\n      username: u\n      password: %s\n" % SECRETS["analyzer"]
        settings.save_text(path, text + auth)
        with Exporter(path) as program:
            ready(folder)
            until(lambda: "bucket/" in page(folder, "/tenants/keys"), "an object stored")
            until(lambda: "trouble" in page(folder, "/tenants/sick"), "a store that fails")
            yield folder
            assert program.stop() in (0, 3), program.err.text()[-2000:]


@pytest.mark.xdist_group("hostile-page")
@pytest.mark.parametrize("path", ["/", "/?q=" + urllib.parse.quote(HOSTILE), "/?state=bad&n=1000", "/tenants/keys",
                                  "/tenants/sick", "/tenants/well"])
def test_what_comes_from_outside_is_text(hostile, path):
    """Markup in keys, errors, settings and queries makes no element and no attribute, and is read as it is."""
    text = page(hostile, path)
    tree = Tree(text)
    assert "img" not in tree.elements and tree.elements.count("script") == 1
    assert not [name for name in tree.attributes if name.startswith("on")]
    assert "onerror=\"" not in text
    if path == "/tenants/keys":
        assert any(HOSTILE in key for key in tree.texts["th"]), tree.texts["th"]
        assert HOSTILE in tree.text("pre")
    if path == "/tenants/sick":
        assert "onerror" in tree.text("li")
    for secret in SECRETS.values():
        assert secret not in text


@pytest.mark.xdist_group("hostile-page")
def test_the_policy_allows_what_is_there(hostile):
    """Its hashes are those of the styles and of the script of each page; nothing else may be loaded or run."""
    for path in ("/", "/tenants/keys"):
        text, rules = page(hostile, path), policy(hostile, path)
        rules = {rule.split()[0]: rule.split()[1:] for rule in rules.split("; ")}
        assert rules["default-src"] == ["'none'"] and rules["frame-ancestors"] == ["'none'"]
        for element in ("style", "script"):
            found = re.findall("<%s>(.*?)</%s>" % (element, element), text, re.S)
            hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in found]
            assert found and rules[element + "-src"] == ["'sha256-%s'" % one for one in hashes]
        assert " style=" not in text and "javascript:" not in text
    code, headers, _ = pages.answer(pages.Local(hostile / "status.sock"), "/metrics")
    assert code == 200 and headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.xdist_group("hostile-page")
def test_pages_and_json_say_the_same(hostile):
    """/status.json is /status; a tenant's is its part of it, and its page shows these numbers."""
    whole = json.loads(pages.get(hostile, "/status.json")[1])
    assert whole.keys() == pages.status(hostile).keys()
    own = json.loads(pages.get(hostile, "/tenants/keys.json")[1])
    assert own["name"] == "keys" and own.keys() == next(t for t in whole["tenants"] if t["name"] == "keys").keys()
    text = page(hostile, "/tenants/keys")
    for counter in own["counters"]:
        assert counter in text
    assert pages.get(hostile, "/tenants/nobody")[0] == 404
    assert pages.get(hostile, "/tenants/nobody.json")[0] == 404
    assert pages.get(hostile, "/tenants/")[0] == 404


@pytest.mark.xdist_group("hostile-page")
def test_a_tenants_own_page(hostile):
    """The balance as an equation that holds, the last objects, who answers, and the configuration without secrets."""
    text = page(hostile, "/tenants/keys")
    sums = re.findall(r'<p class="sum">(.*?)</p>', text)
    assert len(sums) == 6       # three balances, and the ledger in objects, records and bytes
    assert [re.search(r"<span>(\w+) sealed", one).group(1) for one in sums[3:]] == ["objects", "records", "bytes"]
    for one in sums:
        left, right = [sum(int(n.replace(",", "")) for n in re.findall(r"(?<![\w#&])([\d,]+) <span>", side))
                       for side in one.split(" = ")]
        assert left == right, one
    objects = re.search(r"Last objects.*?<tbody>(.*?)</tbody>", text, re.S).group(1)
    assert 1 <= objects.count("<tr>") <= 10
    assert "pipeline.store.buffered.filename_prefix: " in text
    limits = re.findall(r'<tr><th scope="row">(\w+)</th><td class="n">(\w+)</td>', text.split("<h2>Limits</h2>")[1])
    assert [name for name, _ in limits][:5] == ["flows_per_second", "records_in_memory", "spool_bytes", "uploads_at_once",
                                                "questions_per_second"]
    store = page(hostile, "/tenants/well")
    assert "pipeline.write.s3.secret_key: (secret)" in store and "pipeline.write.s3.access_key: AK" in store


def test_what_a_limit_holds_back(tmp_path):
    """A tenant over its limit is limited, with which one and since when; another on the same stream is well."""
    greedy = settings.merge(prefix("greedy"), {"pipeline": {"limits": {"flows_per_second": 10}}})
    with Analyzer(RECORDING, pace=2000, options=["--repeat", 0, "--uniq"]) as analyzer:
        path = configure(tmp_path, analyzer, {"greedy": greedy, "modest": prefix("modest")})
        with Exporter(path) as program:
            ready(tmp_path)
            text = until(lambda: (lambda t: t if "holds it back" in t else None)(page(tmp_path, "/?state=bad")), "a limit")
            assert re.search("a limit holds it back</b> for <time .*?</time>: flows_per_second;", text) and ">limited<" in text
            assert "/tenants/greedy" in text and "/tenants/modest" not in text
            own = page(tmp_path, "/tenants/greedy")
            row = re.search(r'flows_per_second</th><td class="n">10</td><td class="n">([\d,]+)</td><td>for <time ', own)
            assert int(row.group(1).replace(",", "")) > 0
            whole = until(lambda: (lambda s: s if s["flows_lost_last_hour"] else None)(pages.status(tmp_path)), "losses")
            assert whole["records_lost_last_hour"] == 0
            assert "Lost in the last hour</dt><dd>nothing" not in page(tmp_path, "/")
            program.stop()


def over_tcp(port, path, host):
    return pages.answer(http.client.HTTPConnection("127.0.0.1", port, timeout=10), path, {"Host": host})


def free_port():
    with http.client.socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_over_tcp_names_are_checked_and_less_is_shown(tmp_path):
    """What is not called by a name of ours is refused; configuration and keys are for the unix socket."""
    port = free_port()
    with Analyzer(RECORDING, pace=500) as analyzer:
        path = configure(tmp_path, analyzer, {"one": prefix("pre-fix")}, "127.0.0.1:%d" % port)
        with Exporter(path) as program:
            program.log("state=subscribed")
            for host in ("localhost", "localhost:8080", "127.0.0.1:%d" % port, "[::1]:1"):
                for what in ("/", "/metrics", "/status", "/tenants/one"):
                    assert over_tcp(port, what, host)[0] == 200, (host, what)
            for host in ("attacker.example", "attacker.example:%d" % port, "localhost.attacker.example", "10.0.0.1", ""):
                for what in ("/", "/metrics", "/healthz", "/status", "/tenants/one", "/nothing"):
                    code, _, text = over_tcp(port, what, host)
                    assert code == 421 and "localhost" in text and "one" not in text.split(), (host, what, text)
            text = over_tcp(port, "/tenants/one", "localhost")[2]
            assert "over the unix socket only" in text and "pre-fix" not in text and "<pre" not in text
            assert program.stop() == 0


def test_where_all_may_ask_monitors_may_call_it_anything(tmp_path):
    """Who listens at all interfaces has told the world of its metrics; pages for people still want a name of ours."""
    port = free_port()
    with Analyzer(RECORDING, pace=500) as analyzer:
        path = configure(tmp_path, analyzer, {"one": {}}, ":%d" % port)
        with Exporter(path) as program:
            program.log("state=subscribed")
            for what in ("/metrics", "/healthz", "/readyz"):
                assert over_tcp(port, what, "exporter.monitoring.example")[0] == 200
            for what in ("/", "/status", "/status.json", "/tenants/one", "/reload"):
                assert over_tcp(port, what, "exporter.monitoring.example")[0] == 421
                assert over_tcp(port, what, "192.0.2.9:1")[0] == 200
            assert program.stop() == 0
