# SPDX-License-Identifier: Apache-2.0
"""A writer whose file system does not answer holds neither other writers nor a stop."""
import os
import shutil
import subprocess

from lib import settings
from lib.export import to_file, whole_flows
from lib.lives import RECORDING
from lib.process import Analyzer, Exporter, until

# What a file server does that is gone: who waits for it cannot be woken.
HUNG = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int fdatasync(int fd)
{
	char name[64], path[4096] = "";
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (readlink(name, path, sizeof(path) - 1) > 0 && strstr(path, "/hung/"))
		for (;;)
			pause();
	return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"""


def preload(folder):
    """Compile it; returns the environment that has it."""
    source, library = folder / "hung.c", folder / "hung.so"
    source.write_text(HUNG, encoding="ascii")
    compiler = os.environ.get("CC") or shutil.which("gcc") or "cc"
    subprocess.run([*compiler.split(), "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def configure(folder, analyzer):
    """Two pipelines of the same flows; what one stores hangs."""
    main = {"host_id": "hung", "stop_timeout": 1, "include": "d/*.yml", "analyzers": [analyzer.address],
            "spool": {"directory": str(folder / "spool")}, "status": {"listen": ""}}
    (folder / "d").mkdir()
    for name in ("hung", "free"):
        tenant = settings.merge(whole_flows(20), {"pipeline": {"subscriber": {"url": analyzer.url}}})
        (folder / name).mkdir()
        tenant["pipeline"]["write"] = to_file(folder / name)
        settings.save(folder / "d" / (name + ".yml"), tenant)
    return settings.save(folder / "exporter.yml", main)


def stored(folder, name):
    return [path for path in (folder / name / "stored").rglob("*") if path.is_file() and path.suffix not in (
        ".part", ".headers")]


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
