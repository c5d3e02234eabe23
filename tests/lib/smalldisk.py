# SPDX-License-Identifier: Apache-2.0
"""A file system of a given size that only the programs of one test see (needs root).

    with SmallDisk(folder / "spool", "1m") as disk, Exporter(path, under=disk.under) as exporter:
        os.listdir(disk.path)       # the same from outside
"""
import pathlib
import subprocess

from lib.process import Program


class SmallDisk(Program):
    """Mounted in a name space of its own, which a process that waits for its end keeps."""

    def __init__(self, folder, size):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                          'mount -t tmpfs -o size=%s none "$0" && echo mounted && exec cat' % size, folder],
                         stdin=subprocess.PIPE)
        self.out.wait(lambda line: line == "mounted", 10)
        self.under = ["nsenter", "--mount=/proc/%d/ns/mnt" % self.process.pid]
        self.path = pathlib.Path("/proc/%d/root%s" % (self.process.pid, folder))

    def __exit__(self, *args):
        self.process.stdin.close()
        super().__exit__(*args)
