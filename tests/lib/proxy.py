# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a server, such as the stand-in: it ends TLS, and remembers what its clients showed and sent.

    with Proxy(analyzer.address, pair) as proxy:        without a pair it speaks plainly
        proxy.pair = other                              from the next connection on
        proxy.client_ca = ca.cert                       clients must show a certificate of that CA
        proxy.newest = ssl.TLSVersion.TLSv1_2
        proxy.freeze()                                  nothing passes on the connections there are; none ends
"""
import collections
import re
import select
import socket
import ssl
import threading

HEAD = re.compile(rb"(?:GET|POST) (\S+) HTTP/1\.1\r\n((?:[^\r\n]+\r\n)*)\r\n")
KEPT = 256 * 1024
Request = collections.namedtuple("Request", "target headers")


class Proxy:
    """Listens on a free port of 127.0.0.1 at once; close() ends it and all its connections."""

    def __init__(self, backend, pair=None):
        host, _, port = backend.rpartition(":")
        self.backend = (host.strip("[]"), int(port))
        self.pair, self.client_ca, self.newest = pair, None, ssl.TLSVersion.TLSv1_3
        self.changed = threading.Condition()
        self.refused = []       # why handshakes failed
        self.clients = []       # (certificate's subject or None, protocol chosen by ALPN or None)
        self.sent = []          # what each client sent, from its beginning, KEPT bytes of it
        self._ending = threading.Event()
        self._thawed = 0        # connections of earlier numbers are frozen
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self.address = "localhost:%d" % self.port
        self._start(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._ending.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def freeze(self):
        """From now on it is as if the cable had been cut, for those who are connected."""
        with self.changed:
            self._thawed = len(self.sent)

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._ending.is_set():
            try:
                client = self._listener.accept()[0]
            except socket.timeout:
                continue
            self._start(self._serve, client)

    def _note(self, where, what):
        with self.changed:
            where.append(what)
            self.changed.notify_all()
            return len(where)

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_2, self.newest
        context.load_cert_chain(self.pair.cert, self.pair.key)
        context.set_alpn_protocols(["h2", "http/1.1"])      # from here on as an analyzer has it
        context.set_ecdh_curve("prime256v1")
        context.set_ciphers("ECDHE+AESGCM")
        if self.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.client_ca)
        return context

    def _serve(self, client):
        with client:
            client.settimeout(10)
            subject = chosen = None
            try:
                if self.pair:
                    client = self._context().wrap_socket(client, server_side=True)
                    subject = dict(part[0] for part in (client.getpeercert() or {}).get("subject", ()))
                    chosen = client.selected_alpn_protocol()
            except OSError as error:
                self._note(self.refused, str(error))
                return
            self._note(self.clients, (subject.get("commonName") if subject else None, chosen))
            with client, socket.create_connection(self.backend, 10) as server:
                try:
                    self._pump(client, server)
                except OSError:
                    pass        # an end that is not in order is an end

    def _pump(self, client, server):
        heard = bytearray()
        number = self._note(self.sent, heard)
        while not self._ending.is_set():
            if number <= self._thawed:
                self._ending.wait()
                return
            ready = select.select([client, server], [], [], 0.05)[0]
            if client in ready or getattr(client, "pending", int)():
                data = client.recv(65536)
                if not data:
                    return
                with self.changed:
                    heard.extend(data[:KEPT - len(heard)])
                    self.changed.notify_all()
                server.sendall(data)
            if server in ready:
                data = server.recv(65536)
                if not data:
                    return
                client.sendall(data)

    def wait(self, done, timeout=30):
        """Wait until done(proxy), asked whenever something changed."""
        with self.changed:
            assert self.changed.wait_for(lambda: done(self), timeout), "not within %g s; refused: %s, clients: %s" % (
                timeout, self.refused, self.clients)

    def requests(self):
        """Return the requests of all clients: [Request(target, {name: value}), ...], names in lower case."""
        with self.changed:
            heads = [match for heard in self.sent for match in HEAD.finditer(bytes(heard))]
        return [Request(head[1].decode(), {
            name.lower(): value for name, _, value in (
                line.partition(": ") for line in head[2].decode("latin-1").splitlines())}) for head in heads]
