"""The host itself: which calls wait, which run, and what becomes of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from typing import TYPE_CHECKING, Any, Literal

from .. import PROTOCOL_VERSION
from ..errors import STATUS, RpcError
from ..messages import Message, build_message, parse_message
from .calls import DEFAULT_CREDIT, Call, Items, Outcome, Output
from .log import Log, Masker
from .outbox import Batch
from .process import Death, WorkerProcess
from .queue import FairQueue
from .records import Records
from .spawn import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .calls import Stream
    from .config import HostConfig
    from .spawn import Spawned

Phase = Literal["loading", "ready", "restarting", "failed", "dead"]

_AHEAD = 4
"""How many calls the worker may have been given before it has answered the first of them."""
_SMALL = 64 * 1024
_SWEEP_S = 5.0
_END_S = 10.0
_RELOADS = 5
"""How often a file that has loaded before is loaded again when the worker dies of it."""
_ITEM_BYTES = 64 << 20
_AHEAD_BYTES = 32 << 20
_AHEAD_ITEMS = 64
"""How far a stream may be ahead of what its clients were sent."""
_RESTARTS = "The worker is being restarted; the file's state is lost, and the next call works."


class Lane:
    """Calls that run one after another, or up to `limit` at a time."""

    def __init__(self, limit: int, *, main: bool) -> None:
        self.main = main
        self.limit = limit
        self.queue = FairQueue()
        self.running: dict[int, Call] = {}

    def takes(self, call: Call) -> bool:
        """Whether the worker can be given this call now."""
        given = len(self.running)
        if not self.main:
            return given < self.limit
        # Small calls are given ahead of time, so that the worker need not wait for the supervisor.
        if given == 0:
            return True
        return given < _AHEAD and call.request is not None and len(call.request.data) < _SMALL


class Host:
    """Takes calls from connections, gives them to the worker, and keeps their records."""

    def __init__(self, config: HostConfig) -> None:
        self._loop = asyncio.get_running_loop()
        self.config = config
        self.limits = config.limits
        self.batch = Batch(self._loop)
        self.mask = Masker((*config.secrets, config.token, config.admin_token))
        self.log = Log(config.log, config.limits.log_bytes, self.mask, self._loop)
        self.records = Records(config.limits)
        self.description: bytes | None = None
        self.failure: RpcError | None = None
        self.restarts = 0
        self._reloads = 0
        self.ended = asyncio.Event()
        self._phase: Phase = "loading"
        self._listeners: list[Callable[[], None]] = []
        self._began = time.monotonic()
        self.instance = os.urandom(6).hex()
        """Tells this run of the host from any other."""
        self._made_up = 0
        self._seq = 0
        self._worker: WorkerProcess | None = None
        self._left: WorkerProcess | None = None
        self._main = Lane(1, main=True)
        self._lanes: dict[str, Lane] = {}
        self._streams: frozenset[str] = frozenset()
        self._waiting = 0
        self._lines: dict[str, str] = {}
        self._requests: dict[int, asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # What connections ask for

    @property
    def state(self) -> str:
        if self._phase != "ready":
            return self._phase
        return "busy" if any(lane.running for lane in self._every_lane()) else "idle"

    @property
    def phase(self) -> Phase:
        return self._phase

    def health(self) -> dict[str, Any]:
        given = [call for lane in self._every_lane() for call in lane.running.values()]
        running = sum(call.state == "running" for call in given)
        health: dict[str, Any] = {
            "protocol": PROTOCOL_VERSION,
            "name": self.config.name,
            "state": self.state,
            "running": running,
            "waiting": self._waiting + len(given) - running,
            "queueLimit": self.limits.queue,
            "restarts": self.restarts,
            "pid": os.getpid(),
            "workerPid": self._worker.pid if self._worker else None,
            "uptimeMs": int((time.monotonic() - self._began) * 1000),
        }
        if self.failure is not None:
            health["error"] = self.failure.to_json()
        return health

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls back whenever the phase changes; what it gives ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

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
        if self._phase != "ready":
            self._refuse_unless_restarting()
        lane = self._lanes.get(function)
        if lane is None:
            raise self._unknown(function)
        if self._waiting >= self.limits.queue:
            raise RpcError(
                "queue-full",
                f"{self._waiting} calls are waiting already",
                hint="Try again when some of them have ended.",
                details={"waiting": self._waiting, "queueLimit": self.limits.queue},
            )
        call = Call(call_id, function, client, request, collect, credit)
        self.records.add(call)
        if deadline_ms is not None:
            call.deadline = self._loop.call_later(deadline_ms / 1000, self._expire, call, deadline_ms)
        if self._phase == "ready" and not lane.queue and lane.takes(call):
            self._give(call, lane)
        else:
            lane.queue.push(call)
            self._waiting += 1
        return call

    def position(self, call: Call) -> int:
        """How many calls must end before this one begins."""
        if call.state != "waiting":
            return 0
        lane = self._lanes.get(call.function, self._main)
        if call.seq:
            return list(lane.running).index(call.seq)
        return len(lane.running) + lane.queue.position(call)

    def cancel(self, call: Call, error: RpcError | None = None) -> None:
        """Ends a call wherever it is: in the queue, or in the worker."""
        if call.outcome is not None or call.stopped is not None:
            return
        call.stopped = error or RpcError("cancelled", f"the call of {call.function} was cancelled")
        lane = self._lanes.get(call.function, self._main)
        if not call.seq:
            if lane.queue.remove(call):
                self._waiting -= 1
            self._end(call, Outcome.of_error(call.id, call.stopped))
            return
        if self._worker is not None:
            header = f'{{"op":"cancel","seq":{call.seq},"id":"{call.id}"}}\n'
            self._worker.control.send(header.encode())
        if call.state == "waiting":
            # The worker has been given it, and will pass it over.
            self._end(call, Outcome.of_error(call.id, call.stopped))
        else:
            self._await_end(call, lane)

    def grant(self, call: Call, items: int) -> None:
        """Lets a stream send more items."""
        call.credit += items
        self.feed(call)

    def feed(self, call: Call) -> None:
        """Has a stream go on as far as its clients want, and only as far as they keep up."""
        worker = self._worker
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
            worker.control.send(b'{"op":"credit","seq":%d,"items":%d}\n' % (call.seq, more))

    async def ask_worker(self, header: dict[str, Any]) -> Message:
        """Asks the worker something that is not a call."""
        if self._phase != "ready" or self._worker is None:
            self._refuse_unless_restarting()
            raise RpcError("loading", "the worker is being restarted")
        self._seq = number = self._seq + 1
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._requests[number] = answer
        (data,) = build_message({**header, "request": number}, b"")
        self._worker.control.send(data)
        try:
            return await answer
        finally:
            del self._requests[number]

    async def restart(self) -> None:
        """Kills the worker and loads the file again; calls that wait go on waiting."""
        self.log.host("restarting the worker")
        self._leave_worker(RpcError("worker-died", "the worker was restarted during the call"))
        self.restarts += 1
        self._enter("restarting")
        await self._start_worker()

    # The life of the host and its worker

    async def run(self, first: Spawned | None) -> None:
        """Loads the file, in the worker that may have been started already, and sweeps until it is to end."""
        self.log.host(f"host {self.config.name!r} began, pid {os.getpid()}")
        await self._start_worker(first)
        while not self.ended.is_set():
            try:
                await asyncio.wait_for(self.ended.wait(), min(_SWEEP_S, self.limits.kept_ms / 1000 + 0.05))
            except asyncio.TimeoutError:
                self._sweep()
        self.close()
        await self._until_left()

    def _sweep(self) -> None:
        self.records.sweep()
        WorkerProcess.reap_orphans()
        self._replace_if_blocked()
        for lane in self._every_lane():
            for call in tuple(lane.running.values()):
                if call.function in self._streams and call.starves_for(self.limits.kept_ms / 1000):
                    error = RpcError("cancelled", f"nobody read on from the stream of {call.function}")
                    with self.batch:
                        self.cancel(call, error)

    def close(self) -> None:
        if self._phase == "dead":
            return
        self._leave_worker(RpcError("worker-died", "the host was shut down during the call"))
        self._enter("dead")
        self._fail_waiting(RpcError("worker-died", "the host was shut down"))
        self.log.host("host ended")
        self.log.flush()

    async def _until_left(self) -> None:
        """Waits for the end of the last worker: what it held, such as a device's memory, must be free."""
        if self._left is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._left.ended.wait(), _END_S)

    async def _start_worker(self, spawned: Spawned | None = None) -> None:
        await self._until_left()
        if self._worker is not None or self._phase == "dead":
            return
        self.failure = None
        self.log.begin_worker()
        try:
            worker = WorkerProcess(
                spawned or spawn(self.config),
                self.batch,
                received=self._received,
                printed=self._printed,
                died=self._died,
            )
        except OSError as error:
            message = f"cannot start the worker with {self.config.python}: {error.strerror}"
            self._fail(RpcError("load-failed", message, hint="Is 'python' the path of an interpreter?"))
            return
        self._worker = worker
        await worker.connect()

    def _leave_worker(self, error: RpcError) -> None:
        """Kills the worker; what runs in it ends with this error, what it had only been given waits again."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.abandon()
        self._left = worker
        for answer in self._requests.values():
            if not answer.done():
                answer.set_exception(error)
        for lane in self._every_lane():
            given, lane.running = list(lane.running.values()), {}
            for call in reversed(given):
                if call.outcome is not None:
                    continue
                if call.state == "running" or call.stopped is not None:
                    self._end(call, Outcome.of_error(call.id, call.stopped or error))
                else:
                    call.seq = 0
                    lane.queue.push_front(call)
                    self._waiting += 1

    def _died(self, worker: WorkerProcess, death: Death) -> None:
        if worker is not self._worker:
            return
        lines = self.log.last_of_worker()
        details: dict[str, Any] = {"log": lines}
        details |= {"signal": death.signal} if death.signal else {"exitCode": death.returncode}
        if self._phase == "failed":
            self._worker = None
            return
        if self._phase != "ready" and not (self._reloads < _RELOADS and self._phase == "restarting"):
            self._worker = None
            self._fail(
                RpcError(
                    "load-failed",
                    f"the worker ended while it loaded {self.config.file}: {death}",
                    details=details,
                )
            )
            return
        self.log.host(f"the worker ended: {death}")
        self._leave_worker(
            RpcError(
                "worker-died", f"the worker ended during the call: {death}", hint=_RESTARTS, details=details
            )
        )
        self._reloads += 1
        self._start_again()

    def _enter(self, phase: Phase) -> None:
        if phase == self._phase:
            return
        self._phase = phase
        for listener in tuple(self._listeners):
            listener()

    def _fail(self, error: RpcError) -> None:
        self.failure = error
        self.log.host(f"the file did not load: {error.message}")
        for line in (error.traceback or "").splitlines():
            self.log.host("  " + line)
        self._enter("failed")
        self._fail_waiting(error)

    def _fail_waiting(self, error: RpcError) -> None:
        for lane in self._every_lane():
            while lane.queue:
                self._waiting -= 1
                call = lane.queue.pop()
                self._end(call, Outcome.of_error(call.id, error))

    def _refuse_unless_restarting(self) -> None:
        if self._phase == "failed" and self.failure is not None:
            raise self.failure
        if self._phase == "dead":
            raise RpcError("worker-died", "the host is shutting down")
        if self._phase == "loading" or not self._lanes:
            raise RpcError("loading", f"{self.config.file} is still loading")

    def _unknown(self, function: str) -> RpcError:
        from difflib import get_close_matches  # only when something is wrong, for a quick start

        near = get_close_matches(function, self._lanes, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Exposed are: {', '.join(sorted(self._lanes))}."
        return RpcError("unknown-function", f"no function {function[:100]!r} is exposed", hint=hint)

    def _every_lane(self) -> list[Lane]:
        return [self._main, *(lane for lane in self._lanes.values() if not lane.main)]

    # The way of a call

    def _give(self, call: Call, lane: Lane) -> None:
        """Sends a call to the worker."""
        request, worker = call.request, self._worker
        assert request is not None
        assert worker is not None
        self._seq = seq = self._seq + 1
        call.seq = seq
        running = lane.running
        running[seq] = call
        if len(running) == 1 or not lane.main:
            call.start()
        header = f'{{"op":"call","seq":{seq},"id":"{call.id}","function":"{call.function}"'
        if call.collect:
            header += ',"collect":true'
        call.given = min(call.credit, DEFAULT_CREDIT)
        if call.given != DEFAULT_CREDIT:
            header += f',"credit":{call.given}'
        data, body = request.data, request.body
        if "buffers" in request.header:
            parts = ",".join(map(str, request.header["buffers"]))
            header += f',"json":{request.header["json"]},"buffers":[{parts}]'
            # The buffers were aligned for a header of the old length.
            header += " " * ((body - len(header.encode()) - 2) % 8)
        line = (header + "}\n").encode()
        link = worker.calls if lane.main else worker.control
        if len(data) - body < _SMALL:
            link.send(line + data[body:])
        else:
            link.send(line, memoryview(data)[body:])

    def _pump(self, lane: Lane) -> None:
        """Gives the worker what waits, as far as it takes it."""
        if self._phase != "ready":
            return
        while lane.queue and lane.takes(lane.queue.peek()):
            self._waiting -= 1
            self._give(lane.queue.pop(), lane)

    def _received(self, data: bytes | bytearray) -> None:
        """A message from the worker."""
        message = parse_message(data)
        header = message.header
        op: str = header["op"]
        if op in ("result", "error"):
            call = self.records.find(header["id"])
            if call is not None:
                self._answered(call, message)
        elif op == "output":
            call = self.records.find(header.get("id", ""))
            text = str(memoryview(data)[message.body :], "utf-8", "replace")
            self._printed(header["stream"], text, call)
        elif op == "item":
            self._item(message)
        elif op == "progress":
            call = self.records.find(header["id"])
            if call is not None and call.outcome is None:
                call.progress = {key: header[key] for key in ("done", "total", "message")}
                call.notify()
        elif op == "answer":
            answer = self._requests.get(header["request"])
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif op == "described":
            self._described(message)
        elif op == "load-failed":
            self._load_failed(message)

    def _answered(self, call: Call, message: Message) -> None:
        lane = self._lanes.get(call.function, self._main)
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
        self.records.keep(call)
        how = "done" if outcome.ok else f"{call.state} ({outcome.message.header.get('code')})"
        started, ended = call.started_at, call.ended_at
        self.log.call(call.id, call.function, how, ended - started if started and ended else None)

    def _await_end(self, call: Call, lane: Lane) -> None:
        ping = None if lane.main else self._spawn(self._ping_worker())
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
            self._replace_worker(f"call {call.id} of {call.function} did not end when it was cancelled")
        else:
            self._replace_if_blocked()

    async def _ping_worker(self) -> None:
        with contextlib.suppress(RpcError):
            await self.ask_worker({"op": "ping"})

    def _replace_if_blocked(self) -> None:
        """Replaces a worker in which nothing runs but cancelled calls that do not end and hold up others."""
        given = [call for lane in self._every_lane() for call in lane.running.values()]
        if self._waiting and given and all(call.outcome is not None for call in given):
            self._replace_worker("calls that were cancelled did not end, and others wait for them")

    def _replace_worker(self, why: str) -> None:
        self.log.host(f"{why}; killing the worker")
        self._leave_worker(RpcError("worker-died", f"the worker was killed: {why}", hint=_RESTARTS))
        self._start_again()

    def _start_again(self) -> None:
        self.restarts += 1
        self._enter("restarting")
        self._spawn(self._start_worker())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _expire(self, call: Call, deadline_ms: int) -> None:
        with self.batch:
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

    def _printed(self, stream: Stream, text: str, call: Call | None = None) -> None:
        """Logs what was printed, and adds it to the output of its call, or of the only one that runs."""
        line = self._lines.get(stream, "") + text
        *lines, rest = line.split("\n")
        self._lines[stream] = rest if len(rest) < 8192 else ""
        for line in lines if len(rest) < 8192 else (*lines, rest):
            self.log.worker(line)
        if call is None or call.outcome is not None:
            # What a thread or a task prints that outlives its call goes to whoever watches now.
            call = self._only_running()
        if call is None:
            return
        if call.output is None:
            call.output = Output()
        data = self.mask(text).encode("utf-8", "backslashreplace")
        call.output.append(stream, data, self.limits.output_bytes)
        call.notify()

    def _only_running(self) -> Call | None:
        running = [
            call for lane in self._every_lane() for call in lane.running.values() if call.state == "running"
        ]
        return running[0] if len(running) == 1 else None

    def _described(self, message: Message) -> None:
        waiting = [call for lane in self._every_lane() for call in lane.queue]
        functions: dict[str, int] = message.header["functions"]
        self._streams = frozenset(message.header["streams"])
        self._main = Lane(1, main=True)
        self._lanes = {
            name: self._main if limit == 1 else Lane(limit, main=False) for name, limit in functions.items()
        }
        self.description = self.mask.mask_json(bytes(message.json()))
        self._waiting = 0
        for call in waiting:
            if lane := self._lanes.get(call.function):
                lane.queue.push(call)
                self._waiting += 1
            else:
                self._end(call, Outcome.of_error(call.id, self._unknown(call.function)))
        self.log.host(f"loaded {self.config.file}: {', '.join(functions)}")
        self._reloads = 0
        self._enter("ready")
        for lane in self._every_lane():
            self._pump(lane)

    def _load_failed(self, message: Message) -> None:
        error: dict[str, Any] = json.loads(self.mask.mask_json(bytes(message.json())))
        self._fail(
            RpcError(
                "load-failed",
                error["message"],
                type=error["type"],
                traceback=error["traceback"],
                hint=error["hint"],
                details=error["details"],
            )
        )
