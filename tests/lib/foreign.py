# SPDX-License-Identifier: Apache-2.0
"""Extensions that are not ours, and compiling what stands beside the product."""
import os
import shutil
import subprocess

from lib.paths import BUILD, ROOT

# An extension that says what it is asked for.
EXTENSION = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "skydive/extension.h"

static int on_check(const char *config, char *reason, size_t size) { return 0; }
static int on_open(const struct skydive_host *host, const char *config, void **instance, char *reason, size_t size)
{
	fprintf(stderr, "open\n");
	IN_OPEN;
	*instance = (void *)host;
	return 0;
}
static int on_start(void *instance, char *reason, size_t size)
{
	const struct skydive_host *host = instance;
	host->log(host->context, SKYDIVE_LOG_INFO, "begun=yes");
	host->state(host->context, (enum skydive_state)STATE, "going");
	return 0;
}
static int on_reload(void *instance, char *reason, size_t size) { return 0; }
static int on_stop(void *instance) { return 0; }
static void on_close(void *instance) { fprintf(stderr, "close\n"); }
static int on_command(const struct skydive_host *host, int argc, char **argv) { puts("command"); return 0; }
const struct {
	struct skydive_extension known;
	void *later[8];
} SYMBOL = { { SIZE, MINOR, "other", "9", on_check, on_open, on_start, on_reload, on_stop, on_close,
	       on_command }, { (void *)1 } };
"""


def compiled(folder, name, source, *options):
    """Compile C; returns the path of what it becomes."""
    path = folder / (name + ".c")
    path.write_text(source, encoding="ascii")
    compiler = os.environ.get("CC") or shutil.which("gcc") or "cc"
    sanitizer = ["-fsanitize=" + BUILD.name.replace("-", ",")] if BUILD.name in ("address-undefined", "thread") else []
    subprocess.run([*compiler.split(), *sanitizer, "-w", "-I", ROOT / "include", "-o", folder / name, *options, path, "-ldl"],
                   check=True)
    return folder / name


def extension(folder, name, **options):
    """Compile an extension that says what it is asked for; options: macros, in lower case."""
    values = {"size": "sizeof(struct skydive_extension)", "minor": 1, "state": 1, "symbol": "skydive_extension_v1",
              "in_open": "", **options}
    return compiled(folder, name, EXTENSION, "-shared", "-fPIC",
                    *("-D%s=%s" % (key.upper(), value) for key, value in values.items()))
