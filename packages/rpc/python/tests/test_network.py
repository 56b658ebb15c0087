"""Connecting network namespaces."""

from __future__ import annotations

import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[1] / "src"

# The loopback interface gets its address as it goes up.
GO_UP = """
import fcntl, socket, struct, sys
print("made", flush=True)
sys.stdin.readline()
request = struct.pack("16sh14x", b"lo", 0x1)
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, request)
sys.stdin.readline()
"""


@pytest.fixture
def namespace() -> Iterator[subprocess.Popen[bytes]]:
    """A process in a network namespace of its own, whose loopback interface goes up once it reads a line."""
    command = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-I", "-c", GO_UP]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b"made\n":
            pytest.skip("no network namespace can be made here")
        yield process
        process.kill()


def test_a_namespace_is_connected_only_once_its_loopback_interface_is_up(
    namespace: subprocess.Popen[bytes],
) -> None:
    program = str(SOURCE / "seer_network" / "__main__.py")
    command = [sys.executable, "-I", "-S", program, str(namespace.pid), "", "8000", ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as connecting:
        assert connecting.stdout is not None
        assert namespace.stdin is not None
        assert select.select([connecting.stdout], [], [], 0.5)[0] == []
        namespace.stdin.write(b"up\n")
        namespace.stdin.flush()
        assert connecting.stdout.readline() == b"ready\n"
        connecting.kill()
