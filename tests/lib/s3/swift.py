# SPDX-License-Identifier: Apache-2.0
"""A private OpenStack Swift with s3api and tempauth, from Debian's packages.

It is strict about signatures: wrong secret, region, service, payload hash,
date, or an x-amz header that is not signed are refused. One proxy, one
account, one container and one object server, one device, one replica, and
memcached, without which tempauth does not work; everything on 127.0.0.1, on
free ports, with all state below one folder.
"""
import getpass
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from lib.s3.server import Daemons, Store, accepts, answers, free_ports    # noqa: E402

PYTHON = "/usr/bin/python3"
KINDS = ("account", "container", "object")

COMMON = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = %(port)d
workers = 0
user = %(user)s
swift_dir = %(etc)s
devices = %(dev)s
mount_check = false
disable_fallocate = true
log_level = WARNING
log_address = %(etc)s/no-syslog
log_udp_host = 127.0.0.1
log_udp_port = %(nobody)d
"""

SERVER = COMMON + """[pipeline:main]
pipeline = %(kind)s-server
[app:%(kind)s-server]
use = egg:swift#%(kind)s
"""

TLS = """cert_file = %(cert)s
key_file = %(key)s
"""

PROXY = """[pipeline:main]
pipeline = catch_errors cache s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
auth_pipeline_check = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = %(secret)s .admin
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:%(memcached)d
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
"""

RINGS = """
import sys
from swift.common.ring import RingBuilder
for kind, port in zip(("account", "container", "object"), map(int, sys.argv[2:])):
    builder = RingBuilder(2, 1, 0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1,
                     "replication_ip": "127.0.0.1", "replication_port": port})
    builder.rebalance()
    builder.get_ring().save("%s/%s.ring.gz" % (sys.argv[1], kind))
"""


class Swift(Store):
    """A running Swift; close() ends it. The account is test:tester.

    With a pair (cert, key) of files and the ca's it speaks HTTPS.
    """

    def __init__(self, folder, pair=None, ca=None, secret="testing"):
        folder = pathlib.Path(folder)
        for name in ("etc", "dev/d1"):
            (folder / name).mkdir(parents=True)
        ports = free_ports(6)
        super().__init__(ports[0], "test:tester", secret, "us-east-1", ca)
        self._configure(folder, ports, pair)
        self.daemons = Daemons(folder)
        try:
            self._start(folder / "etc", ports, pair)
        except BaseException:
            self.close()
            raise

    def _configure(self, folder, ports, pair):
        etc = folder / "etc"
        values = {"etc": etc, "dev": folder / "dev", "user": getpass.getuser(), "memcached": ports[4],
                  "nobody": ports[5]}
        subprocess.run([PYTHON, "-c", RINGS, str(etc)] + [str(p) for p in ports[1:4]], check=True, timeout=60)
        for kind, port in zip(KINDS, ports[1:4]):
            (etc / (kind + "-server.conf")).write_text(SERVER % {**values, "kind": kind, "port": port})
        tls = TLS % {"cert": pair.cert, "key": pair.key} if pair else ""
        (etc / "proxy-server.conf").write_text((COMMON + tls + PROXY) % {**values, "port": ports[0], "secret": self.secret_key})

    def _start(self, etc, ports, pair):
        self.daemons.start("memcached", ["memcached", "-u", getpass.getuser(), "-l", "127.0.0.1",
                                         "-p", ports[4], "-U", "0", "-m", "16", "-t", "1"])
        for kind in KINDS + ("proxy",):
            self.daemons.start(kind, [PYTHON, "/usr/bin/swift-%s-server" % kind, etc / (kind + "-server.conf")])
        self.daemons.ready(lambda: all(accepts(p) for p in ports[1:5]), "Swift's servers", 60)
        self.daemons.ready(lambda: accepts(ports[0]) if pair else answers(self.endpoint + "/info"), "Swift's proxy", 60)


def main():
    """Run one by hand: swift.py FOLDER; it prints what to configure and runs until standard input ends."""
    with Swift(sys.argv[1]) as store:
        store.make_bucket("bucket")
        print(store.settings(), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
