"""Cancels calls, and kills the worker if a running call does not stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..errors import RpcError
from .calls import Call, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scheduler import Scheduler
    from .worker_manager import WorkerManager
    from .worker_process import WorkerProcess


class Canceller:
    """Cancels calls, and replaces workers that cancelled calls block."""

    def __init__(
        self,
        scheduler: Scheduler,
        workers: WorkerManager,
        grace_ms: int,
        end: Callable[[Call, Outcome], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._scheduler = scheduler
        self._workers = workers
        self._grace_s = grace_ms / 1000
        self._end = end

    def cancel(self, call: Call, error: RpcError | None = None) -> None:
        """Cancels a queued or running call."""
        if call.outcome is not None or call.stopped is not None:
            return
        call.stopped = error or RpcError("cancelled", f"the call of {call.function} was cancelled")
        if call.worker is None:
            self._scheduler.withdraw(call)
            self._end(call, Outcome.of_error(call.id, call.stopped))
            return
        header = f'{{"op":"cancel","seq":{call.seq},"id":"{call.id}"}}\n'
        call.worker.control.send(header.encode())
        if call.state == "waiting":
            # It was dispatched early. The worker confirms that it skips the call, if it has not just begun.
            call.grace = self._loop.call_later(self._grace_s, self._unconfirmed, call)
        else:
            self.await_end(call)

    def cancel_after(self, call: Call, deadline_ms: int) -> None:
        error = RpcError("deadline", f"the call ran past its deadline of {deadline_ms} ms")
        call.deadline = self._loop.call_later(deadline_ms / 1000, self.cancel, call, error)

    def await_end(self, call: Call) -> None:
        """Kills the worker if a cancelled call does not stop within the grace period."""
        group, worker = call.group, call.worker
        assert group is not None
        assert worker is not None
        if call.grace is not None:
            call.grace.cancel()
        ping = None if group.main else self._loop.create_task(_ping(worker))
        call.grace = self._loop.call_later(self._grace_s, self._grace_expired, call, worker, ping)

    def _unconfirmed(self, call: Call) -> None:
        """Ends a waiting call although the worker is too busy to confirm that it will skip it."""
        assert call.stopped is not None
        if call.outcome is None:
            self._end(call, Outcome.of_error(call.id, call.stopped))

    def _grace_expired(self, call: Call, worker: WorkerProcess, ping: asyncio.Task[None] | None) -> None:
        stopped = call.stopped
        if call.worker is not worker or stopped is None:
            return
        # A concurrent call may go on, and keeps its slot, as long as the worker responds.
        stuck = ping is None or not ping.done()
        if stuck:
            stopped.hint = "It did not stop by itself, so the worker was killed and is being restarted."
        if call.outcome is None:
            self._end(call, Outcome.of_error(call.id, stopped))
        if stuck:
            why = f"call {call.id} of {call.function} did not end when it was cancelled"
            self._workers.replace(worker, why)
        else:
            self.replace_blocked()

    def replace_blocked(self) -> None:
        """Replaces workers whose only remaining calls are cancelled ones that do not stop."""
        for worker in tuple(self._workers.draining):
            if self._only_cancelled(worker):
                self._workers.retire(worker, RpcError("worker-died", "the file was reloaded"))
        worker = self._workers.worker
        # If no call waits, cancelled calls may continue.
        if worker is not None and self._scheduler.waiting and self._only_cancelled(worker):
            self._workers.replace(worker, "cancelled calls did not end, and other calls wait for them")

    def _only_cancelled(self, worker: WorkerProcess) -> bool:
        calls = self._scheduler.dispatched_to(worker)
        return len(calls) > 0 and all(call.outcome is not None for call in calls)


async def _ping(worker: WorkerProcess) -> None:
    """Returns when the worker has answered or ended."""
    try:
        await worker.ask({"op": "ping"})
    except RpcError:
        return
