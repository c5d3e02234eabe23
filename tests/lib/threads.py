# SPDX-License-Identifier: Apache-2.0
"""The threads of a process, which may end while they are looked at."""
import pathlib


def threads(pid, file):
    """Return (name, text of /proc/PID/task/ID/FILE) of each thread that is there."""
    found = []
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        try:
            found.append(((task / "comm").read_text().rstrip("\n"), (task / file).read_text()))
        except (FileNotFoundError, ProcessLookupError):
            pass            # it has ended
    return found


def ran_seconds(pid, name):
    """Return the CPU that each thread of that name has used; see "schedstat" in proc(5)."""
    return [int(text.split()[0]) / 1e9 for thread, text in threads(pid, "schedstat") if thread == name]
