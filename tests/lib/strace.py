# SPDX-License-Identifier: Apache-2.0
"""strace, to see what the exporter has done to its files, to kill it at one of these calls, or to let calls fail.

    with Exporter(path, under=strace.command(trace, "pwritev")) as exporter:
        ...
        exporter.kill()
    for call in strace.calls(trace, exporter.process.pid):
        ...

strace follows from behind (-D): the program that the test starts, kills and
waits for is the exporter.
"""
import collections
import re

from lib.process import until

Call = collections.namedtuple("Call", "name path arguments result")     # path: the first one that it names
LINE = re.compile(r"^(?P<task>\d+) +(?:(?P<name>\w+)\((?P<begin>.*)|<\.\.\. \w+ resumed>(?P<end>.*))$")
PATH = re.compile(r'<(/[^>]*)>|"(/[^"]*)"')
VECTOR = re.compile(r'iov_base="((?:[^"\\]|\\.)*)"(?:\.\.\.)?, iov_len=(\d+)')
ROWS = 2        # the kind of a frame of rows


def command(output, names, inject=None, path=None):
    """Return what to put in front of a command.

    names: calls to write to the file output; inject: what happens to them, such as "signal=KILL:when=3" (killed
    before the third is carried out) or "error=ENOSPC:when=3..9"; path: only of calls that are about this file.
    """
    # Injecting and the filter in the kernel do not go together: nothing is injected then.
    how = ["-e", "inject=%s:%s" % (names, inject)] if inject else ["--seccomp-bpf"]
    # A leak cannot be looked for where somebody else traces.
    return ["strace", "-E", "ASAN_OPTIONS=detect_leaks=0", "-D", "-f", "-y", "-x", "-s", "64", "-o", output,
            "--quiet=attach", "-e", "trace=" + names, "-e", "signal=kill", *how, *(["-P", path] if path else [])]


def lines(output, process):
    """Return the lines of a file that strace has ended; it may end a little later than what it followed."""
    def ended():
        text = output.read_text(encoding="utf-8", errors="replace")
        return text if re.search(r"^%d +\+\+\+ (killed|exited)" % process, text, re.M) else None
    return until(ended, "the end of %s" % output).splitlines()


def calls(output, process):
    """Yield the calls of a process that has ended, those that returned, in the order in which they did."""
    begun = {}
    for line in lines(output, process):
        match = LINE.match(line)
        if not match:
            continue
        text = begun.pop(match["task"], "") + match["end"] if match["name"] is None else line
        if text.endswith("<unfinished ...>"):
            begun[match["task"]] = text.removesuffix("<unfinished ...>")
            continue
        match = LINE.match(text)
        arguments, _, result = match["begin"].rpartition(" = ") if match and match["name"] else ("", "", "?")
        if re.match(r"-?\d", result):
            path = PATH.search(arguments)
            yield Call(match["name"], path and (path[1] or path[2]), arguments, int(re.match(r"-?\d+", result)[0]))


def rows_written(output, process):
    """Return {tag: records} of the rows whose write to an open file had returned."""
    tags, written = {}, collections.Counter()
    for call in calls(output, process):
        parts = VECTOR.findall(call.arguments) if call.name == "pwritev" else []
        if not parts or call.result != sum(int(size) for _, size in parts):
            continue
        spec = re.search(r'\\"tag\\":\\"(\w+)', call.arguments)
        if spec:
            tags[call.path] = spec[1]
            continue
        head = parts[0][0].encode().decode("unicode_escape").encode("latin-1")
        if call.path in tags and int.from_bytes(head[8:12], "little") == ROWS:
            written[tags[call.path]] += int.from_bytes(head[12:16], "little")
    return written
