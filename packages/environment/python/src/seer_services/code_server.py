"""`python -m seer_services.code_server`: runs code-server with a password in a sandbox.

Prints `{"port": N}` when code-server answers. If code-server fails to start, prints the end of its log to
standard error and exits.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from .listen import listen

READY_SECONDS = 45.0
ATTEMPTS = 3


def main() -> None:
    settings: dict[str, Any] = json.load(sys.stdin)
    # Inherited by terminals.
    os.environ["PYTHONPATH"] = settings["pythonPath"]
    for attempt in range(ATTEMPTS):
        # code-server cannot inherit a socket, so another process may take the port meanwhile.
        with listen(settings["host"], settings["ports"]) as listener:
            host, port = listener.getsockname()
        with open(settings["log"], "ab", opener=private) as log:
            begin = log.tell()
            process = start(settings, f"{host}:{port}", log.fileno())
        if wait_until_ready(process, port):
            print(json.dumps({"port": port}), flush=True)
            sys.exit(process.wait())
        output = Path(settings["log"]).read_bytes()[begin:].decode(errors="replace")
        if "EADDRINUSE" not in output or attempt == ATTEMPTS - 1:
            process.kill()
            sys.exit(
                output.strip()[-8192:] or f"code-server exited with code {process.wait()} without output"
            )


def start(settings: dict[str, Any], address: str, log: int) -> subprocess.Popen[bytes]:
    command = [
        settings["program"],
        "--bind-addr",
        address,
        "--auth",
        "password",
        # Otherwise code-server writes a config file with another password.
        "--config",
        "/dev/null",
        "--disable-telemetry",
        "--disable-update-check",
        "--disable-workspace-trust",
        settings["root"],
    ]
    # Not an argument, which other users could read; code-server hides the variable from its terminals.
    env = {**os.environ, "PASSWORD": settings["password"]}
    env.pop("HASHED_PASSWORD", None)
    env.pop("PORT", None)
    return subprocess.Popen(
        command, cwd=settings["root"], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    """Waits until code-server answers; False if it exits first or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    # Ignore the user's proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return True
        except urllib.error.HTTPError:
            # The server answers, but has no such page.
            return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    return False


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


if __name__ == "__main__":
    main()
