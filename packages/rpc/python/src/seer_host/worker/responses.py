"""The messages that end calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from ..messages import build_message
from .encode import ListEncoder, Unserialisable, encode
from .exception_details import details_of
from .tracebacks import format_exception, message_of, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..messages import Buffer
    from .refs import Refs


def result(call_id: str, value: Any, refs: Refs, *, copy: bool = False) -> list[Buffer]:
    body, buffers = encode(value, refs, copy=copy)
    if not buffers:
        return [f'{{"op":"result","id":"{call_id}"}}\n'.encode() + body]
    return build_message({"op": "result", "id": call_id}, body, buffers)


class StreamEncoder:
    """Encodes the items of a stream when they are yielded, because a generator may change them later."""

    def __init__(self, call_id: str, refs: Refs, prepare: Callable[[Any], Any], *, collect: bool) -> None:
        self._call_id = call_id
        self._refs = refs
        self._prepare = prepare
        self._collected = ListEncoder(refs) if collect else None
        self._index = 0

    def item(self, value: Any) -> list[Buffer] | None:
        """The message of an item; None if the items are collected into one result."""
        value = self._prepare(value)
        index = self._index
        self._index += 1
        if self._collected is not None:
            self._collected.append(value, f"item {index}")
            return None
        body, buffers = encode(value, self._refs, f"item {index}", copy=True)
        return build_message({"op": "item", "id": self._call_id, "index": index}, body, buffers)

    @property
    def collected(self) -> int:
        """The size of the collected items in bytes."""
        return 0 if self._collected is None else self._collected.size

    def result(self) -> list[Buffer]:
        """The message that ends the stream."""
        if self._collected is None:
            return build_message({"op": "result", "id": self._call_id, "items": self._index}, b"null")
        return build_message({"op": "result", "id": self._call_id}, *self._collected.finish())


def error(call_id: str, error: RpcError) -> list[Buffer]:
    return build_message({"op": "error", "id": call_id, "code": error.code}, error.encode())


def failure(call_id: str, raised: BaseException) -> list[Buffer]:
    """The message for a call that raised."""
    if isinstance(raised, RpcError):
        return error(call_id, raised)
    if isinstance(raised, Unserialisable):
        return error(call_id, RpcError("unserialisable", str(raised)))
    return error(
        call_id,
        RpcError(
            "exception",
            message_of(raised),
            type=type_of(raised),
            traceback=format_exception(raised),
            details=details_of(raised),
        ),
    )


def cancelled(call_id: str) -> list[Buffer]:
    return error(call_id, RpcError("cancelled", "the call was cancelled"))


def too_large(call_id: str, size: int, limit: int) -> list[Buffer]:
    return error(call_id, RpcError("too-large", f"the result has {size} bytes; the maximum is {limit}"))
