"""The messages with which a worker answers calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from ..messages import build_message
from .encode import Unserialisable, encode
from .tracebacks import format_exception, message_of, type_of

if TYPE_CHECKING:
    from ..messages import Buffer
    from .refs import Refs


def result(call_id: str, value: Any, refs: Refs) -> list[Buffer]:
    try:
        body, buffers = encode(value, refs)
    except Unserialisable as error:
        raise RpcError("unserialisable", str(error)) from None
    if not buffers:
        return [f'{{"op":"result","id":"{call_id}"}}\n'.encode() + body]
    return build_message({"op": "result", "id": call_id}, body, buffers)


def item(call_id: str, index: int, value: Any, refs: Refs) -> list[Buffer]:
    try:
        body, buffers = encode(value, refs, f"item {index}")
    except Unserialisable as error:
        raise RpcError("unserialisable", str(error)) from None
    return build_message({"op": "item", "id": call_id, "index": index}, body, buffers)


def error(call_id: str, error: RpcError) -> list[Buffer]:
    return build_message({"op": "error", "id": call_id, "code": error.code}, error.encode())


def failure(call_id: str, raised: BaseException) -> list[Buffer]:
    """The answer to a call that raised."""
    if isinstance(raised, RpcError):
        return error(call_id, raised)
    return error(
        call_id,
        RpcError("exception", message_of(raised), type=type_of(raised), traceback=format_exception(raised)),
    )


def cancelled(call_id: str) -> list[Buffer]:
    return error(call_id, RpcError("cancelled", "the call was cancelled"))


def too_large(call_id: str, size: int, limit: int) -> list[Buffer]:
    return error(call_id, RpcError("too-large", f"the result has {size} bytes; at most {limit} are sent"))
