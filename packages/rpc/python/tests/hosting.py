"""Runs real hosts as child processes, and speaks to them over loopback."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seer_host.messages import Message, parse_message

if TYPE_CHECKING:
    from collections.abc import Generator

SOURCE = str(Path(__file__).parents[1] / "src")
CALL_TOKEN = "call-token-of-the-tests"
ADMIN_TOKEN = "admin-token-of-the-tests"


class Failed(Exception):
    """A call ended with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.error = error
        self.code: str = error["code"]
        self.message: str = error["message"]


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]


class RunningHost:
    """A host that was started for a test."""

    def __init__(self, file: Path, **config: Any) -> None:
        self.file = file
        environment: dict[str, str] = config.pop("env", {})
        settings = {
            "file": str(file),
            "token": CALL_TOKEN,
            "adminToken": ADMIN_TOKEN,
            "exitOnStdinClose": True,
            **config,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "seer_host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": SOURCE, "PYTHONWARNINGS": "error", **environment},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(settings).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate()
            raise RuntimeError(errors.decode())
        started: dict[str, int] = json.loads(line)
        self.port = started["port"]
        self._sockets: list[WebSocket] = []

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = ADMIN_TOKEN,
        headers: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            sent = {} if token is None else {"Authorization": f"Bearer {token}"}
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, data, {**sent, **(headers or {})})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Response(response.status, names, response.read())

    def call(self, function: str, /, *args: Any, **kwargs: Any) -> Any:
        """The result of a call, by way of HTTP; raises Failed."""
        response = self.request("POST", f"/call/{function}", list(args) if args else kwargs)
        return result_of(response)

    def interface(self, wait: float = 60) -> dict[str, Any]:
        response = self.request("GET", f"/interface?wait={wait}")
        answer = response.json
        if response.status != 200:
            raise Failed(answer["error"])
        return answer

    def health(self) -> dict[str, Any]:
        return self.request("GET", "/health").json

    def logs(self, lines: int = 1000) -> str:
        return self.request("GET", f"/logs?lines={lines}").body.decode()

    def socket(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def websocket(self, token: str = CALL_TOKEN) -> WebSocket:
        self._sockets.append(WebSocket(self.socket(), self.port, token))
        return self._sockets[-1]

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        for websocket in self._sockets:
            websocket.close()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        errors = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        # The supervisor itself never has anything to complain of.
        assert errors == ""


def result_of(response: Response) -> Any:
    answer = response.json
    if "error" in answer:
        raise Failed(answer["error"])
    return answer["result"]


class WebSocket:
    """A plain client of the protocol's WebSocket."""

    def __init__(self, end: socket.socket, port: int, token: str) -> None:
        self.end = end
        self._data = bytearray()
        self._ended: dict[str, Message] = {}
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: seer.v1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._data:
            self._more()
        head, _, rest = bytes(self._data).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        self._data = bytearray(rest)
        self.hello = self.receive().header

    def _more(self) -> None:
        data = self.end.recv(1 << 20)
        if not data:
            raise ConnectionError("the host closed the connection")
        self._data += data

    def send(self, header: dict[str, Any], body: Any = None, *, mask: bytes = b"\x12\x34\x56\x78") -> None:
        data = json.dumps(header).encode() + b"\n" + (b"" if body is None else json.dumps(body).encode())
        self.send_frame(1, data, mask=mask)

    def send_frame(self, opcode: int, data: bytes, *, mask: bytes = b"\0\0\0\0", final: bool = True) -> None:
        first = opcode | (0x80 if final else 0)
        size = len(data)
        if size < 126:
            head = bytes((first, 0x80 | size))
        elif size < 65536:
            head = struct.pack("!BBH", first, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", first, 0x80 | 127, size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)) if any(mask) else data
        self.end.sendall(head + mask + masked)

    def receive_frame(self) -> tuple[int, bytes]:
        while True:
            if len(self._data) >= 2:
                size, start = self._data[1] & 0x7F, 2
                if size >= 126:
                    start = 4 if size == 126 else 10
                    size = int.from_bytes(self._data[2:start], "big")
                if len(self._data) >= start + size and len(self._data) >= start:
                    opcode = self._data[0] & 0x0F
                    payload = bytes(self._data[start : start + size])
                    del self._data[: start + size]
                    return opcode, payload
            self._more()

    def receive(self) -> Message:
        """The next message; pings are passed over."""
        while True:
            opcode, payload = self.receive_frame()
            if opcode == 8:
                raise ConnectionError(
                    f"closed with {int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}"
                )
            if opcode in (1, 2):
                return parse_message(payload)

    def receive_op(self, *ops: str) -> Message:
        """The next message of one of these kinds."""
        while True:
            message = self.receive()
            if message.header["op"] in ops:
                return message

    def outcome(self, call_id: str) -> Any:
        """The result of a call, passing over all but the ends of other calls; raises Failed."""
        while call_id not in self._ended:
            message = self.receive_op("result", "error")
            self._ended[message.header["id"]] = message
        message = self._ended.pop(call_id)
        value = value_of(message)
        if message.header["op"] == "error":
            raise Failed(value)
        return value

    def call(self, call_id: str, function: str, arguments: Any = None, **header: Any) -> None:
        self.send({"op": "call", "id": call_id, "function": function, **header}, arguments or {})

    def close(self) -> None:
        self.end.close()


def value_of(message: Message) -> Any:
    return json.loads(bytes(message.json()))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Any, seconds: float = 240) -> None:
    """Waits until something holds, and fails when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@contextlib.contextmanager
def running(file: Path, **config: Any) -> Generator[RunningHost]:
    host = RunningHost(file, **config)
    try:
        yield host
    finally:
        host.close()
