"""Determines what a function returned: a value, an awaitable, or an iterator of items.

The signature is not enough, because decorators may change what a function returns and keep its signature.
"""

from __future__ import annotations

import inspect
import io
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..messages import Buffer, Header
    from .context import CallContext
    from .credit import Credit
    from .functions import ServedFunction
    from .runner import CallRunner


def is_awaitable(value: Any) -> bool:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is types.GeneratorType:
        return bool(value.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE)
    return hasattr(kind, "__await__")


def yields_asynchronously(value: Any) -> bool:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    return hasattr(kind, "__aiter__")


def yields(value: Any, function: ServedFunction) -> bool:
    """Whether to send the items of a value instead of the value itself."""
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if hasattr(kind, "__next__"):
        return not isinstance(value, io.IOBase)
    # A decorator may have turned a stream into a list, but callers still expect a stream.
    return function.is_stream and isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


class Items:
    """Sends the items of a call one by one, or as one list if callers do not expect a stream."""

    def __init__(
        self, runner: CallRunner, function: ServedFunction, header: Header, context: CallContext
    ) -> None:
        collect = bool(header.get("collect")) or not function.is_stream
        self.credit: Credit | None = None if collect else runner.credit(context, header)
        self._runner = runner
        self._context = context
        self._encoder = runner.stream_encoder(function, context, collect=collect)

    def take(self, values: Iterable[Any]) -> list[Buffer]:
        """Sends the items of an iterable, and returns the message that ends the call."""
        try:
            for value in values:
                message = self.encode(value)
                if message is not None and self.credit is not None:
                    self.credit.take()
                    self.send(message)
        finally:
            if (close := getattr(values, "close", None)) is not None:
                close()
        return self.end()

    def encode(self, value: Any) -> list[Buffer] | None:
        """The message of an item; None if all items are sent as one list."""
        message = self._encoder.item(value)
        self._runner.check_size(self._encoder.collected)
        return message

    def send(self, message: list[Buffer]) -> None:
        self._runner.send_item(self._context, message)

    def end(self) -> list[Buffer]:
        return self._encoder.result()
