# SPDX-License-Identifier: Apache-2.0
"""A real browser without a screen, and a way to a socket in the file system as ssh -L makes it.

    with Tunnel(folder / "status.sock") as tunnel, Browser() as browser:
        page = browser.page(width=390, dark=True)
        page.open(tunnel.url + "/")
        page.ask("document.title")          the value of an expression
        page.screenshot(path)

It is spoken to over two pipes, in JSON (chromedevtools.github.io/devtools-protocol; --remote-debugging-pipe).
"""
import base64
import json
import os
import select
import socket
import subprocess
import tempfile
import threading
import time

from lib.process import environment

BOUND = 60          # seconds for an answer: on a busy machine the browser alone takes some to start


class BrowserFailed(AssertionError):
    """The browser did not do what the test wanted."""


class Browser:
    """A process of chromium with a profile of its own."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        to_browser, self.to = os.pipe()
        self.of, of_browser = os.pipe()
        command = ["chromium", "--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run",
                   "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                   "--disable-sync", "--hide-scrollbars", "--disable-dev-shm-usage", "--no-proxy-server",
                   "--user-data-dir=" + self.profile.name] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        # It reads descriptor 3 and writes descriptor 4.
        shell = 'exec 3<&%d 4>&%d; exec "$@"' % (to_browser, of_browser)
        self.errors = open(os.path.join(self.profile.name, "stderr"), "wb")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["bash", "-c", shell, "bash"] + command, pass_fds=(to_browser, of_browser),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
                                        env=environment({"HOME": self.profile.name}))
        os.close(to_browser)
        os.close(of_browser)
        self.text, self.count, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *args):
        try:
            self.call("Browser.close")
            self.process.wait(BOUND)
        except (BrowserFailed, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.of)
        self.errors.close()
        self.profile.cleanup()

    def _message(self, until):
        """Return the next message, which ends with a NUL."""
        while b"\0" not in self.text:
            if not select.select([self.of], [], [], max(0, until - time.monotonic()))[0]:
                raise BrowserFailed("the browser says nothing for %d s" % BOUND)
            piece = os.read(self.of, 1 << 20)
            if not piece:
                raise BrowserFailed("the browser has ended with %s" % self.process.wait())
            self.text += piece
        message, _, self.text = self.text.partition(b"\0")
        return json.loads(message)

    def call(self, method, session=None, **params):
        """Call a method and return its result; events that come meanwhile are kept."""
        self.count += 1
        request = {"id": self.count, "method": method, "params": params}
        if session:
            request["sessionId"] = session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        until = time.monotonic() + BOUND
        while True:
            message = self._message(until)
            if message.get("id") == self.count:
                if "error" in message:
                    raise BrowserFailed("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)

    def wait(self, session, name):
        """Wait for an event of a session, passing over others; returns its parameters."""
        until = time.monotonic() + BOUND
        while True:
            message = self.events.pop(0) if self.events else self._message(until)
            if message.get("method") == name and message.get("sessionId") == session:
                return message["params"]

    def page(self, **looks):
        return Page(self, **looks)


class Page:
    """A tab of a size, light or dark, with scripts of pages or without."""

    def __init__(self, browser, width=1280, height=900, dark=False, scripts=True):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.target = target
        self.call("Page.enable")
        self.call("Network.enable")
        self.call("Log.enable")
        self.call("Runtime.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def open(self, url):
        """Go there and wait until it is loaded."""
        self.browser.events.clear()
        failed = self.call("Page.navigate", url=url).get("errorText")
        if failed:
            raise BrowserFailed("%s: %s" % (url, failed))
        self.loaded()

    def loaded(self):
        self.browser.wait(self.session, "Page.loadEventFired")

    def ask(self, expression):
        """Return the value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise BrowserFailed("%s: %s" % (expression, result["exceptionDetails"]))
        return result["result"].get("value")

    def click(self, selector):
        """Click on an element, as a mouse does, and wait for the page that this leads to."""
        self.browser.events.clear()
        self.ask("document.querySelector(%s).scrollIntoView({block: 'center'})" % json.dumps(selector))
        box = self.ask("(function(){var r=document.querySelector(%s).getBoundingClientRect();"
                       "return [r.x + r.width / 2, r.y + r.height / 2]})()" % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)
        self.loaded()

    def type(self, selector, text):
        self.ask("document.querySelector(%s).focus()" % json.dumps(selector))
        self.call("Input.insertText", text=text)

    def screenshot(self, path, whole=False):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        """Return what the browser has complained of since the page was opened: violations of the policy, errors."""
        self.ask("0")       # what was said before has come then
        return [event["params"] for event in self.browser.events
                if event.get("sessionId") == self.session and
                event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")]


class Tunnel:
    """A TCP port of this machine that leads to a socket in the file system."""

    def __init__(self, path):
        self.path = str(path)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = "http://localhost:%d" % self.port
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near):
        with near, socket.socket(socket.AF_UNIX) as far:
            try:
                far.connect(self.path)
                to = {near: far, far: near}
                while True:
                    for side in select.select(list(to), [], [], BOUND)[0]:
                        piece = side.recv(1 << 16)
                        if not piece:
                            return
                        to[side].sendall(piece)
            except OSError:
                return
