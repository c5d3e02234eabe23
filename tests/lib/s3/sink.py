# SPDX-License-Identifier: Apache-2.0
"""An object store that can be told to misbehave.

It takes PUTs and keeps body and headers; it checks no signature (Swift and
MinIO do). behave() decides what happens to requests, in the order they come:

    ok            keep the object, answer 200
    status=503    answer that, keep nothing; code=SlowDown and retry_after=1 may be added
    hang          read the request, answer nothing until release() or close()
    deaf          take the connection, read nothing until release() or close()
    cut           read half of the body, then close the connection
    drop          keep the object, then close without an answer: the client cannot know
    mute          keep the object, answer nothing until release() or close()

    sink.behave("status=503", times=3)      three times that, then ok again
    sink.behave("hang")                     from now on, until the next behave()

With demand(allowed) it is particular after all: allowed(headers) says whether
a request may pass; others are answered with 403. With an ssl.SSLContext it
speaks HTTPS; certificates loaded into that later are shown from then on.
"""
import collections
import hashlib
import http.server
import threading
import urllib.parse

from lib import objects

Stored = collections.namedtuple("Stored", "body headers etag")
KEPT = ("content-type", "content-encoding")
ERROR = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>%s</Code><Message>told to</Message></Error>"""


class Sink:
    """Listens on a free port at once; close() ends it, and every request that hangs."""

    def __init__(self, port=0, context=None):
        self.lock = threading.Condition()
        self.stored = {}                        # key "bucket/..." -> Stored
        self.deleted = {}                       # key -> Stored, or None
        self.puts = collections.Counter()       # key -> successful puts
        self.requests = collections.Counter()   # behavior -> requests
        self.rewritten = []                     # keys put again with other bytes
        self.waiting = 0
        self.allowed = None                     # demand()
        self._plan = collections.deque()
        self._always = "ok"
        self._free = threading.Event()
        self._server = Server(("127.0.0.1", port), self)
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.port = self._server.server_address[1]
        self.endpoint = "%s://127.0.0.1:%d" % ("https" if context else "http", self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def settings(self):
        """Return the keys below pipeline.write.s3."""
        return {"endpoint": self.endpoint, "region": "local", "access_key": "user", "secret_key": "password"}

    def demand(self, allowed):
        """Let only those requests pass whose headers satisfy allowed()."""
        self.allowed = allowed

    def forbids(self, headers):
        """Whether a request is answered with 403; counted as such."""
        if not self.allowed or self.allowed(headers):
            return False
        with self.lock:
            self.requests["forbidden"] += 1
            self.lock.notify_all()
        return True

    def behave(self, how, times=None):
        """Do that with the next requests: so many of them, or all from now on."""
        with self.lock:
            if times is None:
                self._plan.clear()
                self._always = how
            else:
                self._plan.extend([how] * times)
            free, self._free = self._free, threading.Event()
        free.set()

    def release(self):
        """Let go of what hangs, without an answer, and be good from now on."""
        self.behave("ok")

    def next(self):
        """Return what to do with a request, and the event that ends its hanging."""
        with self.lock:
            how = self._plan.popleft() if self._plan else self._always
            self.requests[how] += 1
            self.lock.notify_all()
            return how, self._free

    def keep(self, key, body, headers):
        item = Stored(body, headers, hashlib.md5(body).hexdigest())
        with self.lock:
            if key in self.stored and self.stored[key].body != body:
                self.rewritten.append(key)
            self.stored[key] = item
            self.puts[key] += 1
            self.lock.notify_all()
        return item

    def wait(self, done, timeout=30):
        """Wait until done(sink), asked whenever a request came or an object was kept."""
        with self.lock:
            assert self.lock.wait_for(lambda: done(self), timeout), \
                "not within %g s; requests so far: %s" % (timeout, dict(self.requests))

    def objects(self):
        """Return what was kept as objects, in key order."""
        with self.lock:
            found = sorted(self.stored.items())
        return [objects.parse(key, item.body, item.headers) for key, item in found]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, sink):
        self.sink = sink
        super().__init__(address, Handler)

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        pass

    def do_PUT(self):
        how, free = self.server.sink.next()
        size = int(self.headers.get("Content-Length", 0))
        if how == "deaf":
            free.wait()
            self.close_connection = True
            return
        body = self.rfile.read(size // 2 if how == "cut" else size)
        # A client that was killed leaves half a body: no store keeps that.
        if how == "cut" or len(body) < size or (how == "hang" and free.wait()):
            self.close_connection = True
            return
        if how.startswith("status="):
            self.refuse(dict(part.split("=") for part in how.split()))
            return
        if self.server.sink.forbids(self.headers):
            self.refuse({"status": 403, "code": "AccessDenied"})
            return
        item = self.server.sink.keep(self.key(), body, self.kept())
        if how == "drop" or (how == "mute" and free.wait()):
            self.close_connection = True
            return
        self.answer(200, b"", {"ETag": '"%s"' % item.etag})

    def do_DELETE(self):
        """Gone for good, but noted in .deleted."""
        if self.server.sink.forbids(self.headers):
            self.refuse({"status": 403, "code": "AccessDenied"})
            return
        with self.server.sink.lock:
            self.server.sink.deleted[self.key()] = self.server.sink.stored.pop(self.key(), None)
        self.answer(204, b"", {})

    def do_GET(self):
        item = self.server.sink.stored.get(self.key())
        if item:
            self.answer(200, item.body, item.headers)
        else:
            self.answer(404, (ERROR % "NoSuchKey").encode(), {"Content-Type": "application/xml"})

    do_HEAD = do_GET

    def key(self):
        return urllib.parse.unquote(self.path.partition("?")[0]).lstrip("/")

    def kept(self):
        """Return the headers a store keeps."""
        return {k.lower(): v for k, v in self.headers.items()
                if k.lower() in KEPT or k.lower().startswith(objects.META)}

    def refuse(self, plan):
        headers = {"Content-Type": "application/xml"}
        if "retry_after" in plan:
            headers["Retry-After"] = plan["retry_after"]
        self.answer(int(plan["status"]), (ERROR % plan.get("code", "SlowDown")).encode(), headers)

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
