"""Real hosts to call."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

package = Path(__file__).parents[2]
TOKEN = "t" * 40
ADMIN_TOKEN = "a" * 40


@dataclass
class Host:
    """A real host of an interface file."""

    port: int
    process: subprocess.Popen[str]
    token: str = TOKEN

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def health(self) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/health", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)


@contextlib.contextmanager
def serve(file: Path) -> Generator[Host]:
    config = {"file": str(file), "token": TOKEN, "adminToken": ADMIN_TOKEN, "exitOnStdinClose": True}
    environment = {**os.environ, "PYTHONPATH": str(package.parent / "rpc" / "python" / "src")}
    command = [sys.executable, "-m", "seer_host"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{json.dumps(config)}\n")
        process.stdin.flush()
        try:
            yield Host(json.loads(process.stdout.readline())["port"], process)
        finally:
            # Ends the host.
            process.stdin.close()
            process.wait(20)
