"""Runs calls: one at a time on the main thread, or concurrently if the function allows it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from . import responses
from .context import CallCancelled, CallContext, current_call
from .credit import DEFAULT_CREDIT, Credit, Credits
from .decode import MalformedValue, decode
from .message_memory import LARGE
from .returned import Items, is_awaitable, yields, yields_asynchronously
from .settings import LoadSettings
from .tracebacks import format_exception

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..messages import Buffer, Header, Message
    from .async_runner import LoopThread, MainThreadLoop
    from .channel import Channel
    from .concurrent_interrupters import ThreadInterrupter
    from .functions import ServedFunction
    from .interrupter import MainThreadInterrupter
    from .message_memory import MessageMemory
    from .output_flush import OutputFlush
    from .refs import Refs


class CallRunner:
    """Runs the call in a message and sends the message with its result."""

    def __init__(
        self,
        channel: Channel,
        interrupter: MainThreadInterrupter,
        refs: Refs,
        flush_output: OutputFlush,
        memory: MessageMemory | None,
        max_bytes: int,
    ) -> None:
        self.interrupter = interrupter
        self.refs = refs
        self.settings = LoadSettings()
        self._channel = channel
        self._flush_output = flush_output
        self._memory = memory
        self._max_bytes = max_bytes
        self._functions: dict[str, ServedFunction] = {}
        self._has_concurrent = False
        self._credits = Credits()
        self._cancels: dict[int, Callable[[], None]] = {}
        self._main_loop: MainThreadLoop | None = None
        self._loop_thread: LoopThread | None = None

    def serve(self, functions: dict[str, ServedFunction]) -> None:
        """Sets the functions to serve, and captures the settings that their file has made."""
        self.settings = LoadSettings()
        self._functions = functions
        self._has_concurrent = any(function.concurrency > 1 for function in functions.values())
        asynchronous = [function for function in functions.values() if function.is_async]
        if any(function.concurrency > 1 for function in asynchronous):
            self._start_loop_thread()
        elif asynchronous:
            self._start_main_loop()

    def _start_main_loop(self) -> MainThreadLoop:
        from .async_runner import MainThreadLoop

        self._main_loop = MainThreadLoop(self)
        return self._main_loop

    def _start_loop_thread(self) -> LoopThread:
        from .async_runner import LoopThread

        self._loop_thread = LoopThread(self)
        return self._loop_thread

    # Starting and ending calls

    def run_on_main_thread(self, message: Message) -> None:
        """Runs a call on the main thread."""
        header = message.header
        context = CallContext(header["id"], header["seq"])
        self.settings.context().run(self._run_on_main_thread, message, context)
        self._credits.drop_until(context.seq)

    def _run_on_main_thread(self, message: Message, context: CallContext) -> None:
        interrupter = self.interrupter
        current_call.set(context)
        try:
            try:
                if not interrupter.begin(context):
                    return  # cancelled before it started, which has been reported
                parts = self._run(message, context)
            finally:
                interrupter.end()
        except CallCancelled:
            interrupter.end()
            parts = responses.cancelled(context.id)
        self.finish(context, parts)

    def run_concurrently(self, message: Message) -> None:
        """Runs a call of a function with `concurrency` above 1."""
        header = message.header
        context = CallContext(header["id"], header["seq"])
        function = self._functions[header["function"]]
        if function.is_stream:
            self.credit(context, header)
        if function.is_async:
            assert self._loop_thread is not None
            task = self._loop_thread.interrupter(context)
            self._cancels[context.seq] = task.cancel
            run = self.settings.context()
            run.run(current_call.set, context)
            run.run(self._loop_thread.start, message, context, task)
            return
        from .concurrent_interrupters import ThreadInterrupter

        interrupter = ThreadInterrupter(context)
        self._cancels[context.seq] = interrupter.cancel
        arguments = (self._run_in_thread, message, context, interrupter)
        try:
            threading.Thread(target=self.settings.context().run, args=arguments, daemon=True).start()
        except RuntimeError as error:  # too many threads, or no memory for one
            self.finish(context, responses.failure(context.id, error))

    def _run_in_thread(self, message: Message, context: CallContext, interrupter: ThreadInterrupter) -> None:
        current_call.set(context)
        self.interrupter.set_thread_interrupter(interrupter)
        try:
            try:
                interrupter.begin()
                parts = self._run(message, context)
            finally:
                interrupter.end()
        except CallCancelled:
            interrupter.end()
            parts = responses.cancelled(context.id)
        self.finish(context, parts)

    def finish(self, context: CallContext, parts: list[Buffer]) -> None:
        """Sends the message that ends a call."""
        self._flush_output(context)
        if self._cancels:
            self._cancels.pop(context.seq, None)
        self._credits.end(context.seq)
        size = sum(map(len, parts)) if len(parts) > 1 else len(parts[0])
        if size > self._max_bytes:
            parts = responses.too_large(context.id, size, self._max_bytes)
        self._send(parts, size)

    def _send(self, parts: list[Buffer], size: int) -> None:
        memory = self._memory
        if memory is None:
            self._channel.send(*parts)
            return
        if size >= LARGE:
            parts = memory.write(parts, size)
        self._channel.send(*parts, then=memory.released_message() if memory.has_released else b"")

    # During calls

    def _run(self, message: Message, context: CallContext) -> list[Buffer]:
        """Runs a call in this thread and returns the message that ends it."""
        try:
            self.settings.apply_to_context()
            self.settings.apply_to_thread()
            function, args, kwargs = self.bind(message)
            value = function.call(*args, **kwargs)
            if is_awaitable(value) or yields_asynchronously(value):
                return self._await(function, value, message.header, context)
            if yields(value, function):
                return Items(self, function, message.header, context).take(value)
            return self.result(function, context, value)
        except CallCancelled:
            raise
        except BaseException as error:
            return self.failure(context, error)

    def _await(
        self, function: ServedFunction, value: Any, header: Header, context: CallContext
    ) -> list[Buffer]:
        """Awaits a function's result in the main thread's event loop or in that of concurrent calls."""
        from .async_runner import respond

        loop: MainThreadLoop | LoopThread | None = self._loop_thread
        if threading.current_thread() is threading.main_thread():
            loop = self._main_loop or loop or self._start_main_loop()
        loop = loop or self._start_loop_thread()
        return loop.run(respond(self, function, value, header, context), context)

    def bind(self, message: Message) -> tuple[ServedFunction, list[Any], dict[str, Any]]:
        """Decodes the arguments of a call."""
        function = self._functions[message.header["function"]]
        try:
            arguments = decode(message.json(), message.buffers(), self.refs)
        except MalformedValue as error:
            raise RpcError("invalid-arguments", f"{function.name}: {error}") from None
        return function, *function.bind(arguments)

    def result(
        self, function: ServedFunction, context: CallContext, value: Any, *, copy: bool = False
    ) -> list[Buffer]:
        # A concurrent call may change an array before it is sent; shared memory copies it immediately.
        copy = copy or (self._has_concurrent and self._memory is None)
        return responses.result(context.id, function.prepare(value), self.refs, copy=copy)

    def failure(self, context: CallContext, error: BaseException) -> list[Buffer]:
        """The message for a call that raised an exception or was interrupted by the host."""
        if not context.cancelled:
            return responses.failure(context.id, error)
        if type(error).__name__ not in ("CallCancelled", "CancelledError"):
            # The caller learns that the call was cancelled; log the exception.
            self._flush_output.stderr.write(format_exception(error))
        return responses.cancelled(context.id)

    def check_size(self, size: int) -> None:
        """Raises if collected items are too large, because a stream may never end."""
        if size > self._max_bytes:
            raise RpcError("too-large", f"the result has more than {self._max_bytes} bytes")

    def stream_encoder(
        self, function: ServedFunction, context: CallContext, *, collect: bool
    ) -> responses.StreamEncoder:
        return responses.StreamEncoder(context.id, self.refs, function.prepare, collect=collect)

    def send_item(self, context: CallContext, parts: list[Buffer]) -> None:
        with self.interrupter:
            self._flush_output(context)
            self._send(parts, sum(map(len, parts)))

    def credit(self, context: CallContext, header: Header) -> Credit:
        return self._credits.get(context.seq, header.get("credit", DEFAULT_CREDIT))

    # Called by the control thread

    def when_free(self, answer: Callable[[], None]) -> None:
        """Calls `answer` once the event loop of concurrent calls responds."""
        if self._loop_thread is not None:
            self._loop_thread.when_free(answer)
        else:
            answer()

    def cancel(self, seq: int, call_id: str) -> None:
        if (cancel := self._cancels.get(seq)) is not None:
            cancel()
        elif self.interrupter.cancel(seq):
            self._channel.send(*responses.cancelled(call_id))

    def grant(self, seq: int, items: int) -> None:
        self._credits.grant(seq, items)
