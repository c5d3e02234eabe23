# SPDX-License-Identifier: Apache-2.0
"""Objects compressed with zstd: the zstd command reads them, and they say what those with gzip say."""
import gzip
import subprocess

import pytest

from golden import cases
from golden.test_golden import no
from lib import objects, settings
from lib.export import export, to_file
from lib.process import replay


def unpack(raw):
    """What the zstd command makes of a body; one frame, whose checksum, if any, it has checked."""
    done = subprocess.run(["zstd", "-dc"], input=raw, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def size_in_head(raw):
    """The size of the content that the frame's head says, RFC 8878 section 3.1.1.1, or None."""
    assert raw[:4] == b"\x28\xb5\x2f\xfd"
    flag, is_single = raw[4] >> 6, raw[4] >> 5 & 1
    at = 5 + (not is_single) + (0, 1, 2, 4)[raw[4] & 3]
    size = (is_single, 2, 4, 8)[flag]
    if not size:
        return None
    return int.from_bytes(raw[at:at + size], "little") + (256 if flag == 1 else 0)


def has_checksum(raw):
    """Whether damage shows: the flag of the frame's head, RFC 8878 section 3.1.1.1.1."""
    return bool(raw[4] & 4)


def bodies(top, decompress):
    """Return {key: text} of the objects below a directory."""
    return {path.relative_to(top).as_posix(): decompress(path.read_bytes())
            for path in sorted(top.rglob("*")) if path.is_file() and path.suffix != ".headers"}


@pytest.mark.parametrize("level", [1, 3, 19])
@pytest.mark.parametrize("name", ["old-vpclogs", "edge-none"])
def test_equal_to_gzip(name, level, tmp_path):
    """A replay gives the same keys and the same bytes, once unpacked, whatever packed them; the headers tell which."""
    case, found = cases.by_name(name), {}
    for kind, decompress in (("gzip", gzip.decompress), ("zstd", unpack)):
        config = settings.merge(settings.load(case.config), {
            "spool": {"directory": str(tmp_path / ("spool-" + kind))},
            "pipeline": {"compress": {"type": kind, "zstd": {"level": level}}}})
        out = tmp_path / kind
        replay(settings.save(tmp_path / (kind + ".yml"), config), case.inputs, case.topology, out)
        found[kind] = {key.removesuffix(".gz").removesuffix(".zst"): body for key, body in bodies(out, decompress).items()}
        headers = [objects.read_headers(path) for path in out.rglob("*.headers")]
        assert {h["content-encoding"] for h in headers} == {kind}
        raw = bodies(out, bytes)
        assert {key.rpartition(".")[2] for key in raw} == {"gz" if kind == "gzip" else "zst"}
        assert kind == "gzip" or all(size_in_head(body) == len(unpack(body)) and has_checksum(body) for body in raw.values())
    assert found["gzip"] and found["zstd"] == found["gzip"]


def replayed(folder, change):
    """The objects of a golden case with something changed: their directory."""
    case = cases.by_name("old-vpclogs")
    config = settings.merge(settings.load(case.config), {"spool": {"directory": str(folder / "spool")}, "pipeline": change})
    replay(settings.save(folder / "zstd.yml", config), case.inputs, case.topology, folder / "out")
    return folder / "out"


def test_a_higher_level_is_smaller(tmp_path):
    """The level is that of the configuration; objects differ in nothing else."""
    sizes, found = [], []
    for level in (1, 3, 19):
        folder = tmp_path / str(level)
        folder.mkdir()
        top = replayed(folder, {"compress": {"type": "zstd", "zstd": {"level": level}}})
        sizes.append(sum(len(body) for body in bodies(top, bytes).values()))
        found.append(bodies(top, unpack))
    assert sizes == sorted(set(sizes), reverse=True), sizes
    assert found[0] and found[0] == found[1] == found[2]


def test_without_a_content_encoding_it_is_a_file(tmp_path):
    """Then the type tells what it is: RFC 8878 section 7.1."""
    top = replayed(tmp_path, {"compress": {"type": "zstd"}, "store": {"buffered": {"content_encoding": "none"}}})
    found = [objects.read_headers(path) for path in top.rglob("*.headers")]
    assert found and all(h["content-type"] == "application/zstd" and not h.get("content-encoding") for h in found), found


def test_through_the_running_exporter(tmp_path):
    """The same from a stand-in analyzer: the records of the golden case."""
    case = cases.by_name("old-vpclogs")
    export(settings.load(case.config), case.inputs, case.topology, tmp_path, to_file(tmp_path),
           {"pipeline": {"compress": {"type": "zstd"}}})
    wanted, have = objects.by_tag(cases.expected(case)), {}
    for key, body in bodies(tmp_path / "stored", unpack).items():
        have.setdefault(key.split("/")[2], []).extend(objects.split(body.decode())[2])
    no(objects.record_differences(wanted, have))
