"""`python -m seer_services.jupyter`: a sandbox's Jupyter server.

It prints `{"port": N}` when it answers, and only writes to its log afterwards. When it cannot come up, it
says why on standard error and ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from .listen import listen

# Building its grammar takes longer than all the rest of the start; it checks a format that nobody asks for.
sys.modules["rfc3987_syntax"] = None  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Settings:
    token: str
    host: str
    #: Any when empty.
    ports: list[int]
    #: Whether requests come through a tunnel, so under another host's name.
    remote: bool
    #: What the server shows, and where kernels begin.
    root: str
    log: str
    #: The command of a kernel, to be followed by its arguments.
    kernel: list[str]
    #: The PYTHONPATH of kernels.
    python_path: str

    @staticmethod
    def read() -> Settings:
        value: dict[str, Any] = json.load(sys.stdin)
        return Settings(
            token=value["token"],
            host=value["host"],
            ports=value["ports"],
            remote=value["remote"],
            root=value["root"],
            log=value["log"],
            kernel=value["kernel"],
            python_path=value["pythonPath"],
        )


def main() -> None:
    settings = Settings.read()
    # Kernels inherit both.
    os.environ["PYTHONPATH"] = settings.python_path
    os.chdir(settings.root)
    # Where libraries are put; Python does not look again for a directory that was not there at first.
    os.makedirs("lib", exist_ok=True)
    check = subprocess.Popen(
        [*settings.kernel, "--check"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    listener = listen(settings.host, settings.ports)
    # What it imports takes most of the time of the start, in which the check is made.
    from .jupyter_app import SandboxServer

    app = SandboxServer.of(settings, listener)
    said, _ = check.communicate()
    if check.returncode != 0:
        sys.exit(f"Kernels cannot start:\n{said.strip()}")
    app.run(on_ready=lambda: announce(listener.getsockname()[1], settings.log))


def announce(port: int, log: str) -> None:
    print(json.dumps({"port": port}), flush=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


if __name__ == "__main__":
    main()
