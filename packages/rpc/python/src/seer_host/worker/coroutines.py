"""Runs what is asynchronous. Only files that need it pay for importing this."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from typing import TYPE_CHECKING, Any

from . import replies
from .context import CallContext, Cancelled, current_call
from .guards import TaskGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..messages import Buffer, Header, Message
    from .functions import Function
    from .runner import Runner


class Coroutines:
    """One loop for all of a file's coroutines, so that they can share what belongs to a loop."""

    def __init__(self, runner: Runner, *, beside: bool) -> None:
        self._runner = runner
        self._loop = asyncio.new_event_loop()
        self._beside = beside
        """Whether the loop has a thread of its own, for calls that run beside others."""
        if beside:
            threading.Thread(target=self._loop.run_forever, name="seer-async", daemon=True).start()
        else:
            asyncio.set_event_loop(self._loop)

    def guard(self) -> TaskGuard:
        return TaskGuard(self._loop)

    def run_beside(self, message: Message, context: CallContext, guard: TaskGuard) -> None:
        """Runs a call as a task beside others."""
        asyncio.run_coroutine_threadsafe(self._run_task(message, context, guard), self._loop)

    async def _run_task(self, message: Message, context: CallContext, guard: TaskGuard) -> None:
        current_call.set(context)
        runner = self._runner
        try:
            guard.begin()
            function, args, kwargs = runner.bind(message)
            parts = await self.run(function, args, kwargs, message.header, context)
        except (Cancelled, asyncio.CancelledError):
            parts = replies.cancelled(context.id)
        except BaseException as error:
            parts = replies.failure(context.id, error)
        runner.finish(context, parts)

    async def run(
        self,
        function: Function,
        args: list[Any],
        kwargs: dict[str, Any],
        header: Header,
        context: CallContext,
    ) -> list[Buffer]:
        """Runs a function to its end, and gives the message of its result."""
        value: Any = function.call(*args, **kwargs)
        if function.is_stream:
            value = await self._stream(value, header, context)
        elif inspect.isawaitable(value):
            value = await value
        return replies.result(context.id, value, self._runner.refs)

    async def _stream(self, values: Any, header: Header, context: CallContext) -> Any:
        if header.get("collect"):
            return [value async for value in values]
        runner = self._runner
        credit = runner.credit(context, header)
        index = 0
        try:
            async for value in values:
                # Polled, which costs a stream that has run dry a few milliseconds, and no thread.
                while not credit.take_if_any():
                    await asyncio.sleep(0.005)
                runner.send_item(context, index, value)
                index += 1
        finally:
            await values.aclose()
        return None

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine to its end from synchronous code."""
        if self._beside:
            future = asyncio.run_coroutine_threadsafe(
                _in_context(contextvars.copy_context(), work), self._loop
            )
            try:
                return future.result()
            except Cancelled:
                future.cancel()
                raise
        interrupter = self._runner.interrupter
        interrupter.task = task = self._loop.create_task(work)
        try:
            return self._loop.run_until_complete(task)
        except asyncio.CancelledError:
            raise Cancelled from None
        finally:
            interrupter.task = None

    def when_free(self, answer: Callable[[], None]) -> None:
        """Answers as soon as the loop gets on."""
        if self._beside:
            self._loop.call_soon_threadsafe(answer)
        else:
            answer()


async def wait(value: Any) -> Any:
    return await value


async def _in_context(context: contextvars.Context, work: Coroutine[Any, Any, Any]) -> Any:
    current_call.set(context.get(current_call))
    return await work
