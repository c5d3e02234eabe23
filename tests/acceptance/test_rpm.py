# SPDX-License-Identifier: Apache-2.0
"""The rpm in the same machine, with its scripts, after the Debian package has gone. Debian's rpm knows no packages that
it could depend on, so it is told not to look."""
import os
import pathlib
import shutil
import subprocess

UNIT = "skydive-exporter.service"
CONFIG = pathlib.Path("/etc/skydive/exporter.yml")
SPOOL = pathlib.Path("/var/spool/skydive-exporter")


def run(*command, check=True):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, check=False)
    assert not check or done.returncode == 0, "%s: %s%s" % (" ".join(map(str, command)), done.stdout, done.stderr)
    return done


def rpm(*options, check=True):
    return run("rpm", "--force-debian", "--nodeps", *options, check=check)


def package(newer=False):
    return next(p for p in pathlib.Path("/packages").glob("*.rpm") if ("-99.0-" in p.name) == newer)


def mode(path):
    found = os.stat(path)
    return "%o %s %s" % (found.st_mode & 0o7777, pathlib.Path(path).owner(), pathlib.Path(path).group())


def test_install():
    for folder in (SPOOL, CONFIG.parent, pathlib.Path("/etc/systemd/system/%s.d" % UNIT)):
        shutil.rmtree(folder, ignore_errors=True)
    run("userdel", "skydive-exporter")
    run("systemctl", "daemon-reload")
    done = rpm("-i", package())
    assert done.stderr == "", done.stderr
    assert mode(CONFIG) == "640 root skydive-exporter"
    assert mode(CONFIG.parent / "exporter.d") == "2750 root skydive-exporter"
    assert mode(SPOOL) == "750 skydive-exporter skydive-exporter"


def test_verify():
    assert run("rpm", "-V", "--nodeps", "skydive-exporter").stdout == ""


def test_runs():
    run("systemctl", "start", UNIT)
    assert "pipelines=0" in run("systemctl", "show", "-p", "StatusText", UNIT).stdout
    run("systemctl", "reload", UNIT)


def test_upgrade_keeps_what_was_edited():
    before = run("systemctl", "show", "-p", "MainPID", UNIT).stdout
    with CONFIG.open("a") as file:
        file.write("# mine\n")
    rpm("-U", package(newer=True))
    assert CONFIG.read_text().endswith("# mine\n")
    assert pathlib.Path(str(CONFIG) + ".rpmnew").read_text().endswith("# newer\n")
    assert run("skydive-exporter", "version").stdout == "skydive-exporter 99.0\n"
    assert run("systemctl", "is-active", UNIT).stdout == "active\n"
    assert run("systemctl", "show", "-p", "MainPID", UNIT).stdout != before
    changed = run("rpm", "-V", "--nodeps", "skydive-exporter", check=False).stdout.split()
    assert changed[1:] == ["c", str(CONFIG)]


def test_erase():
    (SPOOL / "acme").mkdir()
    rpm("-e", "skydive-exporter")
    assert run("systemctl", "is-active", UNIT, check=False).returncode != 0
    assert pathlib.Path(str(CONFIG) + ".rpmsave").exists() and (SPOOL / "acme").is_dir()
    assert not pathlib.Path("/usr/bin/skydive-exporter").exists()
