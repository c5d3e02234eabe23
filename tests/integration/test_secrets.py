# SPDX-License-Identifier: Apache-2.0
"""What the process knows leaves it by no other way than to whom it is meant for. See test_s3_auth.py for the rest."""
import os
import resource
import shutil
import signal
import subprocess

import pytest

from lib import paths, settings
from lib.export import joined, to_s3
from lib.pages import get, listening
from lib.paths import recording
from lib.process import Analyzer, Exporter, environment, exporter, until
from lib.s3.sink import Sink

RECORDING = recording("old-netns-mixed.jsonl.gz")
NOBODY = 65534
SECRETS = {"secret_key": "s3cret-of-the-store", "session_token": "t0ken-of-the-store"}
LOGIN, COOKIE = "pa55word-of-the-analyzer", "c00kie-of-the-proxy"
CONFIG = {
    "host_id": "secrets",
    "logging": {"level": "DEBUG"},
    "analyzer": {"auth": {"cluster": {"username": "bob", "password": LOGIN}}},
    "http": {"cookie": {"session": COOKIE}},
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "vpclogs"},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": 100,
            "max_seconds_per_object": 1, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}


def configure(folder, analyzer, sink):
    write = settings.merge(to_s3(sink), {"s3": SECRETS})
    return settings.save(folder / "exporter.yml", joined(CONFIG, analyzer, folder, write, {
        "stop_timeout": 2, "status": listening(folder)}))


@pytest.mark.parametrize("how", ["ok", "status=403 code=SignatureDoesNotMatch", "garbage"])
def test_no_secret_is_shown(how, tmp_path):
    """Neither in the log at its most talkative, nor on a page, nor by a command, nor in the spool; stored or not."""
    with Sink() as sink, Analyzer(RECORDING, pace=4000, options=["--auth", "bob:" + LOGIN]) as analyzer:
        sink.behave(how)
        path = configure(tmp_path, analyzer, sink)
        with Exporter(path, "--progress") as running:
            analyzer.event("end", 30, unless_ends=running)
            sink.wait(lambda s: s.requests[how] >= 2)
            if how != "ok":
                running.log("state=degraded")
            shown = {page: get(tmp_path, page)[1] for page in ("/status", "/metrics", "/readyz", "/healthz")}
            for command in (["status", "-c", path], ["status", "-c", path, "exporter"], ["check", "-c", path]):
                result = exporter(*command)
                shown[" ".join(map(str, command))] = result.stdout + result.stderr
            assert running.stop() == 0
            shown["log"] = running.out.text() + running.err.text()
        files = [file for file in (tmp_path / "spool").rglob("*") if file.is_file()]
        assert files and bool([file for file in files if file.parent.name == "new"]) == (how != "ok")
        shown.update({str(file): file.read_bytes().decode("latin-1") for file in files})
        shown.update({key: str(item.headers) for key, item in sink.stored.items()})
    for secret in [LOGIN, COOKIE, *SECRETS.values()]:
        assert [where for where, text in shown.items() if secret in text] == []


def as_nobody(*command):
    """Start a program as nobody, who may write core files."""
    def become():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return subprocess.Popen(["setpriv", "--reuid=%d" % NOBODY, "--clear-groups", *map(str, command)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=environment(), preexec_fn=become)


def owner(process):
    """Return whose /proc/PID is: nobody's, or root's when the process is not dumpable; see proc(5)."""
    return os.stat("/proc/%d/mem" % process.pid).st_uid


def end(process):
    """Let it crash; returns whether a core was dumped."""
    process.send_signal(signal.SIGSEGV)
    status = os.waitpid(process.pid, 0)[1]
    process.returncode = -os.WTERMSIG(status)
    process.communicate()
    return os.WCOREDUMP(status)


def test_no_core_file(tmp_path_factory):
    """A crash leaves no core, which would hold the keys of all tenants; nobody but root may look into the process."""
    if os.getuid() != 0:
        pytest.fail("needs to be root, to become somebody else")
    folder = tmp_path_factory.mktemp("core")
    for file in (paths.EXPORTER, paths.BUILD / "skydive-exporter.so"):
        shutil.copy(file, folder)
    for part in [folder] + list(folder.parents)[:3]:
        os.chmod(part, 0o755)
    os.chown(folder, NOBODY, -1)
    with as_nobody("sleep", "60") as other:
        until(lambda: owner(other) == NOBODY, "a program like any other")
        end(other)
    with Sink() as sink, Analyzer(RECORDING, clients=0, options=["--auth", "bob:" + LOGIN]) as analyzer:
        path = configure(folder, analyzer, sink)
        os.chown(path, NOBODY, -1)
        with as_nobody(folder / paths.EXPORTER.name, "run", "-c", path) as running:
            analyzer.event("admitted")
            assert owner(running) == 0
            assert not end(running)
