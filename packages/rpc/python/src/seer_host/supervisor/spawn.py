"""Starts worker processes; it imports little, so that the first can start before the rest of the host."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .config import HostConfig

_MAIN = Path(__file__).parents[1] / "worker" / "__main__.py"
_SOURCE = str(Path(__file__).parents[2])

workers: set[int] = set()
"""The workers that have not been reaped."""


class Spawned(NamedTuple):
    """A worker that was just started, and the sockets to it."""

    process: subprocess.Popen[bytes]
    calls: socket.socket
    control: socket.socket


def spawn(config: HostConfig) -> Spawned:
    """Starts a worker; raises OSError."""
    calls, worker_calls = socket.socketpair()
    control, worker_control = socket.socketpair()
    try:
        for end in (calls, worker_calls):
            # As much as the system allows, so that an array takes few rounds of writing and waking.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        calls.sendall(_first_frame(config))
        process = _popen(config, worker_calls, worker_control)
    except BaseException:
        calls.close()
        control.close()
        raise
    finally:
        worker_calls.close()
        worker_control.close()
    workers.add(process.pid)
    return Spawned(process, calls, control)


def _popen(config: HostConfig, calls: socket.socket, control: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [config.python, str(_MAIN), str(calls.fileno()), str(control.fileno()), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=(calls.fileno(), control.fileno()),
        env=_environment(),
        start_new_session=True,
    )


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
