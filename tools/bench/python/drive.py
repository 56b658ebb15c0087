"""Calls one server from Python as the benchmark says: commands are lines of JSON on standard input."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared import work
from shared.target import Target

TEXT = "The quick brown fox jumps over the lazy dog."
NUMBERS = [i / 8 for i in range(1000)]
ARGUMENTS: dict[str, tuple[Any, ...]] = {"echo": (TEXT,), "numbers": (NUMBERS,), "take": (work.FLOATS,)}


class ThreadDriver:
    """For blocking clients: each concurrent caller is a thread with its own connection."""

    def __init__(self, kind: Any, target: Target) -> None:
        self._connect = lambda: kind(target)
        self._main = self._connect()
        self._local = threading.local()
        self._pools: dict[int, ThreadPoolExecutor] = {}

    def check(self) -> None:
        check(
            self._main.echo(TEXT),
            self._main.numbers(NUMBERS),
            self._main.floats(),
            self._main.take(work.FLOATS),
        )

    def measure(self, operation: str, count: int) -> list[float]:
        call = getattr(self._main, operation)
        arguments = ARGUMENTS.get(operation, ())
        samples: list[float] = []
        for _ in range(count):
            started = time.perf_counter_ns()
            call(*arguments)
            samples.append((time.perf_counter_ns() - started) / 1e6)
        return samples

    def burst(self, operation: str, callers: int, count: int) -> float:
        if callers not in self._pools:
            self._pools[callers] = ThreadPoolExecutor(callers)
            # Connect all callers before measuring.
            ready = threading.Barrier(callers)
            list(self._pools[callers].map(lambda _: self._prepare(ready), range(callers)))
        arguments = ARGUMENTS.get(operation, ())

        def run(_: int) -> None:
            call = getattr(self._local.caller, operation)
            for _ in range(count // callers):
                call(*arguments)

        started = time.perf_counter_ns()
        list(self._pools[callers].map(run, range(callers)))
        return (time.perf_counter_ns() - started) / 1e6

    def probe(self, count: int) -> list[float]:
        # Some clients can be used only in the thread that created them.
        holder = threading.Thread(target=lambda: self._connect().hold(count))
        holder.start()
        samples: list[float] = []
        while holder.is_alive():
            time.sleep(0.002)
            samples += self.measure("health", 1)
        return samples

    def _prepare(self, ready: threading.Barrier) -> None:
        self._local.caller = self._connect()
        self._local.caller.echo(TEXT)
        ready.wait()


class AsyncDriver:
    """For clients of asyncio: concurrent callers are tasks that share one client."""

    def __init__(self, kind: Any, target: Target) -> None:
        self._loop = asyncio.new_event_loop()
        self._main = kind(target)
        self._loop.run_until_complete(self._main.open())

    def check(self) -> None:
        main = self._main

        async def run() -> None:
            check(
                await main.echo(TEXT),
                await main.numbers(NUMBERS),
                await main.floats(),
                await main.take(work.FLOATS),
            )

        self._loop.run_until_complete(run())

    def measure(self, operation: str, count: int) -> list[float]:
        return self._loop.run_until_complete(self._measure(operation, count))

    def burst(self, operation: str, callers: int, count: int) -> float:
        async def run() -> None:
            await asyncio.gather(*(self._measure(operation, count // callers) for _ in range(callers)))

        started = time.perf_counter_ns()
        self._loop.run_until_complete(run())
        return (time.perf_counter_ns() - started) / 1e6

    def probe(self, count: int) -> list[float]:
        async def run() -> list[float]:
            holder = asyncio.create_task(self._main.hold(count))
            samples: list[float] = []
            while not holder.done():
                await asyncio.sleep(0.002)
                samples += await self._measure("health", 1)
            return samples

        return self._loop.run_until_complete(run())

    async def _measure(self, operation: str, count: int) -> list[float]:
        call = getattr(self._main, operation)
        arguments = ARGUMENTS.get(operation, ())
        samples: list[float] = []
        for _ in range(count):
            started = time.perf_counter_ns()
            await call(*arguments)
            samples.append((time.perf_counter_ns() - started) / 1e6)
        return samples


def check(text: Any, numbers: Any, floats: Any, taken: Any) -> None:
    """Checks that the answers are correct."""
    assert text == TEXT
    assert list(numbers) == NUMBERS
    assert (floats == work.FLOATS).all()
    assert taken == work.COUNT


def main() -> None:
    module = importlib.import_module(f"callers.{sys.argv[1]}")
    target = Target(**json.loads(sys.argv[2]))
    caller = getattr(module, "Caller", None)
    driver = ThreadDriver(caller, target) if caller else AsyncDriver(module.AsyncCaller, target)
    print("null", flush=True)
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        print(json.dumps(getattr(driver, command)(*arguments)), flush=True)


main()
