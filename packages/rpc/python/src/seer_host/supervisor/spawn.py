"""Starts worker processes; it imports little, so that the first can start before the rest of the host."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .config import HostConfig

_MAIN = Path(__file__).parents[1] / "worker" / "__main__.py"
_SOURCE = str(Path(__file__).parents[2])

_ARENA_SIZE = 1 << 30
"""Of an arena's addresses. Its memory is what has been used of it."""
_ADD_SEALS = 1033
_SEAL_SEAL, _SEAL_SHRINK, _SEAL_GROW = 1, 2, 4

workers: set[int] = set()
"""The workers that have not been reaped."""


class Spawned(NamedTuple):
    """A worker that was just started, and the sockets to it."""

    process: subprocess.Popen[bytes]
    calls: socket.socket
    control: socket.socket
    arenas: tuple[int, int] | None
    """File descriptors of the memory for large requests and for large results."""


def spawn(config: HostConfig) -> Spawned:
    """Starts a worker; raises OSError."""
    calls, worker_calls = socket.socketpair()
    control, worker_control = socket.socketpair()
    arenas = _create_arenas()
    try:
        for end in (calls, worker_calls):
            # As much as the system allows, so that an array takes few rounds of writing and waking.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        calls.sendall(_first_frame(config))
        process = _popen(config, worker_calls, worker_control, arenas)
    except BaseException:
        calls.close()
        control.close()
        for fd in arenas or ():
            os.close(fd)
        raise
    finally:
        worker_calls.close()
        worker_control.close()
    workers.add(process.pid)
    return Spawned(process, calls, control, arenas)


def _popen(
    config: HostConfig, calls: socket.socket, control: socket.socket, arenas: tuple[int, int] | None
) -> subprocess.Popen[bytes]:
    fds = (calls.fileno(), control.fileno(), *(arenas or ()))
    return subprocess.Popen(
        [config.python, str(_MAIN), str(os.getpid()), *map(str, fds)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=fds,
        env=_environment(),
        start_new_session=True,
    )


def _create_arenas() -> tuple[int, int] | None:
    """Memory to share with a worker, where the system has such."""
    fds: list[int] = []
    try:
        for name in ("seer-requests", "seer-results"):
            fds.append(os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING))
            os.ftruncate(fds[-1], _ARENA_SIZE)
            mmap.mmap(fds[-1], _ARENA_SIZE).close()
            # Whoever looked at what the user's code had cut off would die of it.
            fcntl.fcntl(fds[-1], _ADD_SEALS, _SEAL_SEAL | _SEAL_SHRINK | _SEAL_GROW)
    except (AttributeError, OSError, ValueError):
        for fd in fds:
            os.close(fd)
        return None
    return fds[0], fds[1]


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    # The host's own place on the path is no business of the user's code.
    paths = [
        path for path in environment.pop("PYTHONPATH", "").split(os.pathsep) if path not in ("", _SOURCE)
    ]
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment.setdefault("PYTHONUNBUFFERED", "1")
    return environment


def _first_frame(config: HostConfig) -> bytes:
    """What the worker is to load; it lies in the socket before the worker exists."""
    body = json.dumps(
        {
            "file": config.file,
            "name": config.name,
            "models": list(config.models),
            "path": list(config.path),
            "maxBytes": config.limits.message_bytes,
        }
    ).encode()
    return len(body).to_bytes(4, "little") + body
