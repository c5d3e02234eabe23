# SPDX-License-Identifier: Apache-2.0
"""A machine as the manuals describe it, for the time of some command lines.

    unshare --mount --net --map-root-user python3 tests/lib/sandbox.py FOLDER < LINES.json

With namespaces of its own it has /etc/skydive, /run and /var/spool of its own, and an analyzer at 127.0.0.1:8082; the
exporter of LINES["service"] runs meanwhile. Each of LINES["lines"] is given to a shell in FOLDER, whose files are
those that the lines name; what came of it goes to standard output as JSON.
"""
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import paths, stream  # noqa: E402
from lib.process import Analyzer, Program, environment, until  # noqa: E402

SOCKET = pathlib.Path("/run/skydive-exporter/status.sock")
ENDLESS = ("skydive-exporter status --watch", "skydive-exporter run ")


def mounts(folder):
    """Everything that the commands would change on the machine is in memory or below the folder."""
    etc = folder / "etc"
    subprocess.run(["cp", "-r", "/etc", etc], stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(etc / "skydive", ignore_errors=True)
    (etc / "skydive").mkdir()
    for options in (["--bind", etc, "/etc"], ["-t", "tmpfs", "none", "/run"], ["-t", "tmpfs", "none", "/var/spool"]):
        subprocess.run(["mount", *options], check=True)
    SOCKET.parent.mkdir()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def files(folder, recording):
    """The configuration as it is installed, a tenant, and what the lines name beside it."""
    config = pathlib.Path("/etc/skydive/exporter.yml")
    shutil.copy(paths.ROOT / "etc" / "exporter.yml", config)
    tenant = "profile: vpclogs\npipeline:\n  store:\n    buffered:\n      dirname: acme-flows\n  write:\n" \
        "    type: file\n    file:\n      directory: %s\n" % (folder / "stored")
    (config.parent / "exporter.d").mkdir()
    (config.parent / "exporter.d" / "acme.yml").write_text(tenant)
    alone = tenant.replace("pipeline:\n", "pipeline:\n  subscriber:\n    url: ws://127.0.0.1:8082/ws/subscriber/flow\n")
    (folder / "acme.yml").write_text(alone)
    (folder / "FILE").write_text(alone)
    own = "spool:\n  directory: %s\nstatus:\n  listen: \"\"\n" % (folder / "spool")
    (folder / "vpclogs.yml").write_text((paths.ROOT / "etc" / "vpclogs.yml").read_text() + own)
    (folder / "sample.jsonl").write_bytes(stream.read(recording))
    bad = pathlib.Path("/var/spool/skydive-exporter/acme/bad")
    bad.mkdir(parents=True)
    (bad / "0000000000000001").write_bytes(b"what retry is for")
    messages = [json.loads(line) for line in (folder / "sample.jsonl").read_text().splitlines()]
    (folder / "STREAM.jsonl").write_bytes(stream.read(paths.recording("new-netns-storm6.graph.json.gz")))
    (folder / "FLOW.json").write_text(json.dumps(flow_of(messages)))


def flow_of(message):
    """Return the first flow of a message of the stream."""
    if isinstance(message, dict) and "UUID" in message:
        return message
    below = message.values() if isinstance(message, dict) else message if isinstance(message, list) else ()
    return next((flow for flow in map(flow_of, below) if flow), None)


def run(line, folder):
    """One line in a shell; one that does not end by itself is ended when it has said something."""
    env = environment({"PATH": "%s:/usr/sbin:/usr/bin:/sbin:/bin" % paths.BUILD})
    if not line.startswith(ENDLESS):
        done = subprocess.run(["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}
    with Program(["sh", "-c", "cd '%s' && exec %s" % (folder, line)], env=env) as program:
        until(lambda: program.out.lines or "state=subscribed" in program.err.text(), line)
        return {"code": program.stop(), "out": program.out.text(), "err": program.err.text()}


def main():
    folder, asked = pathlib.Path(sys.argv[1]), json.load(sys.stdin)
    recording = paths.recording("old-netns-mixed.jsonl.gz")
    mounts(folder)
    files(folder, recording)
    env = environment({"PATH": "%s:/usr/sbin:/usr/bin:/sbin:/bin" % paths.BUILD})
    with Analyzer(recording, listen="127.0.0.1:8082", pace=400, options=["--repeat", 0, "--uniq"]):
        with Program(["sh", "-c", "exec " + asked["service"]], env=env) as service:
            until(SOCKET.exists, "the status socket")
            results = [run(line, folder) for line in asked["lines"]]
            results.append({"code": service.stop(), "out": service.out.text(), "err": service.err.text()})
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
