"""The standard library's HTTP server, used well: keep-alive, no Nagle, one write for an answer."""

from __future__ import annotations

import json
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from shared import work
from shared.lifeline import announce


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path == "/floats":
            self._answer("application/octet-stream", memoryview(work.FLOATS).cast("B"))
        else:
            self._answer_json({"state": "ok"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/take":
            self._answer_json(len(np.frombuffer(body, np.float32)))
            return
        value = json.loads(body)["value"]
        if self.path == "/nap":
            time.sleep(work.NAP_SECONDS)
        elif self.path == "/hold":
            value = work.hold(value)
        self._answer_json(value)

    def _answer_json(self, value: Any) -> None:
        self._answer("application/json", json.dumps(value).encode())

    def _answer(self, content_type: str, body: bytes | memoryview) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    address_family = socket.AF_INET


server = Server(("127.0.0.1", 0), Handler)
announce(server.server_port)
server.serve_forever()
