# SPDX-License-Identifier: Apache-2.0
"""What the object stores of the tests have in common: ports, processes, a client, buckets."""
import contextlib
import os
import random
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import boto3
import botocore.config

from lib.process import Failed, environment, until

GIVEN = set()                   # ports


def free_ports(count):
    """Return ports nobody listens on. Who is to listen may take seconds to start, so they are none that the kernel gives a
    client, that were returned before, or that another worker of pytest-xdist may get."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first_of_clients = int(file.read().split()[0])
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    ports = []
    while len(ports) < count:
        port = random.randrange(1024 + worker, first_of_clients, workers)
        if port not in GIVEN and is_free(port):
            GIVEN.add(port)
            ports.append(port)
    return ports


def is_free(port):
    with socket.socket() as sock, contextlib.suppress(OSError):
        sock.bind(("127.0.0.1", port))
        return True
    return False


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def answers(url):
    """Return whether an HTTP server answers at all, be it with an error."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Daemons:
    """Programs that serve until the end of a test; what they print goes to files in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, name, command, env=None):
        log = open(self.folder / (name + ".log"), "wb")
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, env=environment(env), start_new_session=True)
        log.close()
        self.running.append((name, process))

    def ready(self, done, what, timeout=60):
        """Wait until done(); say what a program printed if one ends before."""
        def check():
            for name, process in self.running:
                if process.poll() is not None:
                    raise Failed("%s ended with %d:\n%s" % (name, process.returncode, self.log(name)))
            return done()
        until(check, what, timeout)

    def log(self, name):
        return (self.folder / (name + ".log")).read_text(errors="replace")[-4000:]

    def stop(self):
        for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            for _, process in self.running:
                if process.poll() is None:
                    process.send_signal(number)
            for _, process in self.running:
                try:
                    process.wait(patience)
                except subprocess.TimeoutExpired:
                    pass
        self.running = []


class Store:
    """Where an exporter writes to and how a consumer reads it back; over HTTPS if there is a file ca."""

    def __init__(self, port, access_key, secret_key, region, ca=None):
        self.endpoint = "%s://127.0.0.1:%d" % ("https" if ca else "http", port)
        self.ca = ca
        self.access_key, self.secret_key, self.region = access_key, secret_key, region
        self.daemons = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End the programs it consists of."""
        if self.daemons:
            self.daemons.stop()

    def settings(self):
        """Return the keys below pipeline.write.s3."""
        return {"endpoint": self.endpoint, "region": self.region,
                "access_key": self.access_key, "secret_key": self.secret_key}

    def client(self, **other):
        """Return a boto3 client; other credentials may be given."""
        access = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key,
                  "region_name": self.region, **other}
        config = botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1},
                                        signature_version="s3v4", connect_timeout=10, read_timeout=30)
        return boto3.session.Session().client("s3", endpoint_url=self.endpoint, config=config,
                                              verify=self.ca and str(self.ca), **access)

    def make_bucket(self, name):
        self.client().create_bucket(Bucket=name)
