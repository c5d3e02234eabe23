# SPDX-License-Identifier: Apache-2.0
"""A file system that does not answer holds neither other writers nor pages nor a stop."""
import os
import shutil
import subprocess

from lib import pages, settings
from lib.export import to_file, whole_flows
from lib.lives import RECORDING
from lib.process import Analyzer, Exporter, until

# What a file server does that is gone: who waits for it cannot be woken.
HUNG = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void wait_if_hung(int fd)
{
	char name[64], path[4200] = "";
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (readlink(name, path, sizeof(path) - 1) <= 0 || !strstr(path, "/hung/"))
		return;
	close(open(strcat(path, ".waits"), O_CREAT | O_WRONLY, 0600));
	for (;;)
		pause();
}
int fdatasync(int fd)
{
	wait_if_hung(fd);
	return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
ssize_t read(int fd, void *to, size_t size)
{
	wait_if_hung(fd);
	return ((ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read"))(fd, to, size);
}
"""


def preload(folder):
    """Compile it; returns the environment that has it."""
    source, library = folder / "hung.c", folder / "hung.so"
    source.write_text(HUNG, encoding="ascii")
    compiler = os.environ.get("CC") or shutil.which("gcc") or "cc"
    subprocess.run([*compiler.split(), "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0"}


def configure(folder, analyzer, names=("hung", "free")):
    """Write pipelines of the same flows, each with a folder for what it stores."""
    main = {"host_id": "hung", "stop_timeout": 1, "include": "d/*.yml", "analyzers": [analyzer.address],
            "spool": {"directory": str(folder / "spool")}, "status": pages.listening(folder)}
    (folder / "d").mkdir()
    (folder / "hung").mkdir()
    for name in names:
        add(folder, name, analyzer.url, to_file(folder / name))
    return settings.save(folder / "exporter.yml", main)


def add(folder, name, url, write):
    tenant = settings.merge(whole_flows(20), {"pipeline": {"subscriber": {"url": url}}})
    (folder / name).mkdir(exist_ok=True)
    tenant["pipeline"]["write"] = write
    settings.save(folder / "d" / (name + ".yml"), tenant)


def stored(folder, name):
    return [path for path in (folder / name / "stored").rglob("*") if path.is_file() and path.suffix not in (
        ".part", ".headers", ".waits")]


def test_a_writer_that_hangs_stops_no_other(tmp_path):
    """The other pipeline goes on, and the program ends with what is left in the spool."""
    with Analyzer(RECORDING, pace=200) as analyzer:
        with Exporter(configure(tmp_path, analyzer), env=preload(tmp_path)) as exporter:
            until(lambda: list((tmp_path / "hung").rglob("*.part")), "a writer that hangs", 60)
            seen = len(stored(tmp_path, "free"))
            until(lambda: len(stored(tmp_path, "free")) > seen + 3, "objects of the other", 60)
            assert not stored(tmp_path, "hung")
            exporter.signal(15)
            assert exporter.wait(60) == 1
            assert "does not answer" in exporter.err.text()
    assert list((tmp_path / "spool" / "hung" / "new").iterdir())


def with_a_secret_of(folder):
    secret = folder / "hung" / "secret"
    secret.write_text("not read", encoding="ascii")
    return {"type": "s3", "s3": {"endpoint": "http://127.0.0.1:9", "access_key": "key", "secret_key_file": str(secret)}}


def test_a_secret_that_hangs_holds_no_page_and_no_stop(tmp_path):
    """While a reload waits for it, pages are served, flows go on, and the program ends when it is told to."""
    with Analyzer(RECORDING, pace=200) as analyzer:
        config = configure(tmp_path, analyzer, ["free"])
        with Exporter(config, env=preload(tmp_path)) as exporter:
            until(lambda: stored(tmp_path, "free"), "an object", 60)
            add(tmp_path, "waits", analyzer.url, with_a_secret_of(tmp_path))
            exporter.signal(1)
            until(lambda: list((tmp_path / "hung").glob("*.waits")), "a reload that hangs", 60)
            seen = len(stored(tmp_path, "free"))
            assert [tenant["name"] for tenant in pages.status(tmp_path)["tenants"]] == ["free"]
            assert pages.metrics(tmp_path)
            until(lambda: len(stored(tmp_path, "free")) > seen + 3, "objects of the other", 60)
            exporter.signal(15)
            assert exporter.wait(60) == 1
            assert "does not answer" in exporter.err.text()
    assert not list((tmp_path / "spool" / "free" / "new").iterdir())
    assert not list((tmp_path / "spool" / "free" / "open").iterdir())


def test_a_recording_that_hangs_holds_no_stop(tmp_path):
    """What the other pipeline had is stored."""
    recording = tmp_path / "hung" / RECORDING.name
    with Analyzer(RECORDING, pace=200) as analyzer:
        config = configure(tmp_path, analyzer, ["free"])
        recording.write_bytes(RECORDING.read_bytes())
        add(tmp_path, "plays", "file://" + str(recording), to_file(tmp_path / "plays"))
        with Exporter(config, env=preload(tmp_path)) as exporter:
            until(lambda: stored(tmp_path, "free"), "an object", 60)
            assert exporter.stop(60) == 0
            assert "state=left" in exporter.err.text()
    assert not list((tmp_path / "spool" / "free" / "new").iterdir())
