# SPDX-License-Identifier: Apache-2.0
"""What include/skydive/extension.h promises: a host in a screen of C runs the extension, and hosts and extensions of
other versions get along, or say that they do not."""
import collections
import signal
import subprocess

import pytest

from lib import lives, objects, pages, settings
from lib.export import joined, to_file, whole_flows
from lib.foreign import compiled, extension
from lib.paths import BUILD, EXPORTER, ROOT
from lib.process import Analyzer, Program, environment, until

OBJECT = BUILD / "skydive-exporter.so"

# Hosts: what begins after their size is not theirs, and not there.
HOST = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "skydive/extension.h"

static void on_log(void *context, enum skydive_log_level level, const char *line)
{
	fprintf(stderr, "%s: %d %s\n", (char *)context, level, line);
}
static void on_state(void *context, enum skydive_state state, const char *line)
{
	fprintf(stderr, "%s: state %d %s\n", (char *)context, state, line);
}
static void not_yours(void *context)
{
	abort();
}
struct newer {
	struct skydive_host known;
	void (*later[8])(void *);
};

int main(int argc, char **argv)
{
	const struct skydive_extension *e = dlsym(dlopen(argv[1], RTLD_NOW), "skydive_extension_v1");
	struct newer all = { { SIZE, MINOR, "host", on_log, on_state } };
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i;
	char *end, reason[65536] = "";
	void *instance;
	sigset_t stop;
	int got;

	for (i = 0; i < 8; i++)
		all.later[i] = not_yours;
	end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	end += page;
	mprotect(end, page, PROT_NONE);
	memcpy(end - SIZE, &all, SIZE);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (e->open((void *)(end - SIZE), argv[2], &instance, reason, sizeof(reason)) < 0 ||
	    e->start(instance, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "%s\n", reason);
		return 1;
	}
	sigwait(&stop, &got);
	e->stop(instance);
	e->close(instance);
	return 0;
}
"""


def listens(folder, run):
    until(lambda: (folder / "status.sock").exists() or run.process.poll() is not None, "a status socket")
    assert run.process.poll() is None, run.err.text()


def test_example_host_exports_a_recording(tmp_path):
    """etc/host.c, as C99: it has at most 70 lines, exports what was recorded, and reloads."""
    source = (ROOT / "etc" / "host.c").read_text(encoding="ascii")
    assert len(source.splitlines()) <= 70
    host = compiled(tmp_path, "host", source, "-std=c99", "-pedantic-errors", "-Wall", "-Werror")
    with Analyzer(lives.RECORDING) as analyzer:
        path = settings.save(tmp_path / "exporter.yml", joined(
            whole_flows(), analyzer, tmp_path, to_file(tmp_path), {"status": pages.listening(tmp_path)}))
        with Program([host, OBJECT, path]) as run:
            analyzer.event("end", 60, unless_ends=run)
            sent = analyzer.stats()["sent_flows"]
            until(lambda: pages.counters(tmp_path)["flows_received"] == sent, "all flows")
            run.signal(signal.SIGHUP)
            run.err.wait(lambda line: line.startswith("reload="), 20)
            assert run.stop() == 0, run.err.text()
    assert sum(len(o.records) for o in objects.read_tree(tmp_path / "stored")) == sent


def test_example_host_says_what_is_wrong(tmp_path):
    host = compiled(tmp_path, "host", (ROOT / "etc" / "host.c").read_text(encoding="ascii"))
    path = tmp_path / "exporter.yml"
    path.write_text("analyzer: []\n", encoding="ascii")
    for arguments, code, text in [((), 2, "host EXTENSION CONFIG"), ((tmp_path / "none.so", path), 2, "none.so"),
                                  ((OBJECT, path), 1, "exporter.yml: pipeline.")]:
        done = subprocess.run([host, *arguments], capture_output=True, text=True, timeout=60, env=environment(),
                              check=False)
        assert done.returncode == code and text in done.stderr, done


@pytest.mark.parametrize("size, minor, trying", [
    ("offsetof(struct skydive_host, log)", 0, None),
    ("offsetof(struct skydive_host, alive)", 0, 0),
    ("offsetof(struct skydive_host, reload)", 1, 3),
    ("sizeof(struct skydive_host)", 2, 3),
    ("sizeof(struct newer)", 99, 3)],
    ids=["without-functions", "1.0", "1.1", "1.2", "newer"])
def test_hosts_of_other_versions(size, minor, trying, tmp_path):
    """What a host has not is not read, what we do not know is not called, and no value is told that it does not know."""
    host = compiled(tmp_path, "host", HOST, "-DSIZE=(%s)" % size, "-DMINOR=%d" % minor)
    nobody = collections.namedtuple("Nobody", "address url")("127.0.0.1:1", "ws://127.0.0.1:1/ws/subscriber/flow")
    path = settings.save(tmp_path / "exporter.yml", joined(
        whole_flows(), nobody, tmp_path, to_file(tmp_path), {"stop_timeout": 1, "status": pages.listening(tmp_path)}))
    with Program([host, OBJECT, path]) as run:
        listens(tmp_path, run)
        pages.status(tmp_path)
        if trying is not None:
            run.err.wait(lambda line: line.startswith("host: state %d " % trying), 30)
        assert run.stop() == 0, run.err.text()
    assert trying is not None or not run.err.text()


@pytest.mark.parametrize("options, says", [
    (dict(size="sizeof(struct skydive_extension)", minor=0), None),
    (dict(size="sizeof(skydive_extension_v1)", minor=99, state=77), None),
    (dict(size="offsetof(struct skydive_extension, close)"), "older"),
    (dict(size="0"), "older"),
    (dict(symbol="skydive_extension_v2"), "skydive_extension_v1")],
    ids=["1.0", "newer", "cut-short", "empty", "next-major"])
def test_extensions_of_other_versions(options, says, tmp_path):
    """The command runs those that have what it calls, and says of others that they are none of its version."""
    other = extension(tmp_path, "other.so", **options)
    with Program([EXPORTER, "--extension", other, "run", "-c", "x"]) as run:
        if says:
            assert run.wait() == 1
            assert run.err.text().startswith("skydive-exporter: %s " % other) and says in run.err.text()
            assert len(run.err.lines) == 1
            return
        run.err.wait(lambda line: "begun=yes" in line, 20)
        assert run.stop() == 0
    assert run.err.lines[0] == "open" and run.err.lines[-1] == "close"
