"""`python -m seer_services.jupyter`: runs a sandbox's Jupyter server.

Prints `{"port": N}` when it is ready; later output goes to its log. If it fails to start, prints the reason
to standard error and exits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from .listen import listen

# An optional format checker whose import takes longer than the rest of the start.
sys.modules["rfc3987_syntax"] = None  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Settings:
    token: str
    host: str
    #: Empty for any port.
    ports: list[int]
    #: Whether requests come through a tunnel, and so with another host name.
    remote: bool
    #: The server's root directory and the kernels' working directory.
    root: str
    log: str
    #: The command of a kernel, without its arguments.
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
    # Inherited by kernels.
    os.environ["PYTHONPATH"] = settings.python_path
    os.chdir(settings.root)
    # Libraries are installed here later; Python caches that a path entry does not exist.
    os.makedirs("lib", exist_ok=True)
    check = subprocess.Popen(
        [*settings.kernel, "--check"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    listener = listen(settings.host, settings.ports)
    # Imported while the check runs, because it takes most of the start.
    from .jupyter_app import SandboxServer

    app = SandboxServer.of(settings, listener)
    output, _ = check.communicate()
    if check.returncode != 0:
        sys.exit(f"Kernels cannot start:\n{output.strip()}")
    app.run(on_ready=lambda: announce(listener.getsockname()[1], settings.log))


def announce(port: int, log: str) -> None:
    print(json.dumps({"port": port}), flush=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


if __name__ == "__main__":
    main()
