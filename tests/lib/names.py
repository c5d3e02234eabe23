# SPDX-License-Identifier: Apache-2.0
"""A machine whose name server says nothing, for the programs of one test (needs root).

    with SilentNames(folder, {"store.example": "127.0.0.1"}) as names, Exporter(path, under=names.under):
        ...                     # knows that name, and waits for the name server with all others
"""
import os
import socket


class SilentNames:
    """Its hosts and resolv.conf stand in the place of the machine's, in a name space of each program's own.

    number: of this one, if there are several at a time.
    """

    def __init__(self, folder, hosts, number=1):
        # Of this process's own: others may run such a test, too.
        address = "127.%d.%d.%d" % (10 + number, os.getpid() >> 8 & 255, os.getpid() & 255)
        found, server = folder / "hosts", folder / "resolv.conf"
        found.write_text("".join("%s %s\n" % (address, name) for name, address in hosts.items()), encoding="ascii")
        server.write_text("nameserver %s\n" % address, encoding="ascii")
        self.under = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                      'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', found, server]
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
