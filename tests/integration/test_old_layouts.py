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


# Files as they were shipped: what is not set is written without a value, or commented out. The text, what it is today below
# "pipeline" (or all of it, with "analyzer"), and what is said of it.
HEAD = """\
host_id: ""
analyzers:
  - 127.0.0.1:8082
analyzer:
  auth:
    cluster:
      username:
      password:
pipeline:
  subscriber:
    url: %s
    capture_id:
  classify:
    # cluster_net_masks:
      # - 10.0.0.0/8
  filter:
    # excluded_tags:
""" % URL
BUFFERED = """\
  store:
    type: buffered
    buffered:
      filename_prefix: logs
      dirname: bucket
      max_flows_per_object: 6000
      max_seconds_per_object: 60
      max_seconds_per_stream: 86400
      max_flow_array_size: 100000
  write:
    type: s3
    s3:
      endpoint: http://127.0.0.1:9000
      region: local
      access_key: user
      secret_key: password
"""
FIRST = """\
host_id: ""
pipeline:
  analyzer:
    subscriber_url: %s
    subscriber_username:
    subscriber_password:
""" % URL
OLD_STORE = """\
  store:
    type: s3
    s3:
      # -- client parames --
      endpoint: http://127.0.0.1:9000
      region: local
      bucket: bucket
      access_key: user
      secret_key: password
      object_prefix: logs
"""
OLD_SIZES = "".join("      %s%s: %d\n" % ("%s", key, value) for key, value in SIZES.items())
FLAT = """\
endpoint: http://127.0.0.1:9000
region: local
bucket: bucket
access_key: user
secret_key: password
# api_key: key
object_prefix: logs
subscriber_url: %s
subscriber_username:
subscriber_password:
max_seconds_per_stream: 86400
""" % URL
STORED = {"store": {"type": "buffered", "buffered": dict(SIZES, dirname="bucket", filename_prefix="logs")},
          "write": {"type": "s3", "s3": S3}}
FLAT_STORED = {"store": {"buffered": {"dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": 6000,
                                      "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
               "encode": {"type": "json"}, "compress": {"type": "gzip"}, "write": {"s3": S3}}
UNSIZED = {key: value for key, value in SIZES.items() if key != "max_seconds_per_object"}
SHIPPED = {
    "a-login-without-values": (FIRST + OLD_STORE + OLD_SIZES.replace("%s", ""), STORED, "subscriber_url is now"),
    "a-login-of-nulls": (FIRST.replace("username:", "username: null").replace("password:", "password: ~") + OLD_STORE
                         + OLD_SIZES.replace("%s", ""), STORED, "subscriber_url is now"),
    "sizes-commented-out": (FIRST + OLD_STORE + OLD_SIZES.replace("%s", "# "), {"store": {"type": "buffered", "buffered": dict(
        UNSIZED, dirname="bucket", filename_prefix="logs")}, "write": {"type": "s3", "s3": S3}}, "max_flows_per_object: 6000"),
    "csv-alone": (FIRST + "  encode:\n    type: csv\n    json:\n      pretty: false\n" + OLD_STORE + OLD_SIZES.replace("%s", ""),
                  {"transform": {"type": "awsflowlogs"}, "encode": {"type": "csv", "json": {"pretty": False}}}, "transform.type: awsflowlogs"),
    "sa-without-type": (FIRST + "  transform:\n    sa:\n      # exclude_started_flows: true\n" + OLD_STORE + OLD_SIZES.replace("%s", ""),
                        {"transform": {"type": "secadvisor"}}, "transform.type: secadvisor"),
    "sections-without-values": (HEAD + "  transform:\n    sa:\n  compress:\n    # type: none\n" + BUFFERED, STORED, None),
    "objheader": (HEAD + "  transform:\n    type: vpclogs\n  objheader:\n    type: vpclogs\n    vpclogs:\n      # vpc_crn: x\n" + BUFFERED,
                  {"storeheader": {"type": "vpclogs"}}, "pipeline.objheader.type is now called pipeline.storeheader.type"),
    "objheader-with-values": (HEAD + "  transform: {type: vpclogs}\n  objheader:\n    type: vpclogs\n    vpclogs: {vpc_crn: x}\n" + BUFFERED,
                              {"storeheader": {"type": "vpclogs", "vpclogs": {"vpc_crn": "x"}}}, "objheader.vpclogs is now called"),
    "action-without-values": (HEAD + "  action:\n    type: aws\n    tid1:\n    tid2:\n  transform:\n    type: vpclogs\n    secadvisor:\n" + BUFFERED,
                              {"transform": {"type": "vpclogs"}}, "pipeline.action.type is left out: without"),
    "action": (HEAD + "  action: {type: aws, tid1: a, tid2: b}\n  transform: {type: vpclogs}\n" + BUFFERED,
               {"action": {"tid1": "a", "tid2": "b"}, "mangle": {"type": "action"}}, "pipeline.mangle.type"),
    "logstatus-of-awsflowlogs": (HEAD + "  mangle:\n    type: logstatus\n  transform:\n    type: awsflowlogs\n  encode:\n    type: csv\n" + BUFFERED,
                                 {"encode": {"type": "csv"}}, "pipeline.mangle.type is left out"),
    "monitoring-port": (HEAD + "  transform:\n    type: none\n  store:\n    type: prom_sky_con\n    prom_sky_con:\n      port: 9100\n"
                        "      connection_timeout: 60\n      monitoring_port: 8089\n",
                        {"store": {"type": "prom_sky_con", "prom_sky_con": {"port": 9100, "connection_timeout": 60}}}, "status.listen"),
    "flat": (FLAT + "max_flows_per_object: 6000\nmax_flow_array_size: 100000\nflow_transformer: security-advisor\n"
             "cluster_net_masks:\n  - 10.0.0.0/8\nexcluded_tags: [other]\n",
             dict(FLAT_STORED, transform={"type": "secadvisor"}, classify={"cluster_net_masks": ["10.0.0.0/8"]},
                  filter={"excluded_tags": ["other"]}), "subscriber_url is now called pipeline.subscriber.url"),
    "flat-of-its-first-days": (FLAT + "flow_transformer: custom1\n", dict(FLAT_STORED, transform={"type": "secadvisor"}), "6000"),
    "flat-with-plain-flows": (FLAT + "flow_transformer:\n", FLAT_STORED, None),
    "below-objectstore": ("---\nobjectstore:\n" + "".join("  " + line + "\n" for line in FLAT.splitlines()), FLAT_STORED, None),
    "stdout": (FIRST + "  store:\n    type: stdout\n", {"store": {"type": "direct"}, "write": {"type": "stdout"}}, "write.type: stdout"),
    "localfiles": (FIRST + "  store:\n    type: localfiles\n    localfiles:\n      base_dir: /tmp/flows\n      max_seconds_per_stream: 60\n",
                   {"write": {"type": "file", "file": {"directory": "/tmp/flows"}}}, None),
}


def values(node):
    """Return it without what has no value, and numbers as numbers."""
    if isinstance(node, dict):
        found = {key: values(value) for key, value in node.items()}
        return {key: value for key, value in found.items() if value not in (None, {})}
    return int(node) if isinstance(node, str) and node.isdigit() else node


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_are_taken(name, tmp_path):
    """check takes them as they are; what --migrate prints says the same, in today's words alone, and check takes that."""
    text, today, said = SHIPPED[name]
    if name == "localfiles":
        text = text.replace("60\n", "60\n  # the sizes did not matter\n    buffered: {max_flows_per_object: 6000, max_flow_array_size: 100000}\n")
    path = tmp_path / "old.yml"
    path.write_text(text)
    done = exporter("check", "-c", path)
    assert done.code == 0 and done.stdout == "%s: fine, 1 pipeline\n" % path, done
    assert not said or said in done.stderr
    done = exporter("check", "-c", path, "--migrate")
    assert done.code == 0, done.stderr
    found = values(yaml.safe_load(done.stdout))
    assert settings.merge(found["pipeline"], today) == found["pipeline"]
    assert found["pipeline"].get("subscriber") == {"url": URL} and not {"objectstore", "bucket", "analyzer"} & set(found)
    (tmp_path / "new.yml").write_text(done.stdout)
    again = exporter("check", "-c", tmp_path / "new.yml")
    assert again.code == 0 and again.stderr == "", again.stderr


# Old names, in a file that has nothing else, and what each is called today.
RENAMED = {
    "pipeline.analyzer.subscriber_username": ("analyzer.auth.cluster.username", "u"),
    "pipeline.analyzer.subscriber_password": ("analyzer.auth.cluster.password", "p"),
    "pipeline.store.s3.bucket": ("pipeline.store.buffered.dirname", "b"),
    "pipeline.store.s3.object_prefix": ("pipeline.store.buffered.filename_prefix", "p"),
    "pipeline.store.buffered.bucket": ("pipeline.store.buffered.dirname", "b"),
    "pipeline.store.buffered.object_prefix": ("pipeline.store.buffered.filename_prefix", "p"),
    "pipeline.store.localfiles.base_dir": ("pipeline.write.file.directory", "/tmp/flows"),
    "pipeline.store.localfiles.max_seconds_per_stream": ("pipeline.store.buffered.max_seconds_per_stream", 7),
    "pipeline.transform.sa.exclude_started_flows": ("pipeline.transform.secadvisor.exclude_started_flows", True),
    "pipeline.transform.sa.extend": ("pipeline.transform.secadvisor.extend", ["A=G.V().Has('TID','{{.NodeTID}}').Values('Name')"]),
    "pipeline.objheader.type": ("pipeline.storeheader.type", "none"),
    "pipeline.objheader.vpclogs": ("pipeline.storeheader.vpclogs", {"vpc_crn": "x"}),
    "pipeline.mangle.action.tid1": ("pipeline.action.tid1", "a"),
    "pipeline.mangle.action.tid2": ("pipeline.action.tid2", "a"),
    "pipeline.mangle.action.reject_timeout": ("pipeline.action.reject_timeout", 7),
    "objectstore.subscriber_username": ("analyzer.auth.cluster.username", "u"),
    "objectstore.subscriber_password": ("analyzer.auth.cluster.password", "p"),
    "objectstore.bucket": ("pipeline.store.buffered.dirname", "b"),
    "objectstore.object_prefix": ("pipeline.store.buffered.filename_prefix", "p"),
    "objectstore.cluster_net_masks": ("pipeline.classify.cluster_net_masks", ["10.0.0.0/8"]),
    "objectstore.excluded_tags": ("pipeline.filter.excluded_tags", ["other"]),
    "objectstore.flow_transformer": ("pipeline.transform.type", "secadvisor"),
}
RENAMED.update({"%s.%s" % (section, key): ("pipeline.write.s3." + key, value)
                for section in ("pipeline.store.s3", "objectstore")
                for key, value in {**S3, "api_key": "k", "iam_endpoint": "https://iam.example.com/identity/token"}.items()})
RENAMED.update({"%s.%s" % (section, key): ("pipeline.store.buffered." + key, 7)
                for section in ("pipeline.store.s3", "objectstore") for key in SIZES})
# At the top, where a subscriber_url tells which layout it is.
AT_THE_TOP = {name.partition(".")[2]: today for name, today in RENAMED.items() if name.startswith("objectstore.")}
# Values that are called otherwise, with what is said beside them today.
REVALUED = {
    ("pipeline.transform.type", "sa"): {"transform": {"type": "secadvisor"}},
    ("pipeline.encode.type", "sa"): {"encode": {"type": "secadvisor"}},
    ("pipeline.store.type", "localfiles"): {"store": {"type": "buffered"}, "write": {"type": "file"}},
    ("pipeline.store.type", "stdout"): {"store": {"type": "direct"}, "write": {"type": "stdout"}},
    ("pipeline.store.type", "log"): {"store": {"type": "direct"}, "write": {"type": "stdout"}},
    ("objectstore.flow_transformer", "security-advisor"): {"transform": {"type": "secadvisor"}},
    ("objectstore.flow_transformer", "custom1"): {"transform": {"type": "secadvisor"}},
    ("pipeline.store.type", "s3"): {"store": {"type": "buffered", "buffered": UNSIZED}, "write": {"type": "s3"}},
}


def nested(key, value):
    """Return {"a": {"b": value}} for "a.b"."""
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def migrated(config, folder):
    done = exporter("check", "-c", settings.save(folder / "old.yml", config), "--migrate")
    assert done.code == 0, done.stderr
    return values(yaml.safe_load(done.stdout)), done.stderr.splitlines()


def test_every_old_name_has_its_new_one(tmp_path):
    """Each alone, and told once, with both names."""
    for old, (today, value) in RENAMED.items():
        found, said = migrated(nested(old, value), tmp_path)
        assert found == nested(today, value), old
        assert len(said) == 1 and "%s is now called %s" % (old, today) in said[0], said


def test_every_name_at_the_top_has_its_new_one(tmp_path):
    """Of skydive-objectstore's own layout, beside what makes it one."""
    flat = {**yaml.safe_load(FLAT), "subscriber_username": "them"}
    whole, _ = migrated(flat, tmp_path)
    for old, (today, value) in AT_THE_TOP.items():
        found, said = migrated({**flat, old: value}, tmp_path)
        assert found == settings.merge(whole, nested(today, value)), old
        assert any("%s is now called %s" % (old, today) in line for line in said), said


def test_every_old_value_has_its_new_one(tmp_path):
    """With what it stood for."""
    for (key, old), today in REVALUED.items():
        found, said = migrated(nested(key, old), tmp_path)
        assert found == {"pipeline": today}, old
        assert any(old in line for line in said), said


@pytest.mark.parametrize("text, code, said", [
    # A tenant's file, or a base: it need not be complete.
    ("pipeline: {store: {buffered: {bucket: acme}}}\n", 0, "is now called"),
    ("include: exporter.d/*.yml\npipeline: {store: {type: s3, s3: {region: local}}}\n", 0, "is now called"),
    # What check does not take is not printed, and the place is the file's.
    ("pipeline: {store: {buffered: {bucket: acme}},\n  transfrom: {type: none}}\n", 1, 'old.yml:2: unknown section "pipeline.transfrom"'),
    ("pipeline:\n  store: {buffered: {bucket: acme, max_flows_per_object: many}}\n", 1, "old.yml:2: pipeline.store.buffered.max_flows_per_object"),
    (FIRST, 1, "access_key: it must be set"),
    ("# " + FLAT.replace("\n", "\n# "), 1, "pipeline.subscriber.url: must be set"),
])
def test_nothing_is_printed_that_is_not_taken(text, code, said, tmp_path):
    """--migrate fails as check does; of a drop-in and of a base what stands there is looked at."""
    (tmp_path / "old.yml").write_text(text)
    done = exporter("check", "-c", tmp_path / "old.yml", "--migrate")
    assert done.code == code and bool(done.stdout) == (code == 0), done
    assert said in done.stderr


def test_names_at_the_top_are_somebody_elses(tmp_path):
    """In a file with a pipeline, region or bucket at the top are none of ours; nor without subscriber_url."""
    path = settings.save(tmp_path / "today.yml", {**TODAY, "region": "mars", "bucket": "b", "subscriber_url": "ws://h"})
    done = exporter("check", "-c", path)
    assert done.code == 0 and done.stderr == ""
