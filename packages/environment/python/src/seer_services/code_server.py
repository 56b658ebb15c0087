"""`python -m seer_services.code_server`: code-server behind a password, in a sandbox.

It prints `{"port": N}` when code-server answers. When that does not come up, it shows the end of its log on
standard error and ends.
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
    # Terminals inherit it.
    os.environ["PYTHONPATH"] = settings["pythonPath"]
    for attempt in range(ATTEMPTS):
        # code-server listens by itself, so somebody else may take the port in between.
        with listen(settings["host"], settings["ports"]) as listener:
            host, port = listener.getsockname()
        with open(settings["log"], "ab", opener=private) as log:
            begin = log.tell()
            process = start(settings, f"{host}:{port}", log.fileno())
        if answers(process, port):
            print(json.dumps({"port": port}), flush=True)
            sys.exit(process.wait())
        said = Path(settings["log"]).read_bytes()[begin:].decode(errors="replace")
        if "EADDRINUSE" not in said or attempt == ATTEMPTS - 1:
            process.kill()
            sys.exit(said.strip()[-8192:] or f"it ended with code {process.wait()} and said nothing")


def start(settings: dict[str, Any], address: str, log: int) -> subprocess.Popen[bytes]:
    command = [
        settings["program"],
        "--bind-addr",
        address,
        "--auth",
        "password",
        # One is written, with another password, where none is named.
        "--config",
        "/dev/null",
        "--disable-telemetry",
        "--disable-update-check",
        "--disable-workspace-trust",
        settings["root"],
    ]
    # An argument could be seen by everybody; code-server takes the variable from what its terminals inherit.
    env = {**os.environ, "PASSWORD": settings["password"]}
    env.pop("HASHED_PASSWORD", None)
    env.pop("PORT", None)
    return subprocess.Popen(
        command, cwd=settings["root"], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )


def answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Waits until it answers; False when it ends before, or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    # A proxy that the user has set is not for this.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return True
        except urllib.error.HTTPError:
            # Somebody answers who does not know the question.
            return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    return False


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


if __name__ == "__main__":
    main()
