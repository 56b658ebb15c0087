"""The supervisor's end of a worker's socket, when the worker dies."""

from __future__ import annotations

import asyncio
import socket

from seer_host.supervisor.link import Link
from seer_host.supervisor.poller import Poller, run


def test_what_a_worker_sent_before_it_died_arrives_though_writing_to_it_fails_first() -> None:
    async def main(poller: Poller) -> list[bytes]:
        received: list[bytes] = []
        lost = asyncio.Event()
        ours, theirs = socket.socketpair()
        link = Link(ours, poller, lambda data: received.append(bytes(data)), lost.set)
        # The worker answers and dies, before the loop has come to read its answer.
        theirs.sendall((6).to_bytes(4, "little") + b"answer" + (4).to_bytes(4, "little") + b"more")
        theirs.close()
        link.send(b"a call")
        await asyncio.wait_for(lost.wait(), 5)
        return received

    assert run(main) == [b"answer", b"more"]
