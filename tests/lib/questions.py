# SPDX-License-Identifier: Apache-2.0
"""A topology that is asked: it answers every question with nothing, soon, save those with a word in them that hang.

    with Questions("hang") as analyzer:
        ... {"analyzers": [analyzer.address], "topology": {"mode": "rest"}}
"""
import collections
import http.server
import threading


class Questions:
    """Listens on a free port at once, until it is left, and that ends every question that hangs.

    delay: seconds before an answer.
    """

    def __init__(self, hangs, delay=0):
        self.hangs = hangs.encode()
        self.delay = delay
        self.asked = collections.Counter()      # "hangs" or "answered" -> questions
        self.lock = threading.Lock()
        self.free = threading.Event()
        self._server = Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.address = "127.0.0.1:%d" % self._server.server_address[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, questions):
        self.questions = questions
        super().__init__(address, Handler)

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        questions = self.server.questions
        hangs = questions.hangs in body
        with questions.lock:
            questions.asked["hangs" if hangs else "answered"] += 1
        if questions.free.wait(None if hangs else questions.delay):
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")
