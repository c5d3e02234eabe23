# SPDX-License-Identifier: Apache-2.0
"""What stands in packaging/: units, rules, dashboard, completion, image. Packages themselves: tests/acceptance."""
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from lib import manuals
from lib.paths import BUILD, ROOT
from lib.process import exporter

PACKAGING = ROOT / "packaging"
VERSION = re.search('VERSION "(.*)"', (ROOT / "extension/base/version.h").read_text())[1]
METRIC = re.compile(r"\bskydive_exporter_[a-z_]+")
UNITS = ["skydive-exporter.service", "skydive-exporter@.service"]
HISTORY = {"HISTFILE": "/dev/null", "PATH": "%s:%s" % (BUILD, os.environ["PATH"])}


def metrics():
    """All that /metrics may say."""
    return {"skydive_exporter_" + name.removeprefix("skydive_exporter_")
            for name in re.findall(r"^\|? *`?([a-z_]+)", exporter("check", "--reference", "metrics").stdout, re.M)}


def test_versions_agree():
    assert "(%s-" % VERSION in (PACKAGING / "debian/changelog").read_text().splitlines()[0]
    spec = (PACKAGING / "rpm/skydive-exporter.spec").read_text()
    assert "version_of_tree %s\n" % VERSION in spec and " - %s-" % VERSION in spec
    assert (PACKAGING / "NEWS").read_text().splitlines()[2] == VERSION


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    done = subprocess.run(["make", "-s", "B=" + str(BUILD.relative_to(ROOT)), "DESTDIR=%s" % folder, "install"], cwd=ROOT,
                          capture_output=True, text=True, timeout=300, env={**os.environ, "MAKEFLAGS": ""}, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_installed_files(installed):
    """make install is the one list of files: what packages and their scripts rely on is there."""
    modes = {str(p.relative_to(installed)): "%o" % (p.stat().st_mode & 0o7777) for p in installed.rglob("*") if p.is_file()}
    for path, mode in {"usr/bin/skydive-exporter": "755", "usr/lib/skydive/extensions/skydive-exporter.so": "644",
                       "usr/lib/skydive/extensions/skydive-exporter-preload.so": "644",
                       "usr/share/doc/skydive-exporter/examples/host.c": "644",
                       "etc/skydive/exporter.yml": "640", "usr/lib/systemd/system/skydive-exporter.service": "644",
                       "usr/lib/systemd/system/skydive-exporter@.service": "644", "usr/lib/sysusers.d/skydive-exporter.conf": "644",
                       "usr/lib/tmpfiles.d/skydive-exporter.conf": "644", "usr/include/skydive/extension.h": "644",
                       "usr/share/pkgconfig/skydive-extension.pc": "644", "usr/share/skydive-exporter/grafana/skydive-exporter.json": "644",
                       "usr/share/skydive-exporter/prometheus/skydive-exporter.rules.yml": "644",
                       "usr/share/bash-completion/completions/skydive-exporter": "644"}.items():
        assert modes.get(path) == mode, (path, modes.get(path))
    assert "%o" % ((installed / "etc/skydive/exporter.d").stat().st_mode & 0o7777) == "750"
    assert not [p for p in modes if "@" in (installed / p).read_text(errors="replace") and p.endswith(".pc")]


@pytest.mark.parametrize("question, answer", [("--modversion", VERSION), ("--cflags", ""),
                                              ("--variable=extensiondir", "/usr/lib/skydive/extensions")])
def test_pkg_config(installed, question, answer):
    done = subprocess.run(["pkg-config", question, "skydive-extension"], capture_output=True, text=True, check=True,
                          env={**os.environ, "PKG_CONFIG_PATH": str(installed / "usr/share/pkgconfig")})
    assert done.stdout.strip() == answer


@pytest.mark.parametrize("unit", UNITS)
def test_unit(unit, installed, tmp_path):
    """It is sound, and as shut as the best there are: systemd's own measure, in tenths."""
    path = tmp_path / unit.replace("@", "@one")
    text = (installed / "usr/lib/systemd/system" / unit).read_text()
    path.write_text(text.replace("/usr/bin/skydive-exporter", str(BUILD / "skydive-exporter")))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, timeout=60, check=False)
    about = [line for line in (done.stdout + done.stderr).splitlines() if "skydive-exporter" in line]
    assert about == [] and done.returncode == 0, done.stderr
    done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=12", str(path)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_analyzer_drop_in(installed, tmp_path):
    """The example names what is installed, and is sound beside the service; nothing enables it."""
    text = (installed / "usr/share/doc/skydive-exporter/examples/analyzer-preload.conf").read_text()
    stub = re.search(r"^Environment=LD_PRELOAD=(/.*)$", text, re.M)[1]
    assert (installed / stub[1:]).is_file()
    unit = tmp_path / "skydive-analyzer.service"
    unit.write_text("[Service]\nExecStart=/bin/true analyzer\n")
    (tmp_path / "skydive-analyzer.service.d").mkdir()
    (tmp_path / "skydive-analyzer.service.d" / "exporter.conf").write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "skydive-analyzer" not in done.stdout + done.stderr, done.stderr
    assert not [path for path in installed.rglob("*") if path.is_file() and "LD_PRELOAD" in path.read_text(errors="replace")
                and not path.is_relative_to(installed / "usr/share/doc") and "/man/" not in str(path) and path.suffix != ".so"]


def test_units_have_one_sandbox():
    def sandbox(unit):
        lines = (PACKAGING / "systemd" / unit).read_text().splitlines()
        return [line for line in lines[lines.index("NoNewPrivileges=yes"):] if "=" in line and not line.startswith("WantedBy=")]
    assert sandbox(UNITS[0]) == sandbox(UNITS[1]) != []


def test_rules():
    path = PACKAGING / "prometheus/skydive-exporter.rules.yml"
    subprocess.run(["promtool", "check", "rules", str(path)], check=True, capture_output=True)
    rules = yaml.safe_load(path.read_text())["groups"][0]["rules"]
    known = metrics()
    for rule in rules:
        assert set(METRIC.findall(rule["expr"])) <= known, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info") and rule["annotations"]["description"]


def test_dashboard():
    text = (PACKAGING / "grafana/skydive-exporter.json").read_text()
    done = subprocess.run(["/usr/bin/python3", str(PACKAGING / "grafana/make.py")], check=True, capture_output=True, text=True)
    assert done.stdout == text, "it is made by packaging/grafana/make.py"
    board = json.loads(text)
    assert set(METRIC.findall(text)) <= metrics()
    assert {"uid", "title", "panels", "schemaVersion", "templating"} <= set(board)
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for place in (panel["gridPos"] for panel in board["panels"]):
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24
        taken |= cells


def complete(*words):
    """Return what bash offers for the last word."""
    script = "source %s\nCOMP_WORDS=(%s)\nCOMP_CWORD=%d\n_skydive_exporter\nprintf '%%s\\n' \"${COMPREPLY[@]}\"" % (
        PACKAGING / "completion/skydive-exporter.bash", " ".join("'%s'" % w for w in words), len(words) - 1)
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True, env=HISTORY, cwd="/")
    return set(done.stdout.split())


def test_completion_knows_all_commands_and_options():
    commands = manuals.commands()
    assert complete("skydive-exporter", "") == set(commands) | {"--extension"}
    assert complete("skydive-exporter", "re") == {"record", "reload", "replay", "retry"}
    for command, text in commands.items():
        for option in manuals.options(text):
            assert option in complete("skydive-exporter", command, "-"), (command, option)


def test_image():
    """What a linter of such files would say."""
    text = (PACKAGING / "container/Containerfile").read_text()
    lines = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line and not line.startswith("#")]
    words = [line.split(None, 1) for line in lines]
    stages = [rest for word, rest in words if word == "FROM"]
    last = words[max(at for at, (word, _) in enumerate(words) if word == "FROM"):]
    assert len(stages) == 2 and all(re.search(r":\d+(\.\d+)*-slim", stage) for stage in stages), "several stages, no latest"
    assert [rest for word, rest in last if word == "USER"][-1].isdigit(), "not root, and a number that orchestrators can check"
    for word, rest in last:
        if word in ("CMD", "ENTRYPOINT"):
            assert isinstance(json.loads(rest), list), "exec form"
        if word == "HEALTHCHECK":
            assert json.loads(rest[rest.index("CMD") + 4:]) == ["skydive-exporter", "status"]
        if word == "RUN" and "apt-get install" in rest:
            assert "--no-install-recommends" in rest and "rm -rf /var/lib/apt/lists" in rest
    assert {"HEALTHCHECK", "ENTRYPOINT", "CMD", "USER"} <= {word for word, _ in last}
    assert not any(word == "ADD" for word, _ in words)
    # It has what the Makefile builds with.
    wanted = re.search(r"BUILD_PACKAGES := ((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text())[1].replace("\\\n", " ").split()
    assert set(wanted) - {"gzip"} <= set(text.split())


def test_apparmor():
    subprocess.run([shutil.which("apparmor_parser") or "/usr/sbin/apparmor_parser", "-Q", "-K",
                    str(PACKAGING / "apparmor/usr.bin.skydive-exporter")], check=True, capture_output=True)


def test_sbom():
    """It names every library that the program is linked with."""
    done = subprocess.run(["/usr/bin/python3", str(PACKAGING / "sbom.py"), VERSION, str(BUILD / "skydive-exporter.so")],
                          capture_output=True, text=True, check=True)
    names = {package["name"] for package in json.loads(done.stdout)["packages"]}
    for library in ("libcurl", "libssl", "libwebsockets", "libjson-c", "libyaml", "libzstd", "zlib", "libprotobuf-c", "libc6"):
        assert any(name.startswith(library) for name in names), library
