"""The message with which the worker is given a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import DEFAULT_CREDIT
from .lanes import SMALL

if TYPE_CHECKING:
    from ..messages import Buffer
    from .calls import Call
    from .shared import Shared


def call_frame(call: Call, shared: Shared | None) -> tuple[Buffer, ...]:
    """In pieces; the arguments are those of the request, or the place in shared memory where that lies."""
    request = call.request
    assert request is not None
    data, body = request.data, request.body
    header = f'{{"op":"call","seq":{call.seq},"id":"{call.id}","function":"{call.function}"'
    if call.collect:
        header += ',"collect":true'
    if call.given != DEFAULT_CREDIT:
        header += f',"credit":{call.given}'
    if shared is not None and shared.has_forgotten:
        header += shared.forgotten_results()
    parts = ""
    if "buffers" in request.header:
        lengths = ",".join(map(str, request.header["buffers"]))
        parts = f'"json":{request.header["json"]},"buffers":[{lengths}]'
    if type(data) is memoryview and shared is not None and (place := shared.give(data)) is not None:
        where = f'"place":{place},"size":{len(data)},"body":{body},"parts":{{{parts}}}'
        return (f'{header},"shared":{{{where}}}}}\n'.encode(),)
    if parts:
        header += f",{parts}"
        # The buffers were aligned for a header of another length.
        header += " " * ((body - len(header.encode()) - 2) % 8)
    line = (header + "}\n").encode()
    if len(data) - body < SMALL:
        return (line + data[body:],)
    return line, memoryview(data)[body:]
