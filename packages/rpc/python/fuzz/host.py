"""The host under test: a real one, in its own processes, with limits that are soon reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

TOKEN = "call-token-of-the-fuzzer"
ADMIN_TOKEN = "admin-token-of-the-fuzzer"
MESSAGE_BYTES = 1 << 20
REQUEST_MS = 250

_SOURCE = Path(__file__).parents[1] / "src"
_INTERFACE = Path(__file__).parent / "fixtures" / "interface.py"
# What a program prints that has not foreseen something.
_COMPLAINTS = (
    "Traceback (most recent call last)",
    "was never retrieved",
    "was never awaited",
    "Exception ignored",
    "Fatal error",
)


class HostUnderTest:
    """Starts a host, and looks at it from outside."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "log"
        self._errors: IO[bytes] = (directory / "errors").open("w+b")
        settings: dict[str, Any] = {
            "file": str(_INTERFACE),
            "token": TOKEN,
            "adminToken": ADMIN_TOKEN,
            "exitOnStdinClose": True,
            "log": str(self._log),
            "limits": {
                "queue": 64,
                "connections": 200,
                "messageBytes": MESSAGE_BYTES,
                "keptMs": 1000,
                "keptBytes": 4 << 20,
                "outputBytes": 64 << 10,
                "graceMs": 2000,
                "requestMs": REQUEST_MS,
                "idleMs": 2000,
                "logBytes": 1 << 20,
            },
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "seer_host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": str(_SOURCE), "PYTHONWARNINGS": "error"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(settings).encode() + b"\n")
        self._process.stdin.flush()
        self.port: int = json.loads(self._process.stdout.readline())["port"]
        self.pid = self._process.pid

    def memory(self, worker_pid: int) -> dict[str, int]:
        """The resident memory of both processes, in KiB."""
        return {"supervisor": _resident(self.pid), "worker": _resident(worker_pid)}

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def close(self) -> list[str]:
        """Ends the host; gives what is wrong with how it ended and what it said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        wrong: list[str] = []
        try:
            if status := self._process.wait(15):
                wrong.append(f"the host ended with status {status}")
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            wrong.append("the host did not end")
        self._errors.seek(0)
        if said := self._errors.read().decode("utf-8", "replace").strip():
            wrong.append(f"the supervisor complained:\n{said[-4000:]}")
        self._errors.close()
        for log in (self._log, self._log.with_name(self._log.name + ".1")):
            text = log.read_text("utf-8", "replace") if log.exists() else ""
            lines = [line for line in text.splitlines() if any(words in line for words in _COMPLAINTS)]
            if lines:
                wrong.append("the log complains:\n" + "\n".join(lines[:20]))
        return wrong


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
