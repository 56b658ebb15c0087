"""A run: many inputs at a time, with ordinary calls in between, and a look at the host before and after."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import frames, requests
from .host import ADMIN_TOKEN, TOKEN, HostUnderTest
from .wire import PATIENCE_S, Finding, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

FAMILIES: tuple[tuple[int, Callable[[random.Random, int], Coroutine[Any, Any, None]]], ...] = (
    (4, requests.hello),
    (20, requests.request),
    (14, requests.mutated),
    (20, requests.call),
    (4, requests.in_pieces),
    (6, requests.broken_off),
    (4, frames.handshake),
    (16, frames.messages),
    (12, frames.frames),
    (6, frames.broken_off),
    (1, frames.unread),
)
_AT_ONCE = 16
_WARM_UP = 0.2
"""The share of the inputs after which memory is looked at for the first time."""
_GROWTH_KIB = 24 * 1024
_MAX_FINDINGS = 10


class Memory(NamedTuple):
    """What the processes held after the warm-up, and at the end, in KiB."""

    warm: dict[str, int]
    end: dict[str, int]

    @property
    def growth(self) -> int:
        return max(self.end[name] - self.warm[name] for name in self.warm)


class Report(NamedTuple):
    inputs: int
    seconds: float
    by_family: dict[str, int]
    ordinary_calls: int
    slowest_ms: float
    memory: Memory | None
    findings: list[str]


def run(inputs: Iterable[int], seed: int, *, check_memory: bool = True) -> Report:
    """Throws the inputs of these numbers; each depends on the seed and its number alone."""
    with tempfile.TemporaryDirectory(prefix="seer-fuzz-") as directory:
        host = HostUnderTest(Path(directory))
        wrong: list[str] = []
        try:
            report = asyncio.run(_Run(host, list(inputs), seed, check_memory).run())
        finally:
            wrong = host.close()
        return report._replace(findings=report.findings + wrong)


class _Run:
    def __init__(self, host: HostUnderTest, inputs: list[int], seed: int, check_memory: bool) -> None:
        self._host = host
        self._inputs = inputs
        self._seed = seed
        self._check_memory = check_memory
        self._families: dict[str, int] = {}
        self._findings: list[str] = []
        self._ordinary = 0
        self._slowest = 0.0

    async def run(self) -> Report:
        await self._get("/interface?wait=30")
        worker = (await self._health())["workerPid"]
        files = self._host.open_files()
        began = time.monotonic()
        ordinary = asyncio.ensure_future(self._make_ordinary_calls())
        warm = int(len(self._inputs) * _WARM_UP)
        await self._throw(self._inputs[:warm])
        before = await self._settled(worker)
        await self._throw(self._inputs[warm:])
        ordinary.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ordinary
        memory = Memory(before, await self._settled(worker))
        seconds = time.monotonic() - began
        health = await self._health()
        if health["workerPid"] != worker or health["restarts"]:
            log = (
                (await self._raw("GET /logs?lines=10000 HTTP/1.1\r\n", ADMIN_TOKEN, b""))
                .decode()
                .splitlines()
            )
            ends = [i for i, line in enumerate(log) if "worker ended" in line or "killing" in line]
            lines = "\n".join(line for i in ends for line in log[max(i - 10, 0) : i + 1])
            self._findings.append(f"the worker died: {health}\n{lines}")
        if (health["running"], health["waiting"]) != (0, 0):
            calls = (await self._get("/calls"))["calls"]
            running = [call for call in calls if call["state"] in ("running", "waiting")]
            self._findings.append(f"calls never ended: {health}\n{running[:5]}")
        if (still := self._host.open_files()) > files + 8:
            self._findings.append(f"{still} files are open, {files} were at first")
        if self._check_memory and memory.growth > _GROWTH_KIB:
            self._findings.append(f"memory has grown: {memory}")
        return Report(
            len(self._inputs),
            seconds,
            self._families,
            self._ordinary,
            self._slowest * 1000,
            memory,
            self._findings,
        )

    async def _throw(self, numbers: list[int]) -> None:
        left = iter(numbers)
        await asyncio.gather(*(self._throw_each(left) for _ in range(_AT_ONCE)))

    async def _throw_each(self, numbers: Iterable[int]) -> None:
        weights = [weight for weight, _ in FAMILIES]
        for number in numbers:
            if len(self._findings) >= _MAX_FINDINGS:
                return
            chance = random.Random(f"{self._seed}:{number}")
            ((_, family),) = chance.choices(FAMILIES, weights)
            name = f"{family.__module__.rpartition('.')[2]}.{family.__qualname__}"
            self._families[name] = self._families.get(name, 0) + 1
            try:
                await asyncio.wait_for(family(chance, self._host.port), PATIENCE_S * 4)
            except (Finding, OSError, asyncio.TimeoutError) as finding:
                self._findings.append(f"input {number} ({name}): {type(finding).__name__}: {finding}")

    async def _make_ordinary_calls(self) -> None:
        """What any client would do meanwhile must go on working."""
        for i in itertools.count():
            began = time.monotonic()
            try:
                answer = await self._post("/call/add", [i, 1])
                if answer.get("result") != i + 1 and answer["error"]["code"] != "queue-full":
                    self._findings.append(f"an ordinary call was answered with {answer}")
                await self._health()
            except (Finding, OSError, asyncio.TimeoutError) as finding:
                self._findings.append(f"an ordinary call failed: {type(finding).__name__}: {finding}")
            self._slowest = max(self._slowest, time.monotonic() - began)
            self._ordinary += 1
            await asyncio.sleep(0.05)

    async def _settled(self, worker: int) -> dict[str, int]:
        """Memory, when the last connections are closed; what is kept of ended calls is little."""
        await asyncio.sleep(0.5)
        return self._host.memory(worker)

    async def _health(self) -> dict[str, Any]:
        return await self._get("/health")

    async def _get(self, path: str) -> Any:
        return await self._request(f"GET {path} HTTP/1.1\r\n", ADMIN_TOKEN, b"")

    async def _post(self, path: str, value: Any) -> Any:
        data = json.dumps(value).encode()
        return await self._request(f"POST {path} HTTP/1.1\r\nContent-Length: {len(data)}\r\n", TOKEN, data)

    async def _request(self, start: str, token: str, data: bytes) -> Any:
        return json.loads(await self._raw(start, token, data))

    async def _raw(self, start: str, token: str, data: bytes) -> bytes:
        wire = await Wire.open(self._host.port)
        fields = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        await wire.send((start + fields).encode() + data)
        answer = await asyncio.wait_for(wire.until_closed(), PATIENCE_S * 4)
        await wire.close()
        return answer.partition(b"\r\n\r\n")[2]
