"""A real init process without isolation, and a client for it."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

SOURCE = Path(__file__).parent.parent / "src"


class Client:
    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        self.socket.sendall(struct.pack(">cI", kind, len(payload)) + payload)

    def request(self, op: str, **rest: Any) -> Client:
        self.send(b"R", json.dumps({"op": op, **rest}).encode())
        return self

    def read(self) -> tuple[bytes, bytes]:
        kind, length = struct.unpack(">cI", self._exactly(5))
        return kind, self._exactly(length)

    def read_json(self, expected: bytes) -> dict[str, Any]:
        kind, payload = self.read()
        assert kind == expected, (kind, payload)
        return json.loads(payload)

    def finish(self) -> dict[str, Any]:
        """Reads all frames until the result."""
        output: dict[str, Any] = {"stdout": b"", "stderr": b""}
        while True:
            kind, payload = self.read()
            if kind in (b"O", b"E"):
                output["stdout" if kind == b"O" else "stderr"] += payload
            elif kind == b"X":
                self.close()
                return {**output, **json.loads(payload)}
            elif kind == b"F":
                self.close()
                return {"failure": json.loads(payload)}

    def close(self) -> None:
        self.socket.close()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


class InitProcess:
    def __init__(
        self,
        directory: Path,
        *,
        lease_ms: int = 60_000,
        timeout_ms: int | None = 60_000,
        timeout_reason: str = "timeout",
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        self.directory = directory
        self._clients: list[Client] = []
        self.path = directory / "init.sock"
        ready, writer = os.pipe()
        info = directory / "init.json"
        settings = {
            "id": "test",
            "cwd": str(directory),
            "env": {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "GREETING": "hello"},
            "leaseMs": lease_ms,
            "timeoutMs": timeout_ms,
            "timeoutReason": timeout_reason,
            "endReasonFile": str(directory / "end-reason"),
            "adoptOrphans": True,
        }
        command = [sys.executable, "-m", "seer_init", "4"]
        self.process = subprocess.Popen(
            [
                "bash",
                "-c",
                f'exec "$0" "$@" 3>&{writer} {writer}>&-',
                *[sys.executable, str(SOURCE / "seer_init" / "launch.py")],
                *[str(self.path), str(info), "self", "0", *command],
            ],
            stdin=subprocess.PIPE,
            pass_fds=[writer, *pass_fds],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        os.close(writer)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(settings).encode())
        self.process.stdin.close()
        with os.fdopen(ready) as closed:
            assert closed.read() == ""
        assert self.client().request("status").finish()["id"] == "test"
        assert json.loads(info.read_text()) == {"child-pid": self.process.pid}

    def client(self) -> Client:
        self._clients.append(Client(self.path))
        return self._clients[-1]

    def exec(self, *argv: str, **rest: Any) -> Client:
        return self.client().request("exec", argv=list(argv), **rest)

    def __enter__(self) -> InitProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()
        self.process.terminate()
        self.process.wait(10)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pid: int, *, within: float = 5) -> bool:
    deadline = time.monotonic() + within
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
