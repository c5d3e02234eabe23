# SPDX-License-Identifier: Apache-2.0
"""The package in a machine of its own: tests/acceptance/run.sh starts this inside of one that was just booted.

The tests follow each other: each begins with what the one before left. Nothing here
runs anywhere else, because it installs, kills and removes.
"""
import collections
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import time

import pytest

from lib.paths import ANALYZER, recording
from lib.pki import Authority
from lib.process import Analyzer
from lib.s3.sink import Sink
from lib.s3.swift import Swift

UNIT = "skydive-exporter.service"
ETC = pathlib.Path("/etc/skydive")
SPOOL = pathlib.Path("/var/spool/skydive-exporter")
RECORDING = recording("old-netns-mixed.jsonl.gz")
SECRET = "a-secret-that-nobody-may-see"
PACE = 2000                     # flows a second
NICE = -10                      # of the thread that reads
TENANT = """
pipeline:
  transform: {type: none}
  encode: {type: ndjson}
  store:
    buffered: {dirname: %(bucket)s, max_seconds_per_object: 1}
  write:
    s3:
      endpoint: %(endpoint)s
      region: %(region)s
      access_key: %(access_key)s
      secret_key_file: acme-secret
      ca_cert: /etc/skydive/ca.pem
"""
ANALYZER_UNIT = """
[Service]
Environment=BUILD=%s
ExecStart=%s --listen 127.0.0.1:8082 --pace 100 --repeat 0 --uniq %s
Restart=on-failure
RestartSec=200ms
"""


def run(*command, check=True, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, **options)
    assert not check or done.returncode == 0, "%s: %s%s" % (" ".join(map(str, command)), done.stdout, done.stderr)
    return done


def until(wanted, what, timeout=40):
    deadline = time.monotonic() + timeout
    while not (found := wanted()):
        assert time.monotonic() < deadline, "no %s after %d s\n%s" % (what, timeout, journal()[-3000:])
        time.sleep(0.05)
    return found


def show(name, unit=UNIT):
    return run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()


def pid():
    return int(show("MainPID"))


def journal(*options):
    run("journalctl", "--sync")
    return run("journalctl", "-u", UNIT, "-o", "cat", *options).stdout


def status():
    return json.loads(run("python3", "-c", "from lib import pages; import pathlib; "
                          "print(pages.get(pathlib.Path('/run/skydive-exporter'), '/status')[1])").stdout)


def counter(name):
    return sum(t["counters"][name] for t in status()["tenants"])


def mode(path):
    found = os.stat(path)
    return "%o %s %s" % (found.st_mode & 0o7777, pathlib.Path(path).owner(), pathlib.Path(path).group())


def package(version=None):
    """Return the path of the package, or of the same one with another version."""
    file = next(pathlib.Path("/packages").glob("skydive-exporter_*.deb"))
    if not version:
        return file
    tree, other = pathlib.Path("/tmp/package"), pathlib.Path("/tmp/%s.deb" % version)
    shutil.rmtree(tree, ignore_errors=True)
    run("dpkg-deb", "-R", file, tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub("(?m)^Version: .*", "Version: " + version, control.read_text()))
    run("dpkg-deb", "-b", tree, other)
    return other


def install(file, *options):
    return run("apt-get", "install", "-y", "-qq", *options, file, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


class Store(Sink):
    """An object store with TLS, and the records that it got."""

    def __init__(self, pair):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.cert, pair.key)
        super().__init__(context=context)

    def records(self, bucket):
        with self.lock:
            stored = dict(self.stored)
        return collections.Counter(line for key, item in stored.items() if key.startswith(bucket + "/")
                                   for line in gzip.decompress(item.body).splitlines())


@pytest.fixture(scope="module")
def authority():
    return Authority(pathlib.Path("/tmp/pki"), "authority")


@pytest.fixture(scope="module")
def store(authority):
    """It counts, and takes whatever is signed; Swift is strict, and not as fast."""
    with Store(authority.issue("store")) as sink:
        yield sink


@pytest.fixture(scope="module")
def swift(authority):
    with Swift("/tmp/swift", authority.issue("swift"), authority.cert, SECRET) as real:
        yield real


def tenant(name, store):
    return TENANT % {"bucket": name, **store.settings()}


def write_tenant(name, store):
    (ETC / "exporter.d" / (name + ".yml")).write_text(tenant(name, store))


def test_install():
    install(package())
    assert show("ActiveState") == "active" and show("UnitFileState") == "enabled"


def test_idle_without_complaint():
    """Without a pipeline it runs, is ready, and says so."""
    assert "pipelines=0" in show("StatusText")
    assert not re.search("error|warning|failed", journal(), re.I), journal()


def test_modes():
    """Tenants' files hold secrets: its user reads them, nobody else does."""
    assert mode(ETC / "exporter.yml") == "640 root skydive-exporter"
    assert mode(ETC / "exporter.d") == "2750 root skydive-exporter"
    assert mode(SPOOL) == "750 skydive-exporter skydive-exporter"
    assert mode("/run/skydive-exporter") == "750 skydive-exporter skydive-exporter"
    assert mode("/run/skydive-exporter/status.sock") == "660 skydive-exporter skydive-exporter"


def test_unit_is_sound_and_shut():
    said = run("systemd-analyze", "verify", "--man=no", UNIT, "skydive-exporter@other.service")
    assert said.stdout + said.stderr == ""
    run("systemd-analyze", "security", "--no-pager", "--threshold=12", UNIT)


@pytest.mark.parametrize("test", ["smoke", "reload", "hardening", "replay"])
def test_as_debian_does(test):
    """The package's own tests, by hand: autopkgtest would want the sources unpacked."""
    run("/repo/packaging/debian/tests/" + test, cwd="/")


def test_a_drop_in_and_a_reload(authority, swift):
    """A file of some lines and a reload: objects arrive in a real store, over TLS, with a secret from a credential."""
    shutil.copy(authority.cert, ETC / "ca.pem")
    swift.make_bucket("acme")
    (ETC / "acme.secret").write_text(SECRET)
    (ETC / "acme.secret").chmod(0o600)
    extra = pathlib.Path("/etc/systemd/system/%s.d" % UNIT)
    extra.mkdir()
    (extra / "secrets.conf").write_text("[Service]\nLoadCredential=acme-secret:/etc/skydive/acme.secret\n")
    unit = pathlib.Path("/etc/systemd/system/skydive-analyzer.service")
    unit.write_text(ANALYZER_UNIT % (os.environ["BUILD"], ANALYZER, RECORDING))
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", UNIT)
    run("systemctl", "start", "skydive-analyzer")
    before = pid()
    write_tenant("acme", swift)
    run("systemctl", "reload", UNIT)
    assert "added acme" in journal() and pid() == before
    client = swift.client()
    found = until(lambda: client.list_objects_v2(Bucket="acme").get("Contents"), "object")
    body = client.get_object(Bucket="acme", Key=found[0]["Key"])["Body"].read()
    assert all(json.loads(line) for line in gzip.decompress(body).splitlines())


def test_a_bad_drop_in(store):
    """The reload fails and says why; all others go on."""
    before = pid()
    (ETC / "exporter.d" / "bad.yml").write_text("pipeline:\n  encode:\n    tpye: json\n")
    write_tenant("good", store)
    assert run("systemctl", "reload", UNIT, check=False).returncode != 0
    assert "bad.yml:3: unknown key" in journal()
    assert show("ActiveState") == "active" and pid() == before
    until(lambda: store.records("good"), "object of the good one")
    (ETC / "exporter.d" / "bad.yml").unlink()
    (ETC / "exporter.d" / "good.yml").unlink()
    run("systemctl", "reload", UNIT)
    assert "removed good" in journal()


def test_datagrams(store):
    """Agents' socket can be made within the sandbox, and is there for its group only."""
    (ETC / "exporter.d" / "agents.yml").write_text(tenant("agents", store) +
                                                   "  subscriber: {url: unixgram:///run/skydive-exporter/flows.sock}\n")
    run("systemctl", "reload", UNIT)
    assert pathlib.Path("/run/skydive-exporter/flows.sock").is_socket()
    (ETC / "exporter.d" / "agents.yml").unlink()
    run("systemctl", "reload", UNIT)


def test_who_may_ask():
    assert "acme" in run("skydive-exporter", "status").stdout
    assert "acme" in run("runuser", "-u", "skydive-exporter", "--", "skydive-exporter", "status").stdout
    other = run("runuser", "-u", "nobody", "--", "skydive-exporter", "status", check=False)
    assert other.returncode == 1 and "permission denied" in other.stderr
    other = run("runuser", "-u", "nobody", "--", "skydive-exporter", "reload", "--pid", pid(), check=False)
    assert other.returncode == 1 and "only its user and root" in other.stderr


def nices(process):
    """Return the nice values of the threads of a process."""
    threads = [p.read_text() for p in pathlib.Path("/proc/%d/task" % process).glob("*/stat")]
    return [int(text.rpartition(")")[2].split()[16]) for text in threads]


def test_the_reader_comes_first():
    """The sandbox does not take away what LimitNICE= gives. It gives what this machine lets its manager give."""
    given = run("systemd-run", "--wait", "--pipe", "-q", "-p", "LimitNICE=%d" % NICE, "bash", "-c", "ulimit -H -e").stdout
    manager, = nices(1)
    assert min(nices(pid())) == (NICE if int(given) >= 20 - NICE else manager)


def test_nobody_sees_the_secret():
    line = pathlib.Path("/proc/%d/cmdline" % pid()).read_text() + pathlib.Path("/proc/%d/environ" % pid()).read_text()
    for text in (line, journal(), run("systemctl", "show", UNIT).stdout, run("systemctl", "status", UNIT).stdout):
        assert SECRET not in text


def subscribed():
    return all(s["ready"] for s in status()["sources"])


def test_it_follows_the_analyzer():
    """A restart and a stop are its own, too; a start starts it."""
    before = pid()
    run("systemctl", "restart", "skydive-analyzer")
    until(lambda: pid() not in (0, before), "restart")
    run("systemctl", "stop", "skydive-analyzer")
    assert show("ActiveState") == "inactive"
    run("systemctl", "start", "skydive-analyzer")
    until(lambda: show("ActiveState") == "active", "start")


def test_an_analyzer_that_is_killed():
    """Its manager starts the analyzer again; the exporter is subscribed again soon, whichever way."""
    until(subscribed, "subscription")
    run("systemctl", "kill", "-s", "KILL", "skydive-analyzer")
    until(lambda: show("ActiveState", "skydive-analyzer") == "active", "analyzer")
    until(lambda: show("ActiveState") == "active" and subscribed(), "subscription")


def test_an_analyzer_that_is_not_there():
    """A boot does not hang: it is ready, says whom it tries, and goes on trying."""
    run("systemctl", "mask", "--now", "skydive-analyzer", check=False)
    run("systemctl", "stop", "skydive-analyzer")
    run("systemctl", "start", UNIT)
    assert "trying=127.0.0.1:8082" in show("StatusText")


def test_what_stands_still_is_started_again():
    extra = pathlib.Path("/run/systemd/system/%s.d" % UNIT)
    extra.mkdir(parents=True)
    (extra / "soon.conf").write_text("[Service]\nWatchdogSec=3s\nRestartSec=100ms\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", UNIT)
    before = pid()
    time.sleep(5)               # longer than the watchdog waits: it is fed
    assert pid() == before
    os.kill(before, signal.SIGSTOP)
    until(lambda: pid() not in (0, before), "restart by the watchdog")
    assert "watchdog" in run("journalctl", "-u", UNIT, "-o", "cat").stdout.lower()
    shutil.rmtree(extra)
    run("systemctl", "daemon-reload")


class Load:
    """Flows at the pace of a busy analyzer, for a tenant of their own."""

    def __init__(self, name, store):
        self.name, self.store = name, store
        for file in (ETC / "exporter.d").glob("*.yml"):
            file.unlink()
        write_tenant(name, store)
        run("systemctl", "restart", UNIT)
        self.analyzer = Analyzer(RECORDING, pace=PACE, listen="127.0.0.1:8082", options=["--repeat", 0, "--uniq"])

    def __enter__(self):
        until(subscribed, "subscription")
        return self

    def __exit__(self, *args):
        self.analyzer.__exit__(*args)

    def flow(self, flows):
        goal = self.analyzer.stats()["broadcast_flows"] + flows
        until(lambda: self.analyzer.stats()["broadcast_flows"] >= goal, "%d flows" % flows)

    def settle(self):
        """Let nothing more come, and everything that was received be committed."""
        until(subscribed, "subscription")
        self.analyzer.command("pause")
        received = -1
        while received != (received := counter("flows_received")) or received != counter("records_encoded"):
            time.sleep(0.3)

    def check(self, lost=0):
        """All that was sent to somebody is stored once; returns what was sent to nobody."""
        stats = self.analyzer.stats()
        assert stats["lost_flows"] <= lost, stats
        until(lambda: sum(self.store.records(self.name).values()) >= stats["sent_flows"] - stats["lost_flows"], "all records")
        records = self.store.records(self.name)
        assert max(records.values()) == 1 and sum(records.values()) == stats["sent_flows"] - stats["lost_flows"], stats
        assert self.store.rewritten == []
        assert stats["sent_flows"] + stats["missed_flows"] == stats["broadcast_flows"], stats
        return stats["missed_flows"]


def test_killed(store):
    """kill -9 loses nothing that was committed, and stores nothing twice."""
    with Load("killed", store) as load:
        load.flow(2 * PACE)
        load.settle()
        before = pid()
        os.kill(before, signal.SIGKILL)
        until(lambda: pid() not in (0, before) and show("ActiveState") == "active", "restart")
        load.check()


def test_upgrade_under_load(store):
    """A newer version takes over: what was sent to nobody meanwhile is all that is missing."""
    version = run("dpkg-query", "-W", "-f", "${Version}", "skydive-exporter").stdout
    newer = package(version + "+newer")
    # What the administrator wrote stays.
    text = (ETC / "exporter.yml").read_text() + "# mine\n"
    (ETC / "exporter.yml").write_text(text)
    with Load("upgrade", store) as load:
        load.flow(2 * PACE)
        before = pid()
        install(newer)
        assert pid() != before and show("ActiveState") == "active"
        load.flow(PACE)
        load.settle()
        missed = load.check()
        assert missed < 20 * PACE
    assert (ETC / "exporter.yml").read_text() == text
    assert mode(ETC / "exporter.yml") == "640 root skydive-exporter"


def test_downgrade(store):
    """The version before goes on with the spool of this one."""
    with Load("downgrade", store) as load:
        load.flow(PACE)
        install(package(), "--allow-downgrades")
        load.flow(PACE)
        load.settle()
        load.check()


def test_remove_and_reinstall():
    run("apt-get", "remove", "-y", "-qq", "skydive-exporter")
    assert run("systemctl", "is-active", UNIT, check=False).returncode != 0
    assert not pathlib.Path("/usr/lib/skydive").exists() and (ETC / "exporter.yml").exists() and SPOOL.is_dir()
    install(package())
    assert show("ActiveState") == "active" and "# mine" in (ETC / "exporter.yml").read_text()


def test_purge():
    """Tenants' files, the spool when something waits in it, and the user are left."""
    (SPOOL / "acme").mkdir(exist_ok=True)
    run("apt-get", "purge", "-y", "-qq", "skydive-exporter")
    assert not (ETC / "exporter.yml").exists() and list((ETC / "exporter.d").glob("*.yml"))
    assert (SPOOL / "acme").is_dir()
    run("id", "skydive-exporter")
    left = run("find", "/usr", "/lib", "/etc", "-name", "*skydive-exporter*", "-not", "-path", "/etc/systemd/system/*").stdout
    assert left == ""
