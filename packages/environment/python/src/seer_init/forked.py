"""Runs a Python program in a fork of init, so that it is hidden from the sandbox from its first instruction.

Until a program that was started by exec has hidden itself, other processes can open its memory, and an open
`/proc/PID/mem` stays writable. A fork of a hidden process is hidden.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO, NoReturn


class Forked:
    """A running program, with the attributes of `subprocess.Popen` that `Command` uses."""

    def __init__(self, program: str, descriptor: int, *, cwd: str, env: Mapping[str, str]) -> None:
        pipes = [os.pipe() for _ in range(3)]
        (stdin, feed), (read_stdout, stdout), (read_stderr, stderr) = pipes
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _run(program, (stdin, stdout, stderr), descriptor, cwd, env)
        for end in (stdin, stdout, stderr):
            os.close(end)
        self.stdin: IO[bytes] | None = os.fdopen(feed, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(read_stdout, "rb", buffering=0)
        self.stderr: IO[bytes] | None = os.fdopen(read_stderr, "rb", buffering=0)


def _run(
    program: str, streams: tuple[int, int, int], descriptor: int, cwd: str, env: Mapping[str, str]
) -> NoReturn:
    code = 1
    try:
        # Signals must not be written to a pipe that is about to be closed.
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, descriptor)
        os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        sys.argv = [program]
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", 1)
        import runpy

        runpy.run_path(program, run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        # The rest of init's stack must not run in this process.
        os._exit(code)
