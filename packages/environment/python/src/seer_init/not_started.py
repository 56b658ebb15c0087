"""Explains why a command could not be started."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .requests import Request


def why_not_started(error: OSError, request: Request, cwd: str, env: Mapping[str, str]) -> tuple[str, str]:
    """Returns an error code and a message."""
    if error.errno == errno.E2BIG:
        return "bad-request", _too_long(request.argv, env)
    if not os.path.isdir(cwd):
        problem = "is not a directory" if os.path.exists(cwd) else "does not exist"
        return "not-found", f"The working directory {cwd} {problem}"
    if not os.access(cwd, os.X_OK):
        return "not-permitted", f"The working directory {cwd} cannot be entered: permission denied"
    program = request.argv[0] if request.argv else "bash"
    if error.errno == errno.ENOENT:
        where = "does not exist" if "/" in program else "is not installed: it was not found on the PATH"
        # ENOENT for a file that exists means that its interpreter does not.
        if "/" in program and os.path.exists(os.path.join(cwd, program)):
            where = "needs an interpreter that does not exist (its first line names it)"
        return "not-found", f"The program {program} {where}"
    if error.errno == errno.EACCES:
        kind = "a directory" if os.path.isdir(os.path.join(cwd, program)) else "not executable"
        return "not-permitted", f"The program {program} is {kind}"
    if error.errno == errno.ENOEXEC:
        return (
            "failed",
            f"The file {program} is neither a program nor a script with a first line such as #!/bin/sh",
        )
    return "failed", f"{program} cannot be started: {error.strerror or error}"


def _too_long(argv: list[str], env: Mapping[str, str]) -> str:
    # Linux's limit for one argument or variable, minus the terminating zero byte.
    longest = 32 * os.sysconf("SC_PAGESIZE") - 1
    parts = [(f"item {index} of the command", item) for index, item in enumerate(argv)]
    parts += [(f"the variable {name}", f"{name}={value}") for name, value in env.items()]
    for what, text in parts:
        if (size := len(os.fsencode(text))) > longest:
            return f"{what} has {size} bytes, but the system allows at most {longest}"
    total = sum(len(os.fsencode(text)) + 1 for _, text in parts)
    return f"the command and its variables have {total} bytes together, more than the system allows"
