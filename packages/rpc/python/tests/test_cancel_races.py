"""Cancellations that come at any moment: while a call begins, prints, sends or ends."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from hosting import Failed

if TYPE_CHECKING:
    from conftest import Serve

_SOURCE = """
    import asyncio
    import time

    @expose
    def add(a: int, b: int) -> int:
        return a + b

    @expose
    def spin() -> None:
        while True:
            pass

    @expose
    def wait() -> None:
        time.sleep(60)

    @expose
    def brief() -> int:
        return 1

    @expose
    def talk() -> None:
        while True:
            print("x" * 100_000)

    @expose
    def pieces() -> list[bytes]:
        while True:
            yield bytes(200_000)

    @expose(concurrency=4)
    def pieces_beside() -> list[bytes]:
        while True:
            yield bytes(200_000)

    @expose(concurrency=4)
    def spin_beside() -> None:
        while True:
            pass

    @expose
    async def wait_async() -> None:
        while True:
            await asyncio.sleep(0.0001)

    @expose
    async def pieces_async() -> list[bytes]:
        while True:
            yield bytes(200_000)
            await asyncio.sleep(0)
"""
_FUNCTIONS = (
    "spin",
    "wait",
    "brief",
    "talk",
    "pieces",
    "pieces_beside",
    "spin_beside",
    "wait_async",
    "pieces_async",
)


@pytest.mark.soak
def test_no_cancellation_costs_the_worker(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"graceMs": 10_000})
    chance = random.Random(3)
    socket = host.websocket()
    for i in range(220):
        name = chance.choice(_FUNCTIONS)
        call_id = f"{i}-{name}"
        socket.call(call_id, name, credit=1000)
        time.sleep(chance.choice((0, 0, 0.0005, 0.002, 0.005)))
        socket.send({"op": "cancel", "id": call_id})
        try:
            ended = (name, socket.outcome(call_id))
        except Failed as failed:
            ended = (name, failed.code)
        assert ended in ((name, "cancelled"), ("brief", 1)), call_id
        socket.call(f"{i}-add", "add", [i, 1])
        assert socket.outcome(f"{i}-add") == i + 1
    socket.close()
    health = host.health()
    assert health["restarts"] == 0
    assert (health["running"], health["waiting"]) == (0, 0)
