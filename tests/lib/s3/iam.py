# SPDX-License-Identifier: Apache-2.0
"""A stand-in for IBM IAM: gives tokens for API keys, and checks requests to the letter.

    iam.ttl = 5                     lifetime of the next tokens, in seconds
    iam.fail(503, times=2)          answers that for so many requests, or for all until good()
    iam.hold()                      answers nothing until good()
    iam.revoke()                    no token given so far is valid any more
    iam.keys = {"other"}            the API keys it knows

A request that differs in anything is answered with 418 and noted in .faults.
"""
import http.server
import json
import threading
import time
import urllib.parse

PATH = "/identity/token"
GRANT = "urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey"
HEADERS = {"authorization": "Basic Yng6Yng=", "accept": "application/json", "cache-control": "no-Cache",
           "content-type": "application/x-www-form-urlencoded"}


class Iam:
    """Listens on a free port at once; close() ends it."""

    def __init__(self, *keys, context=None):
        self.lock = threading.Condition()
        self.keys = set(keys)
        self.ttl = 3600
        self.requests = 0
        self.at_once, self.most_at_once = 0, 0
        self.faults = []
        self.tokens = {}                # token -> until when, monotonic
        self.given = []                 # all tokens ever
        self._failing = []              # statuses, the last one for ever when it is negative
        self._free = threading.Event()
        self._free.set()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.iam = self
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.port = self._server.server_address[1]
        self.endpoint = "%s://127.0.0.1:%d%s" % ("https" if context else "http", self.port, PATH)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()
        assert kind or not self.faults, self.faults

    def close(self):
        self._free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def fail(self, status, times=None):
        with self.lock:
            self._failing = [status] * times if times else [-status]

    def hold(self):
        self._free.clear()

    def good(self):
        with self.lock:
            self._failing = []
        self._free.set()

    def revoke(self):
        with self.lock:
            self.tokens.clear()

    def is_valid(self, headers):
        """Whether a request carries a token that is good now: for Sink.demand()."""
        kind, _, token = headers.get("Authorization", "").partition(" ")
        with self.lock:
            return kind == "Bearer" and self.tokens.get(token, 0) > time.monotonic()

    def wait(self, done, timeout=30):
        """Wait until done(iam), asked whenever a request came or was answered."""
        with self.lock:
            assert self.lock.wait_for(lambda: done(self), timeout), "not within %g s, %d requests" % (
                timeout, self.requests)

    def begin(self):
        with self.lock:
            self.requests += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.lock.notify_all()
        self._free.wait()

    def end(self):
        with self.lock:
            self.at_once -= 1
            self.lock.notify_all()

    def failure(self):
        with self.lock:
            if not self._failing:
                return 0
            return -self._failing[0] if self._failing[0] < 0 else self._failing.pop(0)

    def token_for(self, key):
        """Return what to answer, None for a key nobody knows."""
        with self.lock:
            if key not in self.keys:
                return None
            token = "TOKEN.%d.%s" % (len(self.given) + 1, "x" * 900)
            self.given.append(token)
            self.tokens[token] = time.monotonic() + self.ttl
            return {"access_token": token, "refresh_token": "not_supported", "token_type": "Bearer",
                    "expires_in": self.ttl, "expiration": int(time.time()) + self.ttl, "scope": "ibm openid"}


def fault(handler, body):
    """Return what is wrong with a request, "" when nothing is."""
    form = body.split("&")
    headers = {k.lower(): v for k, v in handler.headers.items()}
    wanted = dict(HEADERS, **{"host": "127.0.0.1:%d" % handler.server.iam.port, "content-length": str(len(body))})
    if handler.path != PATH or handler.request_version != "HTTP/1.1":
        return handler.requestline
    if headers != wanted or len(handler.headers) != len(wanted):
        return "headers: %s" % headers
    if form[1:] != ["grant_type=" + GRANT, "response_type=cloud_iam"] or not form[0].startswith("apikey="):
        return "form: %s" % body
    return ""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        pass

    def do_POST(self):
        iam = self.server.iam
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        iam.begin()
        try:
            self.answer(*self.decide(iam, body))
        except OSError:
            self.close_connection = True
        finally:
            iam.end()

    def decide(self, iam, body):
        wrong, status = fault(self, body), iam.failure()
        if wrong:
            iam.faults.append(wrong)
            return 418, {}
        if status:
            return status, {"errorCode": "BXNIM0000E", "errorMessage": "told to: " + body}
        key = urllib.parse.unquote_plus(body.split("&")[0][len("apikey="):])
        answer = iam.token_for(key)
        if answer:
            return 200, answer
        return 400, {"errorCode": "BXNIM0415E", "errorMessage": "Provided API key %s could not be found." % key,
                     "context": {"requestId": "x"}}

    def answer(self, status, reply):
        text = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
