"""The message that sends a call to the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import DEFAULT_CREDIT
from .scheduler import SMALL

if TYPE_CHECKING:
    from ..messages import Buffer
    from .calls import Call
    from .message_memory import MessageMemory


def call_frame(call: Call, memory: MessageMemory | None) -> tuple[Buffer, ...]:
    """The parts of the message, with the arguments or their location in shared memory."""
    request = call.request
    assert request is not None
    data, body = request.data, request.body
    header = f'{{"op":"call","seq":{call.seq},"id":"{call.id}","function":"{call.function}"'
    if call.collect:
        header += ',"collect":true'
    if call.credit_sent != DEFAULT_CREDIT:
        header += f',"credit":{call.credit_sent}'
    if memory is not None and memory.has_released:
        header += memory.released_field()
    parts = ""
    if "buffers" in request.header:
        lengths = ",".join(map(str, request.header["buffers"]))
        parts = f'"json":{request.header["json"]},"buffers":[{lengths}]'
    offset = None if memory is None else memory.hold_for_worker(data)
    if offset is not None:
        where = f'"offset":{offset},"size":{len(data)},"body":{body},"parts":{{{parts}}}'
        return (f'{header},"shared":{{{where}}}}}\n'.encode(),)
    if parts:
        header += f",{parts}"
        # Align the buffers again, because the length of the header has changed.
        header += " " * ((body - len(header.encode()) - 2) % 8)
    line = (header + "}\n").encode()
    if len(data) - body < SMALL:
        return (line + data[body:],)
    return line, memoryview(data)[body:]
