# SPDX-License-Identifier: Apache-2.0
"""What a user will get wrong: one message that says what is wrong, where, and what to do."""
import os
import re
import shutil
import subprocess

import pytest

from lib import objects, paths, settings, stream
from lib.export import joined, to_s3, waiting
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter, replay
from lib.s3.server import free_ports
from lib.s3.sink import Sink

RECORDING = recording("old-netns-mixed.jsonl.gz")
NOBODY = 65534

GOOD = """analyzers:
  - 127.0.0.1:8082
pipeline:
  subscriber:
    url: ws://127.0.0.1:8082/ws/subscriber/flow
  classify:
    cluster_net_masks:
      - 10.0.0.0/8
  store:
    type: buffered
    buffered:
      dirname: bucket
      filename_prefix: logs
      max_flows_per_object: 100
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
spool:
  directory: SPOOL
"""


def write(folder, changes=(), name="exporter.yml"):
    """Write the good configuration with some texts replaced; returns its path and the line of the last one."""
    text, line = GOOD.replace("SPOOL", str(folder / "spool")), 0
    for old, new in changes:
        assert text.count(old) == 1, old
        line = text[:text.index(old)].count("\n") + 1
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path, line


def check(path, code=1):
    """Run check; returns the lines of its complaints."""
    result = exporter("check", "-c", path)
    assert result.code == code, result
    assert (result.stdout == "") == (code != 0)
    return result.stderr.splitlines()


def test_good(tmp_path):
    """What the mistakes below are made in is itself without one."""
    assert check(write(tmp_path)[0], 0) == []


# what is replaced, what by, what the message says is wrong, and what to do
MISTAKES = {
    "zero": ("max_flows_per_object: 100", "max_flows_per_object: 0",
             r"max_flows_per_object.*must be set", "to 1 or more"),
    "no-array": ("max_flow_array_size: 100000", "max_flow_array_size: 0",
                 r"max_flow_array_size.*must be set", "to 1 or more"),
    "no-stream": ("max_seconds_per_stream: 86400", "max_seconds_per_stream: 0",
                  r"max_seconds_per_stream.*must be set", "to 1 or more"),
    "unit": ("max_seconds_per_object: 60", "max_seconds_per_object: 60s",
             r'max_seconds_per_object.*"60s" is not', "write 60"),
    "mask": ("- 10.0.0.0/8", "- 10.0.0.0/33", r'cluster_net_masks\[0\].*"10\.0\.0\.0/33"', "from 0 to 32"),
    "scheme": ("endpoint: http:", "endpoint: ftp:", r'write\.s3\.endpoint.*"ftp"', "http or https"),
    "typing": ("max_flows_per_object: 100", "max_flow_per_object: 100", r'unknown key "\S*max_flow_per_object"',
               'did you mean "max_flows_per_object"'),
    "url": ("url: ws://127.0.0.1:8082/ws/subscriber/flow", "url: 127.0.0.1:8082",
            r'subscriber\.url.*"127\.0\.0\.1:8082"', "write ws://"),
    "bucket-pasted": ("dirname: bucket", "dirname: \u201cbucket\u201d", r"dirname: is no name of a bucket", "pasted"),
    "bucket-blank": ("dirname: bucket", "dirname: flow\u00a0logs", r"dirname: is no name of a bucket.*character 5", "blanks"),
    "long-prefix": ("filename_prefix: logs", "filename_prefix: " + "p" * 2000, r"filename_prefix: has 2000 bytes", "1024"),
    "secret-blank": ("secret_key: password", 'secret_key: "password "', r"secret_key: .* blank", "pasted"),
    "password-blank": ("analyzers:", 'analyzer.auth.cluster: {username: u, password: "p "}\nanalyzers:',
                       r"analyzer\.auth\.cluster\.password: .* blank", "pasted"),
    "own-password-end": ("url: ws://127.0.0.1:8082/ws/subscriber/flow",
                         'auth: {username: u, password: "p\\n"}\n    url: ws://127.0.0.1:8082/ws/subscriber/flow',
                         r"subscriber\.auth\.password: .* the end of a line", "pasted"),
    "cookie-blank": ("analyzers:", 'http.cookie: {authtoken: " t"}\nanalyzers:', r"http\.cookie: .* blank", "pasted"),
    "tab": ("  store:", "\tstore:", "a tab", "indented with blanks"),
    "writer": ("type: s3", "type: swift", r'write\.type.*"swift" is not supported', "there are: s3"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_in_the_file(name, tmp_path):
    """File, line, key, what is wrong, what to do; the same from check, run and replay, with exit code 1."""
    old, new, wrong, advice = MISTAKES[name]
    path, line = write(tmp_path, [(old, new)])
    said = check(path)
    about = [text for text in said if re.search(wrong, text)]
    assert len(about) == 1, said
    assert about[0].startswith("%s:%d: " % (path, line)), said
    assert advice in about[0], said
    for command in (["run", "-c", path], ["replay", "-c", path, "--output", tmp_path / "out", RECORDING]):
        result = exporter(*command)
        assert result.code == 1 and about[0] in result.stderr, result


def test_all_mistakes_in_one_run(tmp_path):
    """Whoever made several learns of all of them at once."""
    names = ["no-array", "no-stream", "unit", "mask", "scheme", "typing", "url"]
    path, _ = write(tmp_path, [MISTAKES[name][:2] for name in names])
    said = check(path)
    for name in names:
        assert len([text for text in said if re.search(MISTAKES[name][2], text)]) == 1, (name, said)


@pytest.mark.parametrize("command", ["check", "run", "replay"])
@pytest.mark.parametrize("kind, wrong, advice", [
    ("missing", "there is no such file", "-c"),
    ("directory", "is a directory", "name the file"),
    ("binary", "a control character", "text file"),
    ("huge", "larger than", "1 MiB"),
    ("empty", "must be set", "url"),
])
def test_not_a_configuration(command, kind, wrong, advice, tmp_path):
    """Files that cannot be one."""
    path = tmp_path / "exporter.yml"
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes({"binary": paths.EXPORTER.read_bytes()[:4096], "huge": b"# " * (1 << 20), "empty": b""}[kind])
    result = exporter(command, "-c", path, *([RECORDING] if command == "replay" else []))
    assert result.code == 1
    assert str(path) in result.stderr and wrong in result.stderr and advice in result.stderr, result.stderr


def test_same_place_twice(tmp_path):
    """Two drop-ins with the same bucket and prefix would overwrite each other."""
    (tmp_path / "exporter.d").mkdir()
    path = tmp_path / "exporter.yml"
    path.write_text("include: exporter.d/*.yml\n" + GOOD.replace("SPOOL", str(tmp_path / "spool")), encoding="utf-8")
    for name, prefix in (("a", "x"), ("b", "y"), ("c", "x/")):
        (tmp_path / "exporter.d" / (name + ".yml")).write_text(
            "pipeline:\n  store:\n    buffered:\n      filename_prefix: %s\n" % prefix, encoding="utf-8")
    said = check(path)
    assert len(said) == 1, said
    assert said[0].startswith("%s:4: " % (tmp_path / "exporter.d" / "c.yml")), said
    assert re.search(r"pipelines? .*a.*c.* same bucket and prefix|pipeline a already writes", said[0])
    assert "another filename_prefix or dirname" in said[0]


def test_spool_below_a_file(tmp_path):
    """A spool that cannot be made: the key, the path, the reason."""
    (tmp_path / "spool").write_text("")
    path, _ = write(tmp_path)
    result = exporter("run", "-c", path)
    assert result.code == 1
    assert re.search(r"spool\.directory.*%s" % re.escape(str(tmp_path / "spool")), result.stderr), result.stderr
    assert "set spool.directory" in result.stderr


def test_spool_not_writable(tmp_path_factory):
    """A user who may not write there is told so."""
    if os.getuid() != 0:
        pytest.fail("needs to be root, to become somebody else")
    folder = tmp_path_factory.mktemp("nobody")
    program = folder / "bin"
    program.mkdir()
    for file in (paths.EXPORTER, paths.BUILD / "skydive-exporter.so"):
        shutil.copy(file, program)
    path, _ = write(folder)
    for part in [folder] + list(folder.parents)[:3]:
        os.chmod(part, 0o755)
    code, said = as_nobody([program / paths.EXPORTER.name, "run", "-c", path])
    assert code == 1
    assert re.search(r"spool\.directory.*Permission denied", said) and "make it writable" in said, said


def as_nobody(command):
    """Run a command as nobody; returns exit code and stderr."""

    done = subprocess.run(["setpriv", "--reuid=%d" % NOBODY, "--clear-groups"] + [str(c) for c in command],
                          capture_output=True, timeout=60, text=True)
    return done.returncode, done.stderr


# what happens to what is stored, what the log says, and what to do
STORES = {
    "no-bucket": ("status=404 code=NoSuchBucket", {}, r"NoSuchBucket 'told to': " r'the bucket \\"bucket\\" does not exist', "dirname"),
    "wrong-secret": ("status=403 code=SignatureDoesNotMatch", {}, "403 SignatureDoesNotMatch", "check secret_key"),
    "unknown-key": ("status=403 code=InvalidAccessKeyId", {}, "403 InvalidAccessKeyId", "access_key"),
    "no-scheme": ("ok", {"endpoint": "127.0.0.1:%d"}, "TLS|https", "http://"),
    "nobody-listens": ("ok", {"endpoint": "http://127.0.0.1:1"}, "127.0.0.1:1", "refused"),
}


@pytest.mark.parametrize("name", STORES)
def test_store(name, tmp_path):
    """What only the store can tell: one line in the log, everything kept."""
    how, change, wrong, advice = STORES[name]
    with Sink() as sink, Analyzer(RECORDING, pace=4000) as analyzer:
        sink.behave(how)
        store = to_s3(sink)
        store["s3"].update({k: v.replace("%d", str(sink.port)) for k, v in change.items()})
        config = settings.merge(settings.load(write(tmp_path)[0]), {"stop_timeout": 2})
        path = settings.save(tmp_path / "exporter.yml", joined(config, analyzer, tmp_path, store))
        with Exporter(path) as running:
            analyzer.event("end", 30, unless_ends=running)
            _, line = running.log("state=degraded")
            assert running.stop() == 0
        assert re.search(wrong, line) and advice in line and "tenant=exporter" in line, line
        assert running.err.text().count("state=degraded") == 1
        assert sink.stored == {} and waiting(tmp_path)


def test_wrong_port_of_the_analyzer(tmp_path):
    """Nobody is there: the log names the address and the key, and the exporter goes on trying."""
    port = free_ports(1)[0]
    path, _ = write(tmp_path, [("url: ws://127.0.0.1:8082", "url: ws://127.0.0.1:%d" % port)])
    with Exporter(path) as running:
        running.log(r"source=ws://127\.0\.0\.1:%d/\S* state=unreachable .*pipeline\.subscriber\.url" % port)
        assert running.stop() == 0


@pytest.mark.parametrize("name, size, advice", [
    ("cut.jsonl", 300000, "the messages before it are good"),
    ("cut.pb", 300000, "the messages before it are good"),
    ("cut.jsonl.gz", 60000, "the messages before it are good"),
    ("other.txt", 10, "NAME.jsonl"),
])
def test_recording(name, size, advice, tmp_path):
    """A recording cut in the middle: the name, where, and that what came before was used."""
    source = recording("old-netns-mixed-protobuf.pb.gz" if name.endswith(".pb") else "old-netns-mixed.jsonl.gz")
    data = source.read_bytes() if name.endswith(".gz") else stream.read(source)
    (tmp_path / name).write_bytes(data[:size])
    result = exporter("replay", "-c", write(tmp_path)[0], "--output", tmp_path / "out", tmp_path / name)
    assert result.code == 1, result
    assert str(tmp_path / name) in result.stderr and advice in result.stderr, result.stderr
    if name.startswith("cut"):
        assert re.search(r"cut.* in message \d+", result.stderr)
        assert list((tmp_path / "out").rglob("*.gz"))


@pytest.mark.parametrize("place", ["nowhere", "long" + "/long" * 1000])
def test_replay_without_a_place_for_its_spool(place, tmp_path):
    """Its spool is in TMPDIR, which the message names; with one that is there, or with an empty one, nothing stays of it."""
    command = ["replay", "-c", write(tmp_path)[0], "--output", tmp_path / "out", RECORDING]
    result = exporter(*command, env={"TMPDIR": str(tmp_path / place)})
    assert result.code == 1 and result.stdout == ""
    assert re.fullmatch(r"skydive-exporter: cannot make a directory in %s: .*; set TMPDIR to one with room\n" %
                        re.escape(str(tmp_path / place)[:100]), result.stderr), result.stderr
    (tmp_path / "room").mkdir()
    for folder in ("", tmp_path / "room"):
        assert exporter(*command, env={"TMPDIR": str(folder)}).code == 0
    assert os.listdir(tmp_path / "room") == []


@pytest.mark.parametrize("arguments", [[], ["export"], ["check"], ["run"], ["run", "-c"], ["replay"],
                                       ["replay", "-c", "x.yml"], ["record", "ws://127.0.0.1:1/"], ["run", "x.yml"]])
def test_usage(arguments):
    """Wrong usage is told apart from failure: exit code 2, and how it is used."""
    result = exporter(*arguments)
    assert result.code == 2 and "usage: " in result.stderr and result.stdout == ""


TWICE = {
    "value": ("dirname: bucket", "dirname: bucket\n      dirname: other", "pipeline.store.buffered.dirname", 1),
    "in-other-case": ("dirname: bucket", "dirname: bucket\n      DirName: other", "pipeline.store.buffered.dirname", 1),
    "section": ("spool:\n", "pipeline:\n  compress: {type: gzip}\nspool:\n", "pipeline", None),
    "dotted": ("spool:\n", "pipeline.store.buffered.dirname: other\nspool:\n", "pipeline.store.buffered.dirname", None),
    "flow-map": ("spool:\n", 'x: {"a": {"b": 1, "b": 2}}\nspool:\n', "x.a.b", 0),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_key_that_stands_twice(name, tmp_path):
    """Both lines are told, once, and nothing of what would follow from half a file."""
    old, new, key, apart = TWICE[name]
    path, line = write(tmp_path, [(old, new)])
    said = check(path)
    assert len(said) == 1, said
    at, other = map(int, re.match(r"%s:(\d+): %s is also in line (\d+)" % (re.escape(str(path)), re.escape(key)), said[0]).groups())
    lines = path.read_text().splitlines()
    assert at > other or (at == other and apart == 0)
    assert apart is None or at - other == apart
    last = key.split(".")[-1]
    assert all(last in lines[n - 1].lower() for n in (at, other))


def test_the_same_twice_is_only_told(tmp_path):
    """Where both say the same nothing is lost: a warning."""
    said = check(write(tmp_path, [("dirname: bucket", "dirname: bucket\n      dirname: bucket")])[0], 0)
    assert len(said) == 1 and "dirname is also in line" in said[0]


@pytest.mark.parametrize("before, after", [("\ufeff", ""), ("", "---\n"), ("", "...\n"), ("---\n", "...\n---\n...\n"),
                                           ("%YAML 1.1\n---\n", ""), ("\ufeff---\n", "---")])
def test_what_yaml_allows_around_a_document(before, after, tmp_path):
    """A byte order mark, directives, empty documents: read as the Go exporter reads them; --migrate prints it all the same."""
    path = write(tmp_path)[0]
    text = path.read_text()
    path.write_text(before + text + after, encoding="utf-8")
    assert check(path, 0) == []
    assert exporter("check", "-c", path, "--migrate").stdout.count("dirname") == 1


TYPED = ["0123", "012345678901", "1e3", "0x10", "1_000", "1.50", "+1", "yes", "No", "off", "TRUE", "2019-02-26", ".5", "12:30", "0b11", "0o17"]


@pytest.mark.parametrize("typed", TYPED)
def test_text_that_looks_like_something_else(typed, tmp_path):
    """Buckets, prefixes and ids are what was typed, with and without quotes: in keys of objects and in the objects."""
    made = []
    for spelled in (typed, '"%s"' % typed):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        path = write(folder, [("dirname: bucket", "dirname: " + spelled), ("filename_prefix: logs", "filename_prefix: " + spelled)])[0]
        path.write_text(path.read_text() + "pipeline.storeheader: {type: vpclogs, vpclogs: {vpc_crn: %s}}\n" % spelled)
        replay(path, [RECORDING], [], folder / "out")
        tree = objects.read_tree(folder / "out")
        assert tree and all(o.key.startswith("%s/%s/" % (typed, typed)) for o in tree), [o.key for o in tree]
        assert all('"vpc_crn":"%s"' % typed in o.text.replace('": "', '":"') for o in tree)
        made.append([(o.key, o.raw) for o in tree])
    assert made[0] == made[1]


@pytest.mark.parametrize("level", ["debug", "Info", "warning", "Warn", "CRITICAL", "crit", "error", "err", "notice"])
@pytest.mark.parametrize("where", ["file", "environment"])
def test_levels_in_any_case(level, where, tmp_path):
    """What the Go exporter starts with, and what is meant is clear."""
    path = write(tmp_path)[0]
    if where == "file":
        path.write_text(path.read_text() + "logging: {level: %s, stderr.level: %s}\n" % (level, level))
    done = exporter("check", "-c", path, env={"SKYDIVE_LOGGING_LEVEL": level} if where == "environment" else None)
    assert done.code == 0 and done.stderr == ""


def test_all_is_told_in_one_run(tmp_path):
    """Whatever else is wrong, in whatever section, and however many items of a list."""
    path, _ = write(tmp_path, [("- 10.0.0.0/8", "- 10.0.0.0/33\n      - 10.1.0.0"), ("  - 127.0.0.1:8082\n", "  - a\n  - b:c\n"), ("endpoint: http://127.0.0.1:9000", "endpoint: foo"),
                               ("region: local", "region: [a]"), ("secret_key: password", 'secret_key: "password "'),
                               ("dirname: bucket", "dirname: a b"), ("filename_prefix: logs", "filename_prefix: " + "p" * 2000)])
    path.write_text(path.read_text() + """\
logging: {backends: [stderr, foo, bar]}
pipeline.filter: {excluded_tags: [x, other, y]}
pipeline.mangle: {type: action}
""")
    said = check(path)
    for key in ("cluster_net_masks[0]", "cluster_net_masks[1]", "s3.endpoint", "s3.region", "s3.secret_key", "dirname", "filename_prefix",
                "backends[1]", "backends[2]", "analyzers[0]", "analyzers[1]", "excluded_tags[0]", "excluded_tags[2]", "action.tid1", "action.tid2"):
        assert len([line for line in said if key + ": " in line]) == 1, (key, said)


@pytest.mark.parametrize("end, compress, is_fine", [
    (".gz", "gzip", True), (".json.gz", "zstd", False), (".gz", "none", False), (".GZ", "zstd", False), (".zst", "zstd", True),
    (".zstd", "zstd", True), (".zst", "gzip", False), (".zst", "none", False), (".bz2", "none", False), (".json", "none", True),
    (".json", "gzip", True), ("", "zstd", True), (".xz", "gzip", False),
])
def test_a_template_that_contradicts_the_compressor(end, compress, is_fine, tmp_path):
    """Readers go by the end of a name."""
    path, line = write(tmp_path, [("dirname: bucket", 'dirname: bucket\n      layout: template\n      key: "{tag}/{stream}/{sequence}%s"' % end)])
    path.write_text(path.read_text() + "pipeline.compress.type: %s\n" % compress)
    said = check(path, 0 if is_fine else 1)
    assert is_fine and said == [] or re.search(r":%d: pipeline.store.buffered.key: ends in \.\w+, which is not" % (line + 2), said[0]), said


@pytest.mark.parametrize("change, key", [
    (("dirname: bucket", "dirname: ."), "dirname"), (("dirname: bucket", "dirname: " + "b" * 256), "dirname"),
    (("dirname: bucket", 'dirname: "b\\tc"'), "dirname"), (("dirname: bucket", "dirname: b*c"), "dirname"),
    (("filename_prefix: logs", "filename_prefix: " + "p" * 987), "filename_prefix"),
    (("filename_prefix: logs", 'filename_prefix: %s\n      layout: template\n      key: "%s/{tag}/{stream}/{sequence}"' % ("p" * 500, "k" * 500)),
     "filename_prefix"),
])
def test_what_no_store_takes(change, key, tmp_path):
    """Names of buckets that cannot be, and keys longer than 1,024 bytes; up to there they are fine."""
    said = check(write(tmp_path, [change])[0])
    assert len(said) == 1 and ".buffered.%s: " % key in said[0], said
    assert check(write(tmp_path, [("filename_prefix: logs", "filename_prefix: " + "p" * 986)])[0], 0) == []


@pytest.mark.parametrize("base", ["", "/storage/v1/s3", "/bucket", "/tenant/bucket", "/bucket/", "/mybucket"])
def test_endpoints_below_a_path(base, tmp_path):
    """Objects go below the endpoint's path; a bucket that stands in it and in dirname is one."""
    with Sink() as sink, Analyzer(RECORDING, pace=4000) as analyzer:
        config = joined(settings.load(write(tmp_path)[0]), analyzer, tmp_path, to_s3(sink))
        config["pipeline"]["write"]["s3"]["endpoint"] += base
        with Exporter(settings.save(tmp_path / "exporter.yml", config)) as running:
            sink.wait(lambda s: s.requests["ok"] > 0)
            assert running.stop() == 0
        above = base.rstrip("/").removesuffix("/bucket")
        assert sink.stored and all(key.startswith("%s/bucket/logs/" % above.lstrip("/") if above else "bucket/logs/") for key in sink.stored), list(sink.stored)
