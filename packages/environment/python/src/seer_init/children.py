"""Starts processes, and reaps them and adopted orphans."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING

from .forked import Forked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Children:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, tuple[subprocess.Popen[bytes] | Forked, Callable[[int], None]]] = {}

    def start(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        stdin: int,
        stdout: int,
        stderr: int,
        pass_fds: Sequence[int] = (),
        on_exit: Callable[[int], None],
    ) -> subprocess.Popen[bytes]:
        """Starts a process in its own session; `on_exit` gets its exit code, or minus the signal number."""
        # Locked so that `reap` cannot collect the process before it is registered.
        with self._lock:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                pass_fds=pass_fds,
                start_new_session=True,
            )
            self._running[process.pid] = (process, on_exit)
            return process

    def fork(
        self,
        program: str,
        descriptor: int,
        *,
        cwd: str,
        env: Mapping[str, str],
        on_exit: Callable[[int], None],
    ) -> Forked:
        """Runs a Python program in a fork of this process, in its own session and with this descriptor."""
        with self._lock:
            process = Forked(program, descriptor, cwd=cwd, env=env)
            self._running[process.pid] = (process, on_exit)
            return process

    def reap(self) -> None:
        """Reaps every process that has ended; call after SIGCHLD."""
        while True:
            with self._lock:
                try:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    return
                if pid == 0:
                    return
                known = self._running.pop(pid, None)
            if known is not None:
                process, on_exit = known
                # Keep Popen from waiting for a PID that has been reaped and may be reused.
                process.returncode = os.waitstatus_to_exitcode(status)
                on_exit(process.returncode)
