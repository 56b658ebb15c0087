"""Starts worker processes.

It imports little, so that the first worker can start before the rest of the host is imported.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .config import HostConfig

_MAIN = Path(__file__).parents[1] / "worker" / "__main__.py"
_SOURCE = str(Path(__file__).parents[2])

_REGION_SIZE = 1 << 30
"""Only reserves address space: pages take memory once they are used."""
_ADD_SEALS = 1033
_SEAL_SEAL, _SEAL_SHRINK, _SEAL_GROW = 1, 2, 4

workers: set[int] = set()
"""The PIDs of workers that have not been reaped."""
workers_lock = threading.Lock()
"""Held while a worker starts, because a child that is not in `workers` counts as an orphan."""


class Spawned(NamedTuple):
    """A worker that was just started, and the sockets to it."""

    process: subprocess.Popen[bytes]
    calls: socket.socket
    control: socket.socket
    regions: tuple[int, int] | None
    """File descriptors of the memory for large requests and for large results."""
    source: bytes | None
    """The source of the file; None when it cannot be read, which the worker reports."""
    unsent: bytes
    """The rest of the first messages, for which the socket's buffer was too small."""


def read_source(file: str) -> bytes | None:
    with contextlib.suppress(OSError), open(file, "rb") as source:
        return source.read()
    return None


def spawn(config: HostConfig, source: bytes | None) -> Spawned:
    """Starts a worker that loads this source; raises OSError."""
    calls, worker_calls = socket.socketpair()
    control, worker_control = socket.socketpair()
    regions = _create_regions()
    try:
        for end in (calls, worker_calls):
            # As large as the system allows, so that sending an array takes few system calls.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        calls.setblocking(False)
        # Sent before the worker starts, so that it need not wait for the supervisor.
        first = _first_frames(config, source)
        unsent = first[calls.send(first) :]
        with workers_lock:
            process = _popen(config, worker_calls, worker_control, regions)
            workers.add(process.pid)
    except BaseException:
        calls.close()
        control.close()
        for fd in regions or ():
            os.close(fd)
        raise
    finally:
        worker_calls.close()
        worker_control.close()
    return Spawned(process, calls, control, regions, source, unsent)


def _popen(
    config: HostConfig, calls: socket.socket, control: socket.socket, regions: tuple[int, int] | None
) -> subprocess.Popen[bytes]:
    fds = (calls.fileno(), control.fileno(), *(regions or ()))
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


def _create_regions() -> tuple[int, int] | None:
    """Creates the memory to share with a worker; None where the system does not support it."""
    fds: list[int] = []
    try:
        for name in ("seer-requests", "seer-results"):
            fds.append(os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING))
            os.ftruncate(fds[-1], _REGION_SIZE)
            mmap.mmap(fds[-1], _REGION_SIZE).close()
            # If user code truncated the file, reading it would kill the supervisor with SIGBUS.
            fcntl.fcntl(fds[-1], _ADD_SEALS, _SEAL_SEAL | _SEAL_SHRINK | _SEAL_GROW)
    except (AttributeError, OSError, ValueError):
        for fd in fds:
            os.close(fd)
        return None
    return fds[0], fds[1]


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    # The user's code must not find the host's modules.
    paths = [
        path for path in environment.pop("PYTHONPATH", "").split(os.pathsep) if path not in ("", _SOURCE)
    ]
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment.setdefault("PYTHONUNBUFFERED", "1")
    return environment


def _first_frames(config: HostConfig, source: bytes | None) -> bytes:
    """The settings of the worker, followed by the source if it could be read."""
    settings = {
        "file": config.file,
        "name": config.name,
        "models": list(config.models),
        "path": list(config.path),
        "maxBytes": config.limits.message_bytes,
        "hasSource": source is not None,
    }
    frames = (json.dumps(settings).encode(), *(() if source is None else (source,)))
    return b"".join(len(frame).to_bytes(4, "little") + frame for frame in frames)
