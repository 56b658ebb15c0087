"""Starting processes, and reaping every one that ends: its own, and the orphans that it adopts."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Children:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, tuple[subprocess.Popen[bytes], Callable[[int], None]]] = {}

    def start(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        stdin: int,
        stdout: int,
        stderr: int,
        on_exit: Callable[[int], None],
    ) -> subprocess.Popen[bytes]:
        """Starts a process in a session of its own; `on_exit` gets its exit code, or minus its signal."""
        # The lock keeps `reap` from seeing the end of a process that is not in the table yet.
        with self._lock:
            process = subprocess.Popen(
                argv, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
            )
            self._running[process.pid] = (process, on_exit)
            return process

    def reap(self) -> None:
        """Takes note of every process that has ended; to be called after SIGCHLD."""
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
                # Popen must not wait for a process that is reaped already, and whose number may be another's.
                process.returncode = os.waitstatus_to_exitcode(status)
                on_exit(process.returncode)
