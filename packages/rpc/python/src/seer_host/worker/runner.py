"""Runs calls: most on the main thread, one at a time; those that opted into it beside one another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from . import replies
from .context import CallContext, Cancelled, Interrupter, current_call
from .credit import DEFAULT_CREDIT, Credit, Credits
from .decode import BadValue, decode
from .sharing import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..messages import Buffer, Header, Message
    from .channel import Channel
    from .coroutines import Coroutines
    from .functions import Function
    from .guards import ThreadGuard
    from .output import CallStream
    from .refs import Refs
    from .sharing import Sharing


class Runner:
    """Everything between the message of a call and the message of its result."""

    def __init__(
        self,
        channel: Channel,
        interrupter: Interrupter,
        refs: Refs,
        streams: tuple[CallStream, ...],
        sharing: Sharing | None,
        max_bytes: int,
    ) -> None:
        self.interrupter = interrupter
        self.refs = refs
        self._channel = channel
        self._streams = streams
        self._sharing = sharing
        self._max_bytes = max_bytes
        self._functions: dict[str, Function] = {}
        self._credits = Credits()
        self._cancels: dict[int, Callable[[], None]] = {}
        self._coroutines: Coroutines | None = None

    def serve(self, functions: dict[str, Function]) -> None:
        """Takes the functions, and prepares what they need."""
        self._functions = functions
        asynchronous = [function for function in functions.values() if function.is_async]
        if asynchronous:
            self._begin_coroutines(beside=any(function.concurrency > 1 for function in asynchronous))

    def _begin_coroutines(self, *, beside: bool) -> Coroutines:
        from .coroutines import Coroutines

        self._coroutines = Coroutines(self, beside=beside)
        return self._coroutines

    # Entering calls

    def run_main(self, message: Message) -> None:
        """Runs a call on the main thread."""
        header = message.header
        seq: int = header["seq"]
        interrupter = self.interrupter
        context = CallContext(header["id"], seq)
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
            parts = replies.cancelled(context.id)
        finally:
            current_call.reset(token)
        self.finish(context, parts)
        self._credits.passed(seq)

    def run_beside(self, message: Message) -> None:
        """Runs a call of a function that may run several times at once."""
        header = message.header
        context = CallContext(header["id"], header["seq"])
        function = self._functions[header["function"]]
        if function.is_stream:
            self.credit(context, header)
        if function.is_async:
            assert self._coroutines is not None
            task = self._coroutines.guard()
            self._cancels[context.seq] = task.cancel
            self._coroutines.run_beside(message, context, task)
            return
        from .guards import ThreadGuard

        guard = ThreadGuard()
        self._cancels[context.seq] = guard.cancel
        try:
            threading.Thread(target=self._run_thread, args=(message, context, guard), daemon=True).start()
        except RuntimeError as error:  # no more threads, or no memory for one
            self.finish(context, replies.failure(context.id, error))

    def _run_thread(self, message: Message, context: CallContext, guard: ThreadGuard) -> None:
        current_call.set(context)
        self.interrupter.guard_thread(guard)
        try:
            try:
                guard.begin()
                parts = self._run(message, context)
            finally:
                guard.end()
        except Cancelled:
            guard.end()
            parts = replies.cancelled(context.id)
        self.finish(context, parts)

    def finish(self, context: CallContext, parts: list[Buffer]) -> None:
        """Sends the message that ends a call."""
        if context.partial:
            for stream in self._streams:
                stream.flush_of(context)
        if self._cancels:
            self._cancels.pop(context.seq, None)
        self._credits.end(context.seq)
        size = sum(map(len, parts)) if len(parts) > 1 else len(parts[0])
        if size > self._max_bytes:
            parts = replies.too_large(context.id, size, self._max_bytes)
        self._send(parts, size)

    def _send(self, parts: list[Buffer], size: int) -> None:
        sharing = self._sharing
        if sharing is None:
            self._channel.send(*parts)
            return
        if size >= LARGE:
            parts = sharing.leave(parts, size)
        self._channel.send(*parts, then=sharing.forgot() if sharing.has_forgotten else b"")

    # Inside calls

    def _run(self, message: Message, context: CallContext) -> list[Buffer]:
        """Runs a call to its end in this thread, and gives the message that ends it."""
        try:
            function, args, kwargs = self.bind(message)
            if function.is_async:
                assert self._coroutines is not None
                work = self._coroutines.run(function, args, kwargs, message.header, context)
                return self._coroutines.wait_for(work)
            value = function.call(*args, **kwargs)
            if function.is_stream:
                value = self._stream(value, message.header, context)
            elif hasattr(value, "__await__"):
                value = self._wait_for(value)
            return replies.result(context.id, value, self.refs)
        except Cancelled:
            raise
        except BaseException as error:
            return replies.failure(context.id, error)

    def _wait_for(self, value: Any) -> Any:
        """What a function that is not `async` itself has returned to be awaited."""
        from .coroutines import wait

        coroutines = self._coroutines or self._begin_coroutines(beside=False)
        return coroutines.wait_for(wait(value))

    def bind(self, message: Message) -> tuple[Function, list[Any], dict[str, Any]]:
        """The function of a call, and its arguments."""
        function = self._functions[message.header["function"]]
        try:
            arguments = decode(message.json(), message.buffers(), self.refs)
        except BadValue as error:
            raise RpcError("invalid-arguments", f"{function.name}: {error}") from None
        return function, *function.bind(arguments)

    def _stream(self, values: Any, header: Header, context: CallContext) -> Any:
        """Sends what a generator yields as it comes, or gathers it where it is to be one list."""
        if header.get("collect"):
            return list(values)
        credit = self.credit(context, header)
        try:
            for index, value in enumerate(values):
                credit.take()
                self.send_item(context, index, value)
        finally:
            values.close()
        return None

    def send_item(self, context: CallContext, index: int, value: Any) -> None:
        parts = replies.item(context.id, index, value, self.refs)
        with self.interrupter:
            self._send(parts, sum(map(len, parts)))

    def credit(self, context: CallContext, header: Header) -> Credit:
        return self._credits.of(context.seq, header.get("credit", DEFAULT_CREDIT))

    # From the control thread

    def when_free(self, answer: Callable[[], None]) -> None:
        """Answers as soon as calls that run beside others get on."""
        if self._coroutines is not None:
            self._coroutines.when_free(answer)
        else:
            answer()

    def cancel(self, seq: int, call_id: str) -> None:
        if (cancel := self._cancels.get(seq)) is not None:
            cancel()
        elif self.interrupter.cancel(seq):
            self._channel.send(*replies.cancelled(call_id))

    def grant(self, seq: int, items: int) -> None:
        self._credits.grant(seq, items)
