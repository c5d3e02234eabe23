# SPDX-License-Identifier: Apache-2.0
"""Files of older layouts of the Go exporter run, are told what is called otherwise today, and can be migrated."""
import pytest
import yaml

from lib import objects, settings
from lib.paths import ROOT, recording
from lib.process import exporter, replay

# The sample files of mid-2019 and of 2019-10 to 2020-02, and what they are called today.
SIZES = {"max_flows_per_object": 6000, "max_seconds_per_object": 60, "max_seconds_per_stream": 86400,
         "max_flow_array_size": 100000}
S3 = {"endpoint": "http://127.0.0.1:9000", "region": "local", "access_key": "user", "secret_key": "password"}
URL = "ws://127.0.0.1:8082/ws/subscriber/flow"
MASKS = {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]}
TODAY = {
    "host_id": "",
    "pipeline": {
        "subscriber": {"url": URL}, "classify": MASKS,
        "transform": {"type": "secadvisor", "secadvisor": {"exclude_started_flows": True}},
        "encode": {"type": "json"},
        "store": {"type": "buffered", "buffered": dict(SIZES, dirname="bucket", filename_prefix="logs")},
        "write": {"type": "s3", "s3": S3}}}
OLD = {
    "mid-2019": ({
        "host_id": "",
        "pipeline": {
            "analyzer": {"subscriber_url": URL}, "classify": MASKS,
            "transform": {"type": "sa", "sa": {"exclude_started_flows": True}},
            "encode": {"type": "json"},
            "store": {"type": "s3", "s3": dict(SIZES, bucket="bucket", object_prefix="logs", **S3)}}}, 14),
    "2019-10": ({
        "host_id": "",
        "pipeline": {
            "subscriber": {"url": URL}, "classify": MASKS,
            "transform": {"type": "secadvisor", "secadvisor": {"exclude_started_flows": True}},
            "encode": {"type": "json"},
            "store": {"type": "buffered", "buffered": dict(SIZES, bucket="bucket", object_prefix="logs")},
            "write": {"type": "s3", "s3": S3}}}, 2),
}


@pytest.mark.parametrize("age", OLD)
def test_runs_like_todays(age, tmp_path):
    """The same objects as of the file in today's layout; a warning for each old name, with its line and the new name."""
    found = []
    for name, config in (("old", OLD[age][0]), ("today", TODAY)):
        path = settings.save(tmp_path / (name + ".yml"), config)
        done = replay(path, [recording("old-netns-mixed.jsonl.gz")], [], tmp_path / name)
        found.append(objects.read_tree(tmp_path / name))
        warnings = [line for line in done.stderr.splitlines() if "config=old" in line]
        assert len(warnings) == (OLD[age][1] if name == "old" else 0), done.stderr
        assert all("is now" in line and "%s:" % path in line for line in warnings), warnings
    assert found[0] and [(o.key, o.raw) for o in found[0]] == [(o.key, o.raw) for o in found[1]]


@pytest.mark.parametrize("age", OLD)
def test_migrated_says_the_same(age, tmp_path):
    """check --migrate prints today's layout, which has nothing left to migrate; a comment stays with its key."""
    path = settings.save(tmp_path / "old.yml", OLD[age][0])
    path.write_text("# the exporter of acme\n" + path.read_text().replace("bucket: bucket", "# theirs\n      bucket: bucket  # do not share"))
    done = exporter("check", "-c", path, "--migrate")
    assert done.code == 0 and len(done.stderr.splitlines()) == OLD[age][1], done.stderr
    assert yaml.safe_load(done.stdout) == TODAY
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("dirname: bucket"))
    assert lines[0] == "# the exporter of acme" and lines[at].endswith("# do not share")
    assert lines[at - 1].strip() == "# theirs"
    (tmp_path / "new.yml").write_text(done.stdout)
    again = exporter("check", "-c", tmp_path / "new.yml", "--migrate")
    assert again.code == 0 and again.stderr == "" and again.stdout == done.stdout
    assert exporter("check", "-c", tmp_path / "new.yml").code == 0


@pytest.mark.parametrize("sample", sorted(path.name for path in (ROOT / "etc").glob("*.yml")))
def test_samples_need_no_migration(sample):
    """Our own samples are in today's layout, and stay what they are."""
    done = exporter("check", "-c", ROOT / "etc" / sample, "--migrate")
    assert done.code == 0 and done.stderr == ""
    assert yaml.safe_load(done.stdout) == yaml.safe_load((ROOT / "etc" / sample).read_text())


def test_todays_name_wins(tmp_path):
    """Of an old and a new name in one file the new one counts, and that is told."""
    config = settings.merge(TODAY, {"pipeline": {"store": {"buffered": {"bucket": "other"}}}})
    done = exporter("check", "-c", settings.save(tmp_path / "both.yml", config))
    assert done.code == 0 and "pipeline.store.buffered.bucket is an old name of" in done.stderr and "ignored" in done.stderr
