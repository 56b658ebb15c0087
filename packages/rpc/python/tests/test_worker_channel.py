"""The supervisor's end of a worker's socket, when the worker dies."""

from __future__ import annotations

import asyncio
import socket

from seer_host.supervisor.worker_channel import WorkerChannel


def test_what_a_worker_sent_before_it_died_arrives_though_writing_to_it_fails_first() -> None:
    async def main() -> list[bytes]:
        received: list[bytes] = []
        lost = asyncio.Event()
        ours, theirs = socket.socketpair()
        channel = WorkerChannel(ours, lambda data: received.append(bytes(data)), lost.set)
        await asyncio.sleep(0.1)
        # The worker answers and dies, before the loop has come to read its answer.
        theirs.sendall((6).to_bytes(4, "little") + b"answer" + (4).to_bytes(4, "little") + b"more")
        theirs.close()
        channel.send(b"a call")
        await asyncio.wait_for(lost.wait(), 5)
        return received

    assert asyncio.run(main()) == [b"answer", b"more"]
