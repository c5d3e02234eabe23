# SPDX-License-Identifier: Apache-2.0
"""Each sample of etc/ runs as it is, but for addresses and directories, which variables set."""
import shutil

import pytest

from lib.export import waiting
from lib.paths import ROOT, recording
from lib.process import Analyzer, Exporter

RECORDING = recording("old-netns-mixed.jsonl.gz")
TOPOLOGY = recording("old-netns-mixed.topology.json.gz")
# prom_sky_con.yml makes no objects; test_prom_sky_con.py starts it.
SAMPLES = sorted(path.name for path in (ROOT / "etc").glob("*.yml") if path.name != "prom_sky_con.yml")


@pytest.mark.parametrize("sample", SAMPLES)
def test_runs(sample, tmp_path):
    """It starts, subscribes, exports a recording into objects, and ends in order."""
    shutil.copy(ROOT / "etc" / sample, tmp_path / "sample.yml")
    (tmp_path / "exporter.d").mkdir()
    shutil.copy(ROOT / "etc" / "exporter.d" / "acme.yml.example", tmp_path / "exporter.d" / "acme.yml")
    drop_in = (tmp_path / "exporter.d" / "acme.yml").read_text().replace(
        "    capture_id: 8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b", '    capture_id: ""').replace(
        "  write:\n    s3:", "  write:\n    type: file\n    file:\n      directory: %s\n    s3:" % (tmp_path / "stored"))
    (tmp_path / "exporter.d" / "acme.yml").write_text(drop_in)
    with Analyzer(RECORDING, topology=[TOPOLOGY], pace=2000) as analyzer:
        variables = {
            "ANALYZERS": analyzer.address, "PIPELINE_SUBSCRIBER_URL": analyzer.url,
            "PIPELINE_WRITE_TYPE": "file", "PIPELINE_WRITE_FILE_DIRECTORY": str(tmp_path / "stored"),
            "PIPELINE_ACCOUNT_FILE_FILENAME": str(tmp_path / "account"),
            "SPOOL_DIRECTORY": str(tmp_path / "spool"), "STATUS_LISTEN": "unix:%s" % (tmp_path / "status.sock")}
        with Exporter(tmp_path / "sample.yml", env={"SKYDIVE_" + k: v for k, v in variables.items()}) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            assert exporter.stop() == 0, exporter.err.text()[-3000:]
    assert waiting(tmp_path) == []
    assert [p for p in (tmp_path / "stored").rglob("*") if p.is_file()], exporter.err.text()
