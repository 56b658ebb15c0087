"""The supervisor's end of a worker's socket, when the worker dies."""

from __future__ import annotations

import asyncio
import socket

from seer_host.supervisor.link import Link
from seer_host.supervisor.outbox import Batch


def test_what_a_worker_sent_before_it_died_arrives_though_writing_to_it_fails_first() -> None:
    async def run() -> list[bytes]:
        loop = asyncio.get_running_loop()
        received: list[bytes] = []
        lost = asyncio.Event()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        batch = Batch(loop)
        link = Link(ours, batch, lambda data: received.append(bytes(data)), lost.set)
        await loop.connect_accepted_socket(lambda: link, ours)
        # The worker answers and dies, before the loop has come to read its answer.
        theirs.sendall((6).to_bytes(4, "little") + b"answer" + (4).to_bytes(4, "little") + b"more")
        theirs.close()
        with batch:
            link.send(b"a call")
        batch.flush()
        await asyncio.wait_for(lost.wait(), 5)
        return received

    assert asyncio.run(run()) == [b"answer", b"more"]
