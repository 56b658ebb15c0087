"""The host: takes calls from connections, gives them to the worker, and keeps their records."""

from __future__ import annotations

import asyncio
import json
import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import PROTOCOL_VERSION
from ..errors import STATUS, RpcError
from ..messages import Message, parse_message, parse_result
from .call_frame import call_frame
from .calls import DEFAULT_CREDIT, Call, Items, Outcome, Output
from .keeper import Keeper, Phase
from .lanes import Lane, Lanes
from .log import Log, Masker
from .printing import Printing
from .process import WorkerProcess
from .rate import Rate
from .records import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Stream
    from .config import HostConfig
    from .poller import Poller
    from .shared import Shared
    from .spawn import Spawned

_SWEEP_S = 5.0
_ITEM_BYTES = 64 << 20
_AHEAD_BYTES = 32 << 20
_AHEAD_ITEMS = 64
"""How far a stream may be ahead of what its clients were sent."""


class Host:
    """One served file."""

    def __init__(self, config: HostConfig, poller: Poller) -> None:
        self._loop = asyncio.get_running_loop()
        self._poller = poller
        self.config = config
        self.limits = config.limits
        self.mask = Masker((*config.secrets, config.token, config.admin_token))
        self.log = Log(config.log, config.limits.log_bytes, self.mask, self._loop)
        self.records = Records(config.limits)
        self.description: bytes | None = None
        self.ended = asyncio.Event()
        self.instance = os.urandom(6).hex()
        """Tells this run of the host from any other."""
        self._began = time.monotonic()
        self._keeper = Keeper(config, self.log, poller, self)
        self._lanes = Lanes()
        self._streams: frozenset[str] = frozenset()
        self._printing = Printing(self.log)
        self._rate = Rate(config.limits.calls_per_second)
        self._made_up = 0
        self._seq = 0

    # What connections ask for

    @property
    def phase(self) -> Phase:
        return self._keeper.phase

    @property
    def failure(self) -> RpcError | None:
        return self._keeper.failure

    @property
    def state(self) -> str:
        if not self._keeper.is_ready:
            return self._keeper.phase
        return "busy" if any(lane.running for lane in self._lanes) else "idle"

    def health(self) -> dict[str, Any]:
        given, worker = self._lanes.given(), self._keeper.worker
        running = sum(call.state == "running" for call in given)
        health: dict[str, Any] = {
            "protocol": PROTOCOL_VERSION,
            "name": self.config.name,
            "state": self.state,
            "running": running,
            "waiting": self._lanes.waiting + len(given) - running,
            "queueLimit": self.limits.queue,
            "restarts": self._keeper.restarts,
            "pid": os.getpid(),
            "workerPid": worker.pid if worker else None,
            "uptimeMs": int((time.monotonic() - self._began) * 1000),
        }
        if self.failure is not None:
            health["error"] = self.failure.to_json()
        return health

    def space(self, size: int) -> bytearray | memoryview:
        """Room for a large request; raises MemoryError."""
        shared = self._shared
        space = None if shared is None else shared.space(size)
        return bytearray(size) if space is None else space

    @property
    def _shared(self) -> Shared | None:
        worker = self._keeper.worker
        return worker.shared if worker is not None else None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls back whenever the phase changes; what it gives ends that."""
        return self._keeper.listen(listener)

    async def ask_worker(self, header: dict[str, Any]) -> Message:
        """Asks the worker something that is not a call."""
        return await self._keeper.ask(header)

    async def restart(self) -> None:
        """Kills the worker and loads the file again; calls that wait go on waiting."""
        await self._keeper.restart()

    def new_id(self) -> str:
        self._made_up += 1
        return f"{self.instance}-{self._made_up}"

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
        """Accepts a call, or finds the one that already has this id."""
        call = self.records.find(call_id)
        if call is not None:
            if call.function != function:
                raise RpcError("bad-request", f"the id {call_id!r} is that of a call of {call.function}")
            return call
        lanes, ready = self._lanes, self._keeper.is_ready
        if not ready:
            self._keeper.refuse_unless_restarting()
            if not lanes:
                raise self._keeper.loading()
        lane = lanes.find(function)
        if lane is None:
            raise lanes.unknown(function)
        if lanes.waiting >= self.limits.queue:
            raise RpcError(
                "queue-full",
                f"{lanes.waiting} calls are waiting already",
                hint="Try again when some of them have ended.",
                details={"waiting": lanes.waiting, "queueLimit": self.limits.queue},
            )
        self._rate.take()
        call = Call(call_id, function, client, request, collect, credit)
        self.records.add(call)
        if deadline_ms is not None:
            call.deadline = self._loop.call_later(deadline_ms / 1000, self._expire, call, deadline_ms)
        if ready and not lane.queue and lane.takes(call):
            self._give(call, lane)
        else:
            lanes.wait(call, lane)
        return call

    def position(self, call: Call) -> int:
        """How many calls must end before this one begins."""
        return self._lanes.position(call)

    def cancel(self, call: Call, error: RpcError | None = None) -> None:
        """Ends a call wherever it is: in the queue, or in the worker."""
        if call.outcome is not None or call.stopped is not None:
            return
        call.stopped = error or RpcError("cancelled", f"the call of {call.function} was cancelled")
        worker = self._keeper.worker
        if not call.seq:
            self._lanes.withdraw(call)
            self._end(call, Outcome.of_error(call.id, call.stopped))
            return
        if worker is not None:
            header = f'{{"op":"cancel","seq":{call.seq},"id":"{call.id}"}}\n'
            worker.control.send(header.encode())
        if call.state == "waiting":
            # The worker has been given it, and will pass it over.
            self._end(call, Outcome.of_error(call.id, call.stopped))
        else:
            self._await_end(call, self._lanes.of(call))

    def grant(self, call: Call, items: int) -> None:
        """Lets a stream send more items."""
        call.credit += items
        self.feed(call)

    def feed(self, call: Call) -> None:
        """Has a stream go on as far as its clients want, and only as far as they keep up."""
        worker = self._keeper.worker
        if not call.seq or call.outcome is not None or worker is None:
            return
        produced, room = 0, _AHEAD_ITEMS
        if call.items is not None:
            produced = call.items.end
            room = min(room, call.items.room(_AHEAD_BYTES))
        more = min(call.credit, produced + room) - call.given
        # By the dozen, rather than with a message for each that was read.
        if more > 0 and (more >= _AHEAD_ITEMS // 4 or call.given - produced < _AHEAD_ITEMS // 4):
            call.given += more
            header = f'{{"op":"credit","seq":{call.seq},"items":{more}'
            if worker.shared is not None and worker.shared.has_forgotten:
                header += worker.shared.forgotten_results()
            worker.control.send((header + "}\n").encode())

    # The life of the host

    async def run(self, first: Spawned | None) -> None:
        """Loads the file, in the worker that may have been started already, and sweeps until it is to end."""
        self.log.host(f"host {self.config.name!r} began, pid {os.getpid()}")
        await self._keeper.start(first)
        while not self.ended.is_set():
            try:
                await asyncio.wait_for(self.ended.wait(), min(_SWEEP_S, self.limits.kept_ms / 1000 + 0.05))
            except asyncio.TimeoutError:
                self._sweep()
        self.close()
        await self._keeper.until_left()

    def _sweep(self) -> None:
        self.records.sweep()
        WorkerProcess.reap_orphans()
        self._replace_if_blocked()
        for call in self._lanes.given():
            if call.function in self._streams and call.starves_for(self.limits.kept_ms / 1000):
                error = RpcError("cancelled", f"nobody read on from the stream of {call.function}")
                self.cancel(call, error)

    def close(self) -> None:
        if self.phase == "dead":
            return
        self._keeper.close()
        self.failed(RpcError("worker-died", "the host was shut down"))
        self.log.host("host ended")
        self.log.flush()

    # What the keeper of the worker tells

    def left(self, error: RpcError) -> None:
        """What ran in the worker ends with this error; what it had only been given waits again."""
        for lane in self._lanes:
            given, lane.running = list(lane.running.values()), {}
            for call in reversed(given):
                if call.outcome is not None:
                    continue
                if call.state == "running" or call.stopped is not None:
                    self._end(call, Outcome.of_error(call.id, call.stopped or error))
                else:
                    self._lanes.wait_again(call, lane)

    def failed(self, error: RpcError) -> None:
        """There will be no worker for the calls that wait."""
        for call in self._lanes.drain():
            self._end(call, Outcome.of_error(call.id, error))

    def received(self, data: bytes | bytearray) -> None:
        """A message from the worker."""
        message = parse_result(data) or parse_message(data)
        header = message.header
        op: str = header["op"]
        if op == "shared":
            if self._shared is None:
                return
            message = self._shared.read(message)
            header = message.header
            op = header["op"]
        if op in ("result", "error"):
            call = self.records.find(header["id"])
            if call is not None:
                self._answered(call, message)
        elif op == "output":
            call = self.records.find(header.get("id", ""))
            text = str(memoryview(data)[message.body :], "utf-8", "replace")
            self.printed(header["stream"], text, call)
        elif op == "item":
            self._item(message)
        elif op == "progress":
            call = self.records.find(header["id"])
            if call is not None and call.outcome is None:
                call.progress = {key: header[key] for key in ("done", "total", "message")}
                call.notify()
        elif op == "answer":
            self._keeper.answered(message)
        elif op == "forgot":
            if self._shared is not None:
                self._shared.worker_forgot(header["places"])
        elif op == "described":
            self._described(message)
        elif op == "load-failed":
            self._keeper.fail(_read_error(self.mask.mask_json(bytes(message.json()))))

    def printed(self, stream: Stream, text: str, call: Call | None = None) -> None:
        """Logs what was printed, and adds it to the output of its call, or of the only one that runs."""
        self._printing.write(stream, text)
        if call is None or call.outcome is not None:
            # What a thread or a task prints that outlives its call goes to whoever watches now.
            call = self._lanes.only_running()
        if call is None:
            return
        if call.output is None:
            call.output = Output()
        data = self.mask(text).encode("utf-8", "backslashreplace")
        call.output.append(stream, data, self.limits.output_bytes)
        call.notify()

    def _described(self, message: Message) -> None:
        functions: dict[str, int] = message.header["functions"]
        self._streams = frozenset(message.header["streams"])
        if self._shared is not None:
            self._shared.is_open = message.header["shares"]
        self.description = self.mask.mask_json(bytes(message.json()))
        for call in self._lanes.serve(functions):
            self._end(call, Outcome.of_error(call.id, self._lanes.unknown(call.function)))
        self.log.host(f"loaded {self.config.file}: {', '.join(functions)}")
        self._keeper.loaded()
        for lane in self._lanes:
            self._pump(lane)

    # The way of a call

    def _give(self, call: Call, lane: Lane) -> None:
        """Sends a call to the worker."""
        worker = self._keeper.worker
        assert worker is not None
        self._seq = seq = self._seq + 1
        call.seq = seq
        running = lane.running
        running[seq] = call
        if len(running) == 1 or not lane.main:
            call.start()
        call.given = min(call.credit, DEFAULT_CREDIT)
        link = worker.calls if lane.main else worker.control
        link.send(*call_frame(call, worker.shared))

    def _pump(self, lane: Lane) -> None:
        """Gives the worker what waits, as far as it takes it."""
        if not self._keeper.is_ready:
            return
        while lane.queue and lane.takes(lane.queue.peek()):
            self._give(self._lanes.take(lane), lane)

    def _answered(self, call: Call, message: Message) -> None:
        lane = self._lanes.of(call)
        if lane.running.pop(call.seq, None) is None:
            return
        if lane.main and lane.running:
            following = next(iter(lane.running.values()))
            if following.state == "waiting":
                following.start()
            elif following.outcome is not None:
                # Cancelled before it began; it should be passed over at once.
                self._await_end(following, lane)
        if call.outcome is None:
            outcome = Outcome.of_message(message)
            if not outcome.ok:
                outcome = self._masked(call, outcome)
            self._end(call, outcome)
        if lane.queue:
            self._pump(lane)

    def _masked(self, call: Call, outcome: Outcome) -> Outcome:
        """An error from the worker, as it may be reported."""
        if outcome.status == STATUS["cancelled"] and call.stopped is not None:
            return Outcome.of_error(call.id, call.stopped)
        data, body = outcome.message.data, outcome.message.body
        masked = bytes(data[:body]) + self.mask.mask_json(bytes(data[body:]))
        return outcome._replace(message=outcome.message._replace(data=masked))

    def _end(self, call: Call, outcome: Outcome) -> None:
        call.end(outcome)
        # The answer has been given, and is not held up by the books.
        self._poller.afterwards(partial(self._book, call, outcome))

    def _book(self, call: Call, outcome: Outcome) -> None:
        self.records.keep(call)
        how = "done" if outcome.ok else f"{call.state} ({outcome.message.header.get('code')})"
        started, ended = call.started_at, call.ended_at
        self.log.call(call.id, call.function, how, ended - started if started and ended else None)

    def _await_end(self, call: Call, lane: Lane) -> None:
        ping = None if lane.main else self._keeper.ping()
        call.grace = self._loop.call_later(self.limits.grace_ms / 1000, self._out_of_grace, call, lane, ping)

    def _out_of_grace(self, call: Call, lane: Lane, ping: asyncio.Task[None] | None) -> None:
        stopped = call.stopped
        if lane.running.get(call.seq) is not call or stopped is None:
            return
        # One that runs beside others is left to itself, as long as those get on, and keeps its place.
        stuck = ping is None or not ping.done()
        if stuck:
            stopped.hint = "It did not stop by itself, so the worker was killed and is being restarted."
        if call.outcome is None:
            self._end(call, Outcome.of_error(call.id, stopped))
        if stuck:
            self._keeper.replace(f"call {call.id} of {call.function} did not end when it was cancelled")
        else:
            self._replace_if_blocked()

    def _replace_if_blocked(self) -> None:
        """Replaces a worker in which nothing runs but cancelled calls that do not end and hold up others."""
        given = self._lanes.given()
        if self._lanes.waiting and given and all(call.outcome is not None for call in given):
            self._keeper.replace("calls that were cancelled did not end, and others wait for them")

    def _expire(self, call: Call, deadline_ms: int) -> None:
        self.cancel(call, RpcError("deadline", f"the call ran past its deadline of {deadline_ms} ms"))

    def _item(self, message: Message) -> None:
        call = self.records.find(message.header["id"])
        if call is None or call.outcome is not None:
            return
        if call.items is None:
            call.items = Items()
        call.items.append(message, _ITEM_BYTES)
        call.notify()
        self.feed(call)


def _read_error(data: bytes) -> RpcError:
    error: dict[str, Any] = json.loads(data)
    return RpcError(
        "load-failed",
        error["message"],
        type=error["type"],
        traceback=error["traceback"],
        hint=error["hint"],
        details=error["details"],
    )
