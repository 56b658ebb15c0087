"""Runs calls: most on the main thread, one at a time; those that opted into it beside one another."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from ..messages import Message, build_message
from .context import CallContext, Cancelled, Interrupter, current_call
from .decode import BadValue, decode
from .encode import Unserialisable, encode
from .guards import TaskGuard, ThreadGuard
from .tracebacks import format_exception, message_of, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..messages import Buffer, Header
    from .channel import Channel
    from .functions import Function
    from .output import CallStream
    from .refs import Refs

_CREDIT = 16


class Credit:
    """How many items a stream may still send; waiting for more can be interrupted."""

    def __init__(self, items: int) -> None:
        self._left = items
        self._granted = threading.Condition()

    def take(self) -> None:
        with self._granted:
            while self._left <= 0:
                self._granted.wait()
            self._left -= 1

    async def take_async(self) -> None:
        # Polled, which costs a stream that has run dry a few milliseconds and needs no thread of its own.
        while self._left <= 0:
            await asyncio.sleep(0.005)
        with self._granted:
            self._left -= 1

    def grant(self, items: int) -> None:
        with self._granted:
            self._left += items
            self._granted.notify_all()


class Runner:
    """Everything between the message of a call and the message of its result."""

    def __init__(
        self,
        channel: Channel,
        interrupter: Interrupter,
        refs: Refs,
        streams: tuple[CallStream, ...],
        max_bytes: int,
    ) -> None:
        self._channel = channel
        self._interrupter = interrupter
        self._refs = refs
        self._streams = streams
        self._max_bytes = max_bytes
        self._functions: dict[str, Function] = {}
        self._credits: dict[int, Credit] = {}
        self._granted: dict[int, int] = {}
        self._granting = threading.Lock()
        self._cancels: dict[int, Callable[[], None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_has_thread = False

    def serve(self, functions: dict[str, Function]) -> None:
        """Takes the functions, and prepares what they need."""
        self._functions = functions
        asynchronous = [function for function in functions.values() if function.is_async]
        if asynchronous:
            # One loop for all of them, so that they can share what belongs to a loop, such as a client.
            self._loop = asyncio.new_event_loop()
            if any(function.concurrency > 1 for function in asynchronous):
                self._loop_has_thread = True
                threading.Thread(target=self._loop.run_forever, name="seer-async", daemon=True).start()
            else:
                asyncio.set_event_loop(self._loop)

    # Entering calls

    def run_main(self, message: Message) -> None:
        """Runs a call on the main thread."""
        header = message.header
        call_id: str = header["id"]
        seq: int = header["seq"]
        interrupter = self._interrupter
        context = CallContext(call_id, seq)
        token = current_call.set(context)
        try:
            try:
                if not interrupter.begin(seq):
                    return  # its end has been reported
                parts = self._run(message, context)
            finally:
                interrupter.end()
        except Cancelled:
            interrupter.end()
            parts = _cancelled(call_id)
        finally:
            current_call.reset(token)
        self._finish(context, parts)
        if self._granted:
            self._forget_grants(seq)

    def run_beside(self, message: Message) -> None:
        """Runs a call of a function that may run several times at once."""
        header = message.header
        context = CallContext(header["id"], header["seq"])
        function = self._functions[header["function"]]
        if function.is_stream:
            self._credit(context, header)
        if function.is_async:
            assert self._loop is not None
            guard = TaskGuard(self._loop)
            self._cancels[context.seq] = guard.cancel
            asyncio.run_coroutine_threadsafe(self._run_task(message, context, guard), self._loop)
            return
        guard = ThreadGuard()
        self._cancels[context.seq] = guard.cancel
        try:
            threading.Thread(target=self._run_thread, args=(message, context, guard), daemon=True).start()
        except RuntimeError as error:  # no more threads, or no memory for one
            self._finish(context, _failure(context.id, error))

    def _run_thread(self, message: Message, context: CallContext, guard: ThreadGuard) -> None:
        current_call.set(context)
        self._interrupter.guard_thread(guard)
        try:
            try:
                guard.begin()
                parts = self._run(message, context)
            finally:
                guard.end()
        except Cancelled:
            guard.end()
            parts = _cancelled(context.id)
        self._finish(context, parts)

    async def _run_task(self, message: Message, context: CallContext, guard: TaskGuard) -> None:
        current_call.set(context)
        try:
            guard.begin()
            parts = await self._run_async(message, context)
        except (Cancelled, asyncio.CancelledError):
            parts = _cancelled(context.id)
        self._finish(context, parts)

    def _finish(self, context: CallContext, parts: list[Buffer]) -> None:
        if context.partial:
            for stream in self._streams:
                stream.flush_of(context)
        self._cancels.pop(context.seq, None)
        self._credits.pop(context.seq, None)
        if sum(map(len, parts)) > self._max_bytes:
            size = sum(map(len, parts))
            limit = self._max_bytes
            parts = _error(
                context.id, RpcError("too-large", f"the result has {size} bytes; at most {limit} are sent")
            )
        self._channel.send(*parts)

    # Inside calls

    def _run(self, message: Message, context: CallContext) -> list[Buffer]:
        """Runs a call to its end in this thread, and gives the message that ends it."""
        try:
            function = self._functions[message.header["function"]]
            args, kwargs = self._bind(function, message)
            if function.is_async:
                return self._wait_for(self._run_bound(function, args, kwargs, message.header, context))
            value = function.call(*args, **kwargs)
            if function.is_stream:
                value = self._stream(value, message.header, context)
            elif inspect.isawaitable(value):
                value = self._wait_for(_awaited(value))
            return self._result(context.id, value)
        except Cancelled:
            raise
        except BaseException as error:
            return _failure(context.id, error)

    async def _run_async(self, message: Message, context: CallContext) -> list[Buffer]:
        try:
            function = self._functions[message.header["function"]]
            args, kwargs = self._bind(function, message)
            return await self._run_bound(function, args, kwargs, message.header, context)
        except (Cancelled, asyncio.CancelledError):
            raise
        except BaseException as error:
            return _failure(context.id, error)

    async def _run_bound(
        self,
        function: Function,
        args: list[Any],
        kwargs: dict[str, Any],
        header: Header,
        context: CallContext,
    ) -> list[Buffer]:
        value: Any = function.call(*args, **kwargs)
        if function.is_stream:
            value = await self._stream_async(value, header, context)
        elif inspect.isawaitable(value):
            value = await value
        return self._result(context.id, value)

    def _wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine from synchronous code, on the loop that all of the file's coroutines share."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        context = contextvars.copy_context()
        if self._loop_has_thread:
            future = asyncio.run_coroutine_threadsafe(_in_context(context, work), self._loop)
            try:
                return future.result()
            except Cancelled:
                future.cancel()
                raise
        self._interrupter.task = task = self._loop.create_task(work)
        try:
            return self._loop.run_until_complete(task)
        except asyncio.CancelledError:
            raise Cancelled from None
        finally:
            self._interrupter.task = None

    def _bind(self, function: Function, message: Message) -> tuple[list[Any], dict[str, Any]]:
        try:
            arguments = decode(message.json(), message.buffers(), self._refs)
        except BadValue as error:
            raise RpcError("invalid-arguments", f"{function.name}: {error}") from None
        return function.bind(arguments)

    def _result(self, call_id: str, value: Any) -> list[Buffer]:
        try:
            body, buffers = encode(value, self._refs)
        except Unserialisable as error:
            raise RpcError("unserialisable", str(error)) from None
        if not buffers:
            return [f'{{"op":"result","id":"{call_id}"}}\n'.encode() + body]
        return build_message({"op": "result", "id": call_id}, body, buffers)

    def _stream(self, values: Any, header: Header, context: CallContext) -> Any:
        """Sends what a generator yields as it comes, or gathers it where it is to be one list."""
        if header.get("collect"):
            return list(values)
        credit = self._credit(context, header)
        try:
            for index, value in enumerate(values):
                credit.take()
                parts = self._item(context.id, index, value)
                with self._interrupter:
                    self._channel.send(*parts)
        finally:
            values.close()
        return None

    async def _stream_async(self, values: Any, header: Header, context: CallContext) -> Any:
        if header.get("collect"):
            return [value async for value in values]
        credit = self._credit(context, header)
        index = 0
        try:
            async for value in values:
                await credit.take_async()
                parts = self._item(context.id, index, value)
                with self._interrupter:
                    self._channel.send(*parts)
                index += 1
        finally:
            await values.aclose()
        return None

    def _credit(self, context: CallContext, header: Header) -> Credit:
        with self._granting:
            credit = self._credits.get(context.seq)
            if credit is None:
                credit = Credit(header.get("credit", _CREDIT) + self._granted.pop(context.seq, 0))
                self._credits[context.seq] = credit
            return credit

    def _item(self, call_id: str, index: int, value: Any) -> list[Buffer]:
        try:
            body, buffers = encode(value, self._refs, f"item {index}")
        except Unserialisable as error:
            raise RpcError("unserialisable", str(error)) from None
        return build_message({"op": "item", "id": call_id, "index": index}, body, buffers)

    # From the control thread

    def when_free(self, answer: Callable[[], None]) -> None:
        """Answers as soon as calls that run beside others get on."""
        if self._loop is not None and self._loop_has_thread:
            self._loop.call_soon_threadsafe(answer)
        else:
            answer()

    def cancel(self, seq: int, call_id: str) -> None:
        if (cancel := self._cancels.get(seq)) is not None:
            cancel()
        elif self._interrupter.cancel(seq):
            self._channel.send(*_cancelled(call_id))

    def grant(self, seq: int, items: int) -> None:
        with self._granting:
            credit = self._credits.get(seq)
            if credit is None:
                # The main thread has not come to the call yet, or is beyond it.
                self._granted[seq] = self._granted.get(seq, 0) + items
                return
        credit.grant(items)

    def _forget_grants(self, seq: int) -> None:
        with self._granting:
            self._granted = {later: items for later, items in self._granted.items() if later > seq}


async def _awaited(value: Any) -> Any:
    return await value


async def _in_context(context: contextvars.Context, work: Coroutine[Any, Any, Any]) -> Any:
    current_call.set(context.get(current_call))
    return await work


def _failure(call_id: str, error: BaseException) -> list[Buffer]:
    if isinstance(error, RpcError):
        return _error(call_id, error)
    return _error(
        call_id,
        RpcError("exception", message_of(error), type=type_of(error), traceback=format_exception(error)),
    )


def _cancelled(call_id: str) -> list[Buffer]:
    return _error(call_id, RpcError("cancelled", "the call was cancelled"))


def _error(call_id: str, error: RpcError) -> list[Buffer]:
    return build_message({"op": "error", "id": call_id, "code": error.code}, error.encode())
