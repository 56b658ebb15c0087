"""`seer_init` as the first process of a container, reached through the bridge."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from init_process import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Container:
    """An init process, and a bridge to it for each request."""

    def __init__(self, directory: Path, *, lease_ms: int = 60_000, timeout_ms: int = 60_000) -> None:
        self.socket = directory / "run" / "init.sock"
        settings = {
            "id": "test",
            "cwd": str(directory),
            "env": {"GREETING": "hello"},
            "inheritEnv": True,
            "leaseMs": lease_ms,
            "timeoutMs": timeout_ms,
            "adoptOrphans": True,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-m", "seer_init", str(self.socket), json.dumps(settings)],
            cwd=SOURCE,
            env={"OWN": "secret", "PATH": "/usr/bin:/bin"},
        )

    def bridge(self) -> subprocess.Popen[bytes]:
        script = str(SOURCE / "seer_init" / "bridge.py")
        return subprocess.Popen(
            [sys.executable, "-I", "-S", script, str(self.socket)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def request(self, op: str, *more: tuple[bytes, bytes], **rest: Any) -> list[tuple[bytes, bytes]]:
        """Returns all frames of the answer."""
        sent = [(b"R", json.dumps({"op": op, **rest}).encode()), *more]
        frames: list[tuple[bytes, bytes]] = []
        with self.bridge() as bridge:
            assert bridge.stdin is not None
            assert bridge.stdout is not None
            bridge.stdin.write(b"".join(struct.pack(">cI", kind, len(data)) + data for kind, data in sent))
            bridge.stdin.flush()
            while not frames or frames[-1][0] not in b"XF":
                kind, length = struct.unpack(">cI", bridge.stdout.read(5))
                frames.append((kind, bridge.stdout.read(length)))
            bridge.stdin.close()
            assert bridge.stdout.read() == b""
        return frames


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    container = Container(tmp_path)
    yield container
    container.process.kill()
    container.process.wait(10)


def test_a_bridge_waits_for_the_first_process_and_ends_with_its_answer(container: Container) -> None:
    frames = container.request("exec", argv=["sh", "-c", "echo $GREETING $OWN"])
    assert [kind for kind, _ in frames] == [b"S", b"O", b"X"]
    assert frames[1][1] == b"hello secret\n"


def test_only_the_sandbox_user_reaches_it(container: Container) -> None:
    container.request("status")
    assert container.socket.parent.stat().st_mode & 0o777 == 0o700


def test_a_bridge_transfers_more_than_a_pipe_buffer(container: Container, tmp_path: Path) -> None:
    data = bytes(range(256)) * 32_000
    pieces = [(b"I", data[start : start + 65_536]) for start in range(0, len(data), 65_536)]
    path = str(tmp_path / "file")
    assert container.request("write", *pieces, (b"C", b""), path=path)[-1][0] == b"X"
    assert b"".join(piece for kind, piece in container.request("read", path=path) if kind == b"O") == data


def test_a_command_ends_with_the_input_of_its_bridge(container: Container) -> None:
    bridge = container.bridge()
    assert bridge.stdin is not None
    assert bridge.stdout is not None
    argv = ["sh", "-c", "trap 'touch ended; exit' TERM; sleep 60 & wait"]
    request = json.dumps({"op": "exec", "argv": argv}).encode()
    bridge.stdin.write(struct.pack(">cI", b"R", len(request)) + request)
    bridge.stdin.flush()
    assert bridge.stdout.read(1) == b"S"
    bridge.stdin.close()
    assert bridge.wait(5) == 0
    bridge.stdout.close()
    deadline = time.monotonic() + 5
    while not (container.socket.parent.parent / "ended").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("limits", "code"), [({"timeout_ms": 300}, 80), ({"lease_ms": 300}, 82), ({}, 0)], ids=str
)
def test_exit_code_says_why_it_ended(tmp_path: Path, limits: dict[str, int], code: int) -> None:
    container = Container(tmp_path, **limits)
    if not limits:
        container.request("terminate")
    assert container.process.wait(5) == code


def test_replaces_the_socket_that_came_with_a_snapshot(container: Container) -> None:
    container.request("status")
    container.process.kill()
    container.process.wait(5)
    assert container.socket.exists()
    again = Container(container.socket.parent.parent)
    time.sleep(0.2)
    assert again.request("status")[0][0] == b"X"
    again.process.kill()
    again.process.wait(5)
