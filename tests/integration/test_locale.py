# SPDX-License-Identifier: Apache-2.0
"""A host with a locale of its own, in which numbers have commas and "a" comes before "B": nothing is different for it."""
import collections
import re
import subprocess

import pytest

from lib import pages, settings
from lib.export import joined, to_file, whole_flows
from lib.foreign import compiled
from lib.paths import BUILD
from lib.process import Program, environment, until

OBJECT = BUILD / "skydive-exporter.so"
NOBODY = collections.namedtuple("Nobody", "address url")("127.0.0.1:1", "ws://127.0.0.1:1/ws/subscriber/flow")
LOCALES = {"C": None, "de_DE.UTF-8": "de_DE", "tr_TR.ISO-8859-9": "tr_TR"}

HOST = r"""
#include <dlfcn.h>
#include <locale.h>
#include <stdio.h>
#include "skydive/extension.h"

static char reason[65536];

static void tell(const char *when)
{
	printf("%s %s\n", when, localeconv()->decimal_point);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct skydive_extension *e = dlsym(dlopen(argv[1], RTLD_NOW), "skydive_extension_v1");
	const struct skydive_host host = { .size = sizeof(host), .minor = SKYDIVE_EXTENSION_MINOR };
	void *instance;

	if (!setlocale(LC_ALL, ""))
		return 3;
	tell("first");
	if (e->check(argv[2], reason, sizeof(reason)) < 0) {
		tell("refused");
		puts(reason);
		return 1;
	}
	if (e->open(&host, argv[2], &instance, reason, sizeof(reason)) < 0 || e->start(instance, reason, sizeof(reason)) < 0)
		return 2;
	tell("started");
	getchar();
	e->reload(instance, reason, sizeof(reason));
	tell("reloaded");
	e->stop(instance);
	e->close(instance);
	tell("closed");
	return 0;
}
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The command that begins such a host, and the environment for each locale."""
    folder = tmp_path_factory.mktemp("locales")
    for name, source in LOCALES.items():
        if source:
            subprocess.run(["localedef", "-i", source, "-f", name.partition(".")[2], folder / name], check=True, timeout=60)
    return compiled(folder, "host", HOST), lambda name: {"LC_ALL": name, "LOCPATH": str(folder)}


def configure(folder, drop_ins):
    base = joined(whole_flows(), NOBODY, folder, to_file(folder), {
        "stop_timeout": 1, "status": pages.listening(folder), "spool": {"max_bytes": "1536MiB", "min_free": 0}})
    return settings.save_all(folder, base, drop_ins)


def test_settings_are_read_alike(host, tmp_path):
    """Files in the order of their bytes, 1.5e-1 is no 1, and names that differ in the case of an i are one."""
    program, env = host
    path = configure(tmp_path, {"I": {}, "i": {}})
    for name, size in (("a", "1.5e-1"), ("B", "-1")):
        (tmp_path / "exporter.d" / (name + ".yml")).write_text(
            "pipeline: {store: {buffered: {max_flow_array_size: %s}}}\n" % size, encoding="ascii")
    said = {}
    for name in LOCALES:
        done = subprocess.run([program, OBJECT, path], capture_output=True, text=True, timeout=60, check=False,
                              env=environment(env(name)))
        assert done.returncode == 1, done
        first, refused, said[name] = done.stdout.split("\n", 2)
        assert first.split()[1] == refused.split()[1] == ("." if name == "C" else ","), done.stdout
    assert re.findall(r"^\S+/(\w+)\.yml:", said["C"], re.M) == ["i", "B", "a"], said["C"]
    assert said["de_DE.UTF-8"] == said["C"] and said["tr_TR.ISO-8859-9"] == said["C"]


@pytest.mark.parametrize("name", LOCALES)
def test_threads_write_alike(name, host, tmp_path):
    """What a thread of ours shows has points; the host has the locale that it had, after each call."""
    program, env = host
    path = configure(tmp_path, {"one": {}})
    with Program([program, OBJECT, path], env=env(name), stdin=subprocess.PIPE) as run:
        run.out.wait(lambda line: line.startswith("started"), 30)
        page = until(lambda: pages.get(tmp_path, "/")[1], "the page")
        assert re.findall(r"\d+.\d GiB", page) == ["1.5 GiB"], page
        run.process.stdin.write("\n")
        run.process.stdin.flush()
        assert run.wait(30) == 0, run.err.text()
    points = dict(line.split() for line in run.out.text().splitlines())
    assert points == dict.fromkeys(("first", "started", "reloaded", "closed"), "." if name == "C" else ",")
