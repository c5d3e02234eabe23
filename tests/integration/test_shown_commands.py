# SPDX-License-Identifier: Apache-2.0
"""Every command line that README and the manual pages show works, word for word."""
import json
import re
import subprocess

import pytest

from lib import manuals
from lib.paths import ROOT, TESTS

README = (ROOT / "README.md").read_text(encoding="utf-8")
SERVICE = "skydive-exporter run -c /etc/skydive/exporter.yml"
# Those that build, install or need systemd: the tests that run them, each with a word of it.
ELSEWHERE = {
    "make run": ("tests/integration/test_make_run.py", "make run"),
    "make run ANALYZER=ws://host:8082/ws/subscriber/flow": ("tests/integration/test_make_run.py", "ANALYZER="),
    "make test": (".ci/run", "make test"),
    "make deb": ("Makefile", "acceptance: deb rpm"),
    "sudo apt install ./build/packages/skydive-exporter_*.deb": ("tests/acceptance", "apt-get"),
    "sudoedit /etc/skydive/exporter.d/acme.yml": ("tests/acceptance", "exporter.d"),
    "systemctl enable --now skydive-exporter@relay": ("tests/integration/test_kafka_recipe.py", "ExecStart"),
    "systemctl enable --now skydive-exporter@vpclogs": ("tests/integration/test_kafka_recipe.py", "ExecStart"),
    "skydive-exporter status -c /etc/skydive/exporter-vpclogs.yml": ("tests/integration/test_kafka_recipe.py", '"status"'),
    "sudo systemctl reload skydive-exporter": ("tests/acceptance", '"systemctl", "reload", UNIT'),
}


def blocks(text):
    """Lines of what is shown as typed or written: indented in Markdown, fenced in scdoc."""
    fenced = re.findall(r"^```$\n(.*?)^```$", text, re.M | re.S)
    indented = re.findall(r"^    (\S.*)$", text, re.M) if text is README else []
    return "".join(fenced).splitlines() + indented


def shown():
    """Every command line there is, once, without what a comment adds."""
    found = []
    usage = {line.replace("usage:", "").strip() for said in manuals.commands().values()
             for line in said.split("\n\n")[0].splitlines()}
    for text in [README] + [path.read_text(encoding="utf-8") for path in sorted(manuals.FOLDER.glob("*.scd"))]:
        quoted = re.findall(r"`(skydive-exporter [a-z][^`]*)`", README) if text is README else \
            [manuals.plain(line) for line in re.findall(r"\*(skydive-exporter [a-z](?:[^*]|\\\*)*)\*", text.replace("\n", " "))]
        for line in blocks(text) + quoted:
            line = re.sub(r"\s+# .*", "", line)
            is_command = re.match(r"(skydive-exporter|make|sudo|sudoedit|systemctl|curl|apt|apt-get) ?", line)
            if is_command and line not in found and (line not in usage or line == "skydive-exporter version"):
                found.append(line)
    return found


@pytest.fixture(scope="module", name="results")
def results_of_all(tmp_path_factory):
    """What came of each line but those that are run elsewhere, in one sandbox."""
    lines = [line for line in shown() if line not in ELSEWHERE and line != SERVICE]
    folder = tmp_path_factory.mktemp("sandbox")
    command = ["unshare", "--mount", "--net", "--map-root-user", "/usr/bin/python3", "-B", TESTS / "lib" / "sandbox.py", folder]
    done = subprocess.run([str(word) for word in command], input=json.dumps({"service": SERVICE, "lines": lines}),
                          capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    return folder, dict(zip(lines + [SERVICE], json.loads(done.stdout)))


def test_every_line_works(results):
    """It ends with 0, and shows something, or leaves what it promises."""
    folder, results = results
    assert len(results) >= 10
    for line, result in results.items():
        assert result["code"] in ((0, -15) if "--watch" in line else (0,)), (line, result)
        _, into, kept = line.partition(" > ")
        if into:
            assert (folder / kept).read_text(encoding="utf-8").startswith("<!DOCTYPE html>"), line
        elif not line.startswith(("skydive-exporter run ", "skydive-exporter record ", "skydive-exporter replay ")):
            assert result["out"], line
    assert list((folder / "objects").rglob("*.gz"))
    assert (folder / "sample.pb").stat().st_size and (folder / "sample.times").stat().st_size
    assert list((folder / "stored" / "acme-flows").rglob("*.gz")), "the service stored nothing"



def test_lines_that_run_elsewhere():
    """Each is still shown, and the test that is said to run it is there."""
    lines = shown()
    for line, (place, word) in ELSEWHERE.items():
        assert line in lines, line
        paths = [ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).iterdir())
        assert any(word in path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()), line
