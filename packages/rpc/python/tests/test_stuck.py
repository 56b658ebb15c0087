"""Calls that cannot be interrupted: what can be saved is, and the next call works."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hosting import Failed

if TYPE_CHECKING:
    from conftest import Serve

_SOURCE = """
    import asyncio
    import ctypes
    import time

    @expose
    def add(a: int, b: int) -> int:
        return a + b

    @expose
    def hold_the_gil() -> None:
        ctypes.PyDLL(None).sleep(600)

    @expose(concurrency=2)
    def hold_the_gil_beside() -> None:
        ctypes.PyDLL(None).sleep(600)

    @expose(concurrency=2)
    def sleep_beside(seconds: float) -> None:
        time.sleep(seconds)

    @expose(concurrency=2)
    async def block_the_loop() -> None:
        time.sleep(600)

    @expose(concurrency=2)
    async def rest(seconds: float) -> None:
        await asyncio.sleep(seconds)
"""
_LIMITS = {"graceMs": 300}


@pytest.mark.parametrize("function", ["hold_the_gil", "hold_the_gil_beside", "block_the_loop"])
def test_a_call_that_holds_up_everything_costs_the_worker(serve: Serve, function: str) -> None:
    host = serve(_SOURCE, limits=_LIMITS)
    socket = host.websocket()
    socket.call("stuck", function)
    time.sleep(0.1)
    socket.send({"op": "cancel", "id": "stuck"})
    with pytest.raises(Failed, match="cancelled"):
        socket.outcome("stuck")
    socket.call("next", "rest", {"seconds": 0})
    socket.call("another", "add", {"a": 1, "b": 1})
    assert socket.outcome("another") == 2
    assert host.health()["restarts"] == 1
    socket.close()


def test_a_waiting_call_is_cancelled_at_once_though_the_gil_is_held(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"graceMs": 10_000})
    socket = host.websocket()
    socket.call("stuck", "hold_the_gil")
    socket.call("waits", "add", {"a": 1, "b": 1})
    time.sleep(0.1)
    socket.send({"op": "cancel", "id": "waits"})
    with pytest.raises(Failed, match="cancelled"):
        socket.outcome("waits")
    assert host.health()["restarts"] == 0
    socket.close()


def test_one_that_blocks_only_itself_costs_nothing(serve: Serve) -> None:
    host = serve(_SOURCE, limits=_LIMITS)
    socket = host.websocket()
    socket.call("stuck", "sleep_beside", {"seconds": 3})
    time.sleep(0.1)
    socket.send({"op": "cancel", "id": "stuck"})
    with pytest.raises(Failed, match="cancelled"):
        socket.outcome("stuck")
    socket.call("beside", "sleep_beside", {"seconds": 0})
    assert socket.outcome("beside") is None
    assert host.call("add", 1, 1) == 2
    assert host.health()["restarts"] == 0
    socket.close()


def test_those_that_take_every_place_cost_the_worker_when_others_wait(serve: Serve) -> None:
    host = serve(_SOURCE, limits=_LIMITS)
    socket = host.websocket()
    for name in ("one", "two", "three"):
        socket.call(name, "sleep_beside", {"seconds": 600 if name != "three" else 0})
    time.sleep(0.1)
    for name in ("one", "two"):
        socket.send({"op": "cancel", "id": name})
        with pytest.raises(Failed, match="cancelled"):
            socket.outcome(name)
    assert socket.outcome("three") is None
    assert host.health()["restarts"] == 1
    socket.close()


def test_a_stream_that_nobody_reads_does_not_hold_up_the_others_for_ever(serve: Serve) -> None:
    host = serve(
        """
        @expose
        def numbers() -> list[int]:
            yield from range(100)

        @expose
        def add(a: int, b: int) -> int:
            return a + b
        """,
        limits={"keptMs": 500},
    )
    for credit in (0, 3):
        socket = host.websocket()
        socket.call(f"endless-{credit}", "numbers", credit=credit)
        socket.send({"op": "ping", "id": "sent"})
        socket.receive_op("pong")
        socket.close()
    assert host.call("add", 1, 1) == 2
    assert host.health()["restarts"] == 0
