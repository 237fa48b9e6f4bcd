"""What all tests need: the package imported first, Ctrl-C heard, and a stand-in for servers.

Pytest would take a checkout of the same name for the package.
"""

from __future__ import annotations

import re
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import hsi_film_plugin  # noqa: F401

# A run in the background may begin with Ctrl-C ignored, which children would inherit: the tests
# that interrupt a process need it to be heard. Handlers, unlike ignored signals, end with exec.
signal.signal(signal.SIGINT, signal.default_int_handler)


class FileServer(ThreadingHTTPServer):
    """Serves what is in `files`, as well or as badly as the test wants."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.tags = {}
        self.redirections = {}
        self.ranges = True
        self.break_after = None
        self.lengths = True
        self.requests = []

    def address(self, name):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    @property
    def asked_ranges(self):
        return [headers.get("Range") for _, headers in self.requests]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        name = self.path.lstrip("/")
        server.requests.append((name, dict(self.headers)))
        if name in server.redirections:
            self.send_response(302)
            self.send_header("Location", server.redirections[name])
            self.end_headers()
            return
        if name not in server.files:
            self.send_error(404)
            return
        content, tag = server.files[name], server.tags.get(name, "")
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = 0
        if server.ranges and span and self.headers.get("If-Range") == tag:
            start = int(span.group(1))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if tag:
            self.send_header("ETag", tag)
        if server.lengths:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        if server.break_after is not None:
            rest = rest[: server.break_after]
        self.wfile.write(rest)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with FileServer() as standing_in:
        thread = threading.Thread(target=standing_in.serve_forever, args=(0.01,))
        thread.start()
        yield standing_in
        standing_in.shutdown()
        thread.join()
