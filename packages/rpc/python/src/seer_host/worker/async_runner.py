"""Awaits the results of functions. Imported only when needed, because asyncio is slow to import."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any

from .concurrent_interrupters import TaskInterrupter
from .context import CallCancelled
from .returned import Items, is_awaitable, yields, yields_asynchronously

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..messages import Buffer, Header, Message
    from .context import CallContext
    from .functions import ServedFunction
    from .runner import CallRunner

_LISTEN_S = 0.1
_POLL_S = 0.005


async def respond(
    runner: CallRunner, function: ServedFunction, value: Any, header: Header, context: CallContext
) -> list[Buffer]:
    """Awaits a function's result, and returns the message that ends its call."""
    while is_awaitable(value):
        value = await value
    if not yields_asynchronously(value) and not yields(value, function):
        # Copied, because other tasks may change it before it is sent.
        return runner.result(function, context, value, copy=True)
    items = Items(runner, function, header, context)
    try:
        if yields_asynchronously(value):
            async for item in value:
                await _send(items, item)
        else:
            for item in value:
                await _send(items, item)
    finally:
        if (aclose := getattr(value, "aclose", None)) is not None:
            await aclose()
        elif (close := getattr(value, "close", None)) is not None:
            close()
    return items.end()


async def _send(items: Items, item: Any) -> None:
    message = items.encode(item)
    if message is None or items.credit is None:
        return
    # Polling needs no thread, and delays only streams that have no credit.
    while not items.credit.take_if_any():
        await asyncio.sleep(_POLL_S)
    items.send(message)


class MainThreadLoop:
    """The main thread's event loop, which runs one call at a time."""

    def __init__(self, runner: CallRunner) -> None:
        self._runner = runner
        self._loop = _loop_of_this_thread()
        self._raised: BaseException | None = None

    def run(self, work: Coroutine[Any, Any, list[Buffer]], context: CallContext) -> list[Buffer]:
        """Runs a call's coroutine and returns the message that ends the call."""
        if self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        # `asyncio.run` in an earlier call unsets the current loop.
        asyncio.set_event_loop(self._loop)
        self._raised = None
        interrupter = self._runner.interrupter
        interrupter.task = task = self._loop.create_task(self._run(work, context))
        try:
            while True:
                try:
                    return self._loop.run_until_complete(task)
                except BaseException as error:
                    if task.done():
                        return self._runner.failure(context, error)
                    # Raised by the loop or another task of the call; end the call with this error.
                    self._raised = error
                    task.cancel()
        finally:
            interrupter.task = None

    async def _run(self, work: Coroutine[Any, Any, list[Buffer]], context: CallContext) -> list[Buffer]:
        try:
            return await work
        except BaseException as error:
            return self._runner.failure(context, self._raised or error)


class LoopThread:
    """An event loop in its own thread, which concurrent calls share, as well as locks and sessions in it."""

    def __init__(self, runner: CallRunner) -> None:
        self._runner = runner
        self._loop = _loop_of_this_thread()
        self._running = 0
        threading.Thread(target=self._run_loop, name="seer-async", daemon=True).start()

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._loop.is_closed():
            # Restart the loop if a task stops it with KeyboardInterrupt or SystemExit.
            with contextlib.suppress(BaseException):
                self._loop.run_forever()

    def interrupter(self, context: CallContext) -> TaskInterrupter:
        return TaskInterrupter(context, self._loop)

    def start(self, message: Message, context: CallContext, interrupter: TaskInterrupter) -> None:
        """Starts a call as a task in the current context, and sends its result."""

        async def work() -> list[Buffer]:
            function, args, kwargs = self._runner.bind(message)
            value = function.call(*args, **kwargs)
            return await respond(self._runner, function, value, message.header, context)

        def finish(parts: list[Buffer]) -> None:
            self._runner.finish(context, parts)

        asyncio.run_coroutine_threadsafe(self._run(work, context, interrupter, finish), self._loop)

    def run(self, work: Coroutine[Any, Any, list[Buffer]], context: CallContext) -> list[Buffer]:
        """Runs the coroutine of a call that belongs to another thread; returns the message that ends it."""
        interrupter = self.interrupter(context)
        future = asyncio.run_coroutine_threadsafe(self._run(lambda: work, context, interrupter), self._loop)
        while True:
            try:
                return future.result(_LISTEN_S)
            except FutureTimeoutError:
                continue  # wakes up regularly, because an asynchronous exception does not end a wait
            except CallCancelled:
                interrupter.cancel()

    async def _run(
        self,
        work: Callable[[], Coroutine[Any, Any, list[Buffer]]],
        context: CallContext,
        interrupter: TaskInterrupter,
        finish: Callable[[list[Buffer]], None] | None = None,
    ) -> list[Buffer]:
        settings = self._runner.settings
        settings.apply_to_context()
        if not self._running:
            # Concurrent tasks share the settings of the thread, so apply them only for the first.
            settings.apply_to_thread()
        self._running += 1
        try:
            interrupter.begin()
            parts = await work()
        except BaseException as error:
            # Caught in the outermost coroutine, because GeneratorExit closes the inner ones.
            parts = self._runner.failure(context, error)
        finally:
            self._running -= 1
        if finish is not None:
            finish(parts)
        return parts

    def when_free(self, answer: Callable[[], None]) -> None:
        """Calls `answer` once the event loop responds."""
        self._loop.call_soon_threadsafe(answer)


def _loop_of_this_thread() -> asyncio.AbstractEventLoop:
    """The event loop that the file has set, to which its objects may be bound; otherwise a new one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            loop = asyncio.get_event_loop()
        except RuntimeError:
            loop = None
    if loop is None or loop.is_closed() or loop.is_running():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    return loop
