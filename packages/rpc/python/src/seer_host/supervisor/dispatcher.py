"""Accepts calls, dispatches them to a worker, and records their results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import STATUS, RpcError
from .call_frame import call_frame
from .call_records import CallRecords
from .calls import DEFAULT_CREDIT, Call, Items, Outcome, Output
from .canceller import Canceller
from .rate_limiter import RateLimiter
from .scheduler import ConcurrencyGroup, Scheduler
from .worker_manager import WorkerManager

if TYPE_CHECKING:
    from ..messages import Message
    from .calls import Stream
    from .config import HostConfig
    from .log import Log
    from .worker_process import WorkerProcess

_REASON = 300
_ITEM_BYTES = 64 << 20
_AHEAD_BYTES = 32 << 20
_AHEAD_ITEMS = 64
"""How many unsent items, and bytes of them, a stream may have before it must wait."""


class Dispatcher:
    """Handles every call of the host."""

    def __init__(self, config: HostConfig, log: Log) -> None:
        self._file = config.file
        self._limits = config.limits
        self._log = log
        self.workers = WorkerManager(config, log, self)
        self.records = CallRecords(config.limits)
        self._scheduler = Scheduler()
        self._canceller = Canceller(self._scheduler, self.workers, config.limits.grace_ms, self._end)
        self._streams: frozenset[str] = frozenset()
        self._rate_limiter = RateLimiter(config.limits.calls_per_second)
        self._seq = 0

    # Requests of clients

    def submit(
        self,
        call_id: str,
        function: str,
        request: Message,
        client: object,
        *,
        deadline_ms: int | None = None,
        collect: bool = False,
        credit: int = DEFAULT_CREDIT,
    ) -> Call:
        """Accepts a call; if the ID is known already, returns the existing call."""
        call = self.records.find(call_id)
        if call is not None:
            if call.function != function:
                raise RpcError("bad-request", f"the id {call_id!r} is that of a call of {call.function}")
            return call
        scheduler, ready = self._scheduler, self.workers.state.is_ready
        if not ready:
            self.workers.state.refuse_unless_restarting()
            if not scheduler:
                raise self.workers.state.loading()
        group = scheduler.find(function)
        if group is None:
            raise scheduler.unknown(function)
        if scheduler.waiting >= self._limits.queue:
            raise RpcError(
                "queue-full",
                f"{scheduler.waiting} calls are waiting already",
                hint="Try again when some of them have ended.",
                details={"waiting": scheduler.waiting, "queueLimit": self._limits.queue},
            )
        self._rate_limiter.take()
        call = Call(call_id, function, client, request, collect, credit)
        self.records.add(call)
        if deadline_ms is not None:
            self._canceller.cancel_after(call, deadline_ms)
        if ready and not group.queue and group.takes(call):
            self._dispatch(call, group)
        else:
            scheduler.wait(call, group)
        return call

    def position(self, call: Call) -> int:
        """How many calls must end before this one starts."""
        return self._scheduler.position(call)

    def counts(self) -> tuple[int, int]:
        """The numbers of running and of waiting calls."""
        dispatched = self._scheduler.dispatched()
        running = sum(call.state == "running" for call in dispatched)
        return running, self._scheduler.waiting + len(dispatched) - running

    @property
    def is_busy(self) -> bool:
        return any(group.running for group in self._scheduler)

    def cancel(self, call: Call) -> None:
        """Cancels a queued or running call."""
        self._canceller.cancel(call)

    def grant(self, call: Call, items: int) -> None:
        """Lets a stream send more items."""
        call.credit += items
        self.feed(call)

    def feed(self, call: Call) -> None:
        """Gives a stream as much credit as its clients want, limited by how fast they read."""
        worker = call.worker
        if worker is None or call.outcome is not None:
            return
        produced, room = 0, _AHEAD_ITEMS
        if call.items is not None:
            produced = call.items.end
            room = min(room, call.items.room(_AHEAD_BYTES))
        more = min(call.credit, produced + room) - call.credit_sent
        # Grant credit in batches rather than with one message per item.
        if more > 0 and (more >= _AHEAD_ITEMS // 4 or call.credit_sent - produced < _AHEAD_ITEMS // 4):
            call.credit_sent += more
            header = f'{{"op":"credit","seq":{call.seq},"items":{more}'
            if worker.memory is not None and worker.memory.has_released:
                header += worker.memory.released_field()
            worker.control.send((header + "}\n").encode())

    def sweep(self) -> None:
        """Drops old records; cancels abandoned streams and replaces blocked workers."""
        self.records.sweep()
        self._canceller.replace_blocked()
        for call in self._scheduler.dispatched():
            if call.function in self._streams and call.stalled_for(self._limits.kept_ms / 1000):
                error = RpcError("cancelled", f"nobody read on from the stream of {call.function}")
                self._canceller.cancel(call, error)

    # Events from the worker manager

    def received(self, worker: WorkerProcess, message: Message) -> None:
        header = message.header
        op: str = header["op"]
        if op in ("result", "error"):
            call = self.records.find(header["id"])
            if call is not None:
                self._answered(call, message)
        elif op == "output":
            call = self.records.find(header.get("id", ""))
            text = str(memoryview(message.data)[message.body :], "utf-8", "replace")
            self.printed(worker, header["stream"], text, call)
        elif op == "item":
            self._item(message)
        elif op == "progress":
            call = self.records.find(header["id"])
            if call is not None and call.outcome is None:
                call.progress = {key: header[key] for key in ("done", "total", "message")}
                call.notify()
        elif op == "described":
            worker.output.end_lines()
            self._loaded(worker, message)
        elif op == "load-failed":
            worker.output.end_lines()
            self.workers.not_loaded(worker, self._read_error(bytes(message.json())))

    def printed(self, worker: WorkerProcess, stream: Stream, text: str, call: Call | None = None) -> None:
        """Logs output, and adds it to its call; without a call, to the only running one."""
        worker.output.write(stream, text)
        if call is None or call.outcome is not None:
            # Output of a thread or task that outlives its call goes to the call that runs now.
            call = self._scheduler.only_running(worker)
        if call is None:
            return
        if call.output is None:
            call.output = Output()
        text = call.output.undecided.pop(stream, "") + text
        # A secret may come in two pieces.
        if undecided := self._log.mask.undecided(text):
            call.output.undecided[stream] = text[-undecided:]
            text = text[:-undecided]
        self._show(call.output, stream, text)
        call.notify()

    def _show(self, output: Output, stream: Stream, text: str) -> None:
        data = self._log.mask(text).encode("utf-8", "backslashreplace")
        output.append(stream, data, self._limits.output_bytes)

    def is_idle(self, worker: WorkerProcess) -> bool:
        return not self._scheduler.dispatched_to(worker)

    def worker_lost(self, worker: WorkerProcess, error: RpcError) -> None:
        for call in reversed(self._scheduler.dispatched_to(worker)):
            self._release(call)
            if call.outcome is not None:
                continue
            if call.state == "running" or call.stopped is not None:
                self._end(call, Outcome.of_error(call.id, call.stopped or error))
            elif not self._scheduler.requeue(call):
                self._end(call, Outcome.of_error(call.id, self._scheduler.unknown(call.function)))

    def load_failed(self, error: RpcError) -> None:
        for call in self._scheduler.drain():
            self._end(call, Outcome.of_error(call.id, error))

    def _loaded(self, worker: WorkerProcess, message: Message) -> None:
        functions: dict[str, int] = message.header["functions"]
        self._streams = frozenset(message.header["streams"])
        if worker.memory is not None:
            worker.memory.is_open = message.header["sharesMemory"]
        for call in self._scheduler.serve(functions):
            self._end(call, Outcome.of_error(call.id, self._scheduler.unknown(call.function)))
        self.workers.loaded(worker, self._log.mask.mask_json(bytes(message.json())))
        self._log.host(f"loaded {self._file}, revision {worker.revision}: {', '.join(functions)}")
        for group in self._scheduler:
            self._dispatch_waiting(group)
        self.workers.announce()

    def _read_error(self, data: bytes) -> RpcError:
        error = json.loads(self._log.mask.mask_json(data))
        return RpcError(
            "load-failed",
            error["message"],
            type=error["type"],
            traceback=error["traceback"],
            hint=error["hint"],
            details=error["details"],
        )

    # The steps of a call

    def _dispatch(self, call: Call, group: ConcurrencyGroup) -> None:
        worker = self.workers.worker
        assert worker is not None
        self._seq = seq = self._seq + 1
        call.seq, call.group, call.worker = seq, group, worker
        running = group.running
        running[seq] = call
        if len(running) == 1 or not group.main:
            call.start()
        call.credit_sent = min(call.credit, DEFAULT_CREDIT)
        channel = worker.calls if group.main else worker.control
        channel.send(*call_frame(call, worker.memory))

    def _dispatch_waiting(self, group: ConcurrencyGroup) -> None:
        if not self.workers.state.is_ready:
            return
        while group.queue and group.takes(group.queue.peek()):
            self._dispatch(self._scheduler.take(group), group)

    def _release(self, call: Call) -> bool:
        """Removes a call from its worker; false if it is not dispatched."""
        if call.group is None or call.group.running.pop(call.seq, None) is None:
            return False
        call.worker = None
        return True

    def _answered(self, call: Call, message: Message) -> None:
        group, worker = call.group, call.worker
        if group is None or worker is None or not self._release(call):
            return
        if group.main and group.running:
            following = next(iter(group.running.values()))
            if following.state == "waiting":
                following.start()
            if following.stopped is not None:
                # It was cancelled before it started, so the worker should skip it immediately.
                self._canceller.await_end(following)
        if call.outcome is None:
            outcome = Outcome.of_message(message)
            if not outcome.ok:
                outcome = self._masked(call, outcome)
            self._end(call, outcome)
        if group.queue:
            self._dispatch_waiting(group)
        elif worker is not self.workers.worker:
            self.workers.drained(worker)

    def _masked(self, call: Call, outcome: Outcome) -> Outcome:
        """An error from the worker, with secrets masked."""
        if outcome.status == STATUS["cancelled"] and call.stopped is not None:
            return Outcome.of_error(call.id, call.stopped)
        data, body = outcome.message.data, outcome.message.body
        masked = bytes(data[:body]) + self._log.mask.mask_json(bytes(data[body:]))
        return outcome._replace(message=outcome.message._replace(data=masked))

    def _end(self, call: Call, outcome: Outcome) -> None:
        if call.output is not None:
            for stream, text in call.output.undecided.items():
                self._show(call.output, stream, text)
            call.output.undecided.clear()
        call.end(outcome)
        self.records.keep(call)
        started, ended = call.started_at, call.ended_at
        seconds = ended - started if started and ended else None
        if outcome.ok:
            self._log.call(call.id, call.function, "done", seconds)
        else:
            self._log.call(call.id, call.function, call.state, seconds, _reason(outcome.message))

    def _item(self, message: Message) -> None:
        call = self.records.find(message.header["id"])
        if call is None or call.outcome is not None:
            return
        if call.items is None:
            call.items = Items()
        call.items.append(message, _ITEM_BYTES)
        call.notify()
        self.feed(call)


def _reason(message: Message) -> str:
    """The first line of an error, for the log."""
    error: dict[str, Any] = json.loads(bytes(message.json()))
    if error["code"] == "cancelled":
        return ""
    text: str = error["message"] if error["type"] is None else f"{error['type']}: {error['message']}"
    return text.partition("\n")[0][:_REASON]
