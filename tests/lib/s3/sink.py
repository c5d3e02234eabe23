# SPDX-License-Identifier: Apache-2.0
"""An object store that can be told to misbehave.

It takes PUTs and keeps body and headers, and DELETEs; it checks no signature (Swift and
MinIO do). behave() decides what happens to requests, in the order they come:

    ok            keep the object, answer 200
    slow          take half a second, keep the object, answer 200
    status=503    answer that, keep nothing; code=SlowDown, retry_after=1 and location=URL may be added
    page=413      answer that with a page of HTML, as what stands before a store does; keep nothing
    error=CODE    answer 200 and an error document, keep nothing
    skew=3600     have a clock so many seconds ahead, and refuse with 403 what is not signed by it
    hang          read the request, answer nothing until release() or close()
    stall         read the request, answer the head, and no body until release() or close()
    deaf          take the connection, read nothing until release() or close()
    cut           read half of the body, then close the connection
    short         answer 200, then close in the midst of the answer's body; keep nothing
    rst           read the request, then reset the connection
    garbage       read the request, answer what is not HTTP
    drop          keep the object, then close without an answer: the client cannot know
    mute          keep the object, answer nothing until release() or close()

    sink.behave("status=503", times=3)      three times that, then ok again
    sink.behave("hang")                     from now on, until the next behave()
    sink.refuse_first("page=413")           that with the first object, whenever it is sent again

All bodies that came whole are noted in .sent, whatever became of them.

With demand(allowed) it is particular after all: allowed(headers) says whether
a request may pass; others are answered with 403. With an ssl.SSLContext it
speaks HTTPS; certificates loaded into that later are shown from then on.
"""
import calendar
import collections
import email.utils
import hashlib
import html
import http.server
import socket
import struct
import threading
import time
import urllib.parse

from lib import objects

Stored = collections.namedtuple("Stored", "body headers etag")
KEPT = ("content-type", "content-encoding")
ERROR = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>%s</Code><Message>told to</Message></Error>"""
LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>\
<IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>"""
LISTED = "<Contents><Key>%s</Key><Size>%d</Size></Contents>"
NEXT = "<NextContinuationToken>%s</NextContinuationToken>"
SKEW_MOST = 15 * 60             # seconds
OPTIONAL = {"retry_after": "Retry-After", "location": "Location"}
NO_LINGER = struct.pack("ii", 1, 0)


class Sink:
    """Listens on a free port at once; close() ends it, and every request that hangs."""

    def __init__(self, port=0, context=None):
        self.lock = threading.Condition()
        self.stored = {}                        # key "bucket/..." -> Stored
        self.puts = collections.Counter()       # key -> successful puts
        self.requests = collections.Counter()   # behavior -> requests
        self.rewritten = []                     # keys put again with other bytes
        self.deleted = []                       # keys, in the order they came
        self.sent = collections.defaultdict(collections.Counter)    # key -> {MD5 of the body: times}
        self.waiting = 0
        self.allowed = None                     # demand()
        self.page = 1000                        # keys of a page of a listing
        self._plan = collections.deque()
        self._always = "ok"
        self._refuse = None
        self.refused = {}                       # key -> what is done with it each time
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

    def refuse_first(self, how):
        """Do that with the object that comes next, each time."""
        with self.lock:
            self._refuse = how

    def next(self, key):
        """Return what to do with a request, and the event that ends its hanging."""
        with self.lock:
            if self._refuse:
                self.refused[key], self._refuse = self._refuse, None
            how = self.refused.get(key) or (self._plan.popleft() if self._plan else self._always)
            self.requests[how] += 1
            self.lock.notify_all()
            return how, self._free

    def note(self, key, body):
        with self.lock:
            self.sent[key][hashlib.md5(body).hexdigest()] += 1

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
        how, free = self.server.sink.next(self.key())
        name, _, value = how.partition(" ")[0].partition("=")
        size = int(self.headers.get("Content-Length", 0))
        if name in ("deaf", "cut"):
            self.rfile.read(size // 2 if name == "cut" else 0)
            self.end(free if name == "deaf" else None)
            return
        body = self.rfile.read(size)
        if len(body) < size:            # a client that was killed: no store keeps half a body
            self.end()
            return
        self.server.sink.note(self.key(), body)
        if name in ("ok", "slow", "drop", "mute", "skew"):
            self.take(name, value, body, free)
        else:
            getattr(self, "do_" + name)(how, free)

    def take(self, name, value, body, free):
        """Keep the object, if it may pass."""
        if self.server.sink.forbids(self.headers):
            self.refuse({"status": 403, "code": "AccessDenied"})
        elif name == "skew" and not self.is_timely(int(value)):
            self.refuse({"status": 403, "code": "RequestTimeTooSkewed"})
        else:
            if name == "slow":
                free.wait(0.5)
            item = self.server.sink.keep(self.key(), body, self.kept())
            if name in ("drop", "mute"):
                self.end(free if name == "mute" else None)
            else:
                self.answer(200, b"", {"ETag": '"%s"' % item.etag})

    def end(self, free=None):
        """Close the connection, when free is set."""
        if free:
            free.wait()
        self.close_connection = True

    def do_status(self, how, free):
        self.refuse(dict(part.split("=", 1) for part in how.split()))

    def do_page(self, how, free):
        self.answer(int(how.partition("=")[2]), b"<html>no</html>", {"Content-Type": "text/html"})

    def do_error(self, how, free):
        self.answer(200, (ERROR % how.partition("=")[2]).encode(), {"Content-Type": "application/xml"})

    def do_hang(self, how, free):
        self.end(free)

    def do_stall(self, how, free):
        self.head(200, {"Content-Length": "100"})
        self.end(free)

    def do_short(self, how, free):
        self.head(200, {"Content-Length": "100"})
        self.wfile.write(b"<half")
        self.end()

    def do_rst(self, how, free):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.rfile.close()
        self.connection.close()         # before http.server would shut it down in order
        self.end()

    def do_garbage(self, how, free):
        self.wfile.write(b"\0\1SSH-2.0 something else\r\n" * 3)
        self.end()

    def is_timely(self, ahead):
        """Whether the request was signed by our clock; from then on answers show that."""
        self.ahead = ahead
        signed = calendar.timegm(time.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ"))
        return abs(signed - time.time() - ahead) < SKEW_MOST

    ahead = 0                           # seconds

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate((timestamp or time.time()) + self.ahead, usegmt=True)

    def do_DELETE(self):
        """Gone for good, but noted in .deleted."""
        if self.server.sink.forbids(self.headers):
            self.refuse({"status": 403, "code": "AccessDenied"})
            return
        with self.server.sink.lock:
            self.server.sink.deleted.append(self.key())
            self.server.sink.stored.pop(self.key(), None)
        self.answer(204, b"", {})

    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        if self.server.sink.forbids(self.headers):
            self.refuse({"status": 403, "code": "AccessDenied"})
        elif query.get("list-type") == "2":
            self.answer(200, self.listing(query).encode(), {"Content-Type": "application/xml"})
        else:
            self.do_get_object()

    do_HEAD = do_GET

    def listing(self, query):
        """Return a page of the keys of a bucket; the token is where the next one begins."""
        begin, sink = self.key() + "/", self.server.sink
        with sink.lock:
            found = sorted((key[len(begin):], len(item.body)) for key, item in sink.stored.items() if key.startswith(begin))
            sink.requests["list"] += 1
        found = [(key, size) for key, size in found
                 if key.startswith(query.get("prefix", "")) and key > query.get("continuation-token", "")]
        shown = found[:sink.page]
        more = len(shown) < len(found)
        return LISTING % (str(more).lower(), "".join(LISTED % (urllib.parse.quote(key), size) for key, size in shown),
                          NEXT % html.escape(shown[-1][0]) if more else "")

    def do_get_object(self):
        item = self.server.sink.stored.get(self.key())
        if item:
            self.answer(200, item.body, item.headers)
        else:
            self.answer(404, (ERROR % "NoSuchKey").encode(), {"Content-Type": "application/xml"})

    def key(self):
        return urllib.parse.unquote(self.path.partition("?")[0]).lstrip("/")

    def kept(self):
        """Return the headers a store keeps."""
        return {k.lower(): v for k, v in self.headers.items()
                if k.lower() in KEPT or k.lower().startswith(objects.META)}

    def refuse(self, plan):
        headers = {"Content-Type": "application/xml"}
        headers.update({header: plan[name] for name, header in OPTIONAL.items() if name in plan})
        self.answer(int(plan["status"]), (ERROR % plan.get("code", "SlowDown")).encode(), headers)

    def head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def answer(self, status, body, headers):
        self.head(status, {**headers, "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)
