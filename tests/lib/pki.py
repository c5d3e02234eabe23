# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests, made with the openssl command: authorities, and what they sign."""
import collections
import subprocess

Pair = collections.namedtuple("Pair", "cert key")
LOCAL = ("localhost", "127.0.0.1", "::1")
CONFIG = """
[ca]
default_ca = own
[own]
database = %(folder)s/%(name)s.index
new_certs_dir = %(folder)s
serial = %(folder)s/%(name)s.serial
default_md = sha256
unique_subject = no
copy_extensions = copy
policy = any
[any]
commonName = supplied
"""


def openssl(*args):
    done = subprocess.run(["openssl"] + [str(a) for a in args], capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, "openssl %s: %s" % (args[0], done.stderr.decode("utf-8", "replace"))


def new_key(path):
    """A key on a curve that analyzers accept, too."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
    return path


def alternative(host):
    return ("IP:" if ":" in host or host[-1].isdigit() else "DNS:") + host


class Authority:
    """Signs certificates; its own is .cert. All its files are in the folder, named after it."""

    def __init__(self, folder, name):
        folder.mkdir(exist_ok=True)
        self.folder, self.name = folder, name
        self.key, self.cert = new_key(self._file("key")), self._file("crt")
        openssl("req", "-x509", "-new", "-key", self.key, "-subj", "/CN=" + name, "-days", 30, "-out", self.cert)
        self._file("index").touch()
        self._file("serial").write_text("1000\n")
        self._file("cnf").write_text(CONFIG % {"folder": folder, "name": name})

    def _file(self, kind):
        return self.folder / ("%s.%s" % (self.name, kind))

    def issue(self, name, hosts=LOCAL, until="20990101000000Z"):
        """Sign a certificate that holds from 2020 on, for a server of those names or, without any, for a client."""
        base = "%s-%s" % (self.name, name)
        pair = Pair(self.folder / (base + ".crt"), new_key(self.folder / (base + ".key")))
        request = self.folder / (base + ".csr")
        names = ["-addext", "subjectAltName=" + ",".join(alternative(h) for h in hosts)] if hosts else []
        openssl("req", "-new", "-key", pair.key, "-subj", "/CN=" + name, "-out", request, *names)
        openssl("ca", "-batch", "-notext", "-config", self._file("cnf"), "-cert", self.cert, "-keyfile", self.key,
                "-startdate", "20200101000000Z", "-enddate", until, "-in", request, "-out", pair.cert)
        return pair

    def expired(self, name):
        return self.issue(name, until="20210101000000Z")
