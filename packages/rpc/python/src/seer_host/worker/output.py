"""What code prints, sent to the supervisor a line at a time with the call that it belongs to."""

from __future__ import annotations

import codecs
import io
import os
from typing import TYPE_CHECKING, Any

from .context import CallContext, current_call

if TYPE_CHECKING:
    from collections.abc import Callable

_FULL = 8 * 1024


class CallStream(io.TextIOBase):
    """Takes the place of `sys.stdout` or `sys.stderr`."""

    def __init__(self, name: str, fd: int, emit: Callable[[bytes, bytes], None]) -> None:
        super().__init__()
        self._name = name
        self._fd = fd
        self._emit = emit
        self._outside = CallContext("", 0)
        self.buffer: Any = _Bytes(self)

    @property
    def name(self) -> str:
        return f"<{self._name}>"

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return "utf-8"

    @property
    def errors(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return "backslashreplace"

    @property
    def line_buffering(self) -> bool:
        return True

    def reconfigure(self, **options: Any) -> None:
        """Accepted and ignored, as scripts expect it of the real streams."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, text: str, /) -> int:
        context = current_call.get() or self._outside
        partial = context.partial.get(self._name, "") + text
        if "\n" in text or "\r" in text or len(partial) > _FULL:
            self._send(context, partial)
        else:
            context.partial[self._name] = partial
        return len(text)

    def flush(self) -> None:
        self.flush_of(current_call.get() or self._outside)

    def flush_of(self, context: CallContext) -> None:
        if partial := context.partial.get(self._name):
            self._send(context, partial)

    def write_through(self) -> None:
        """From now on writes to the file descriptor: this is another process than the worker."""
        for context in (self._outside, current_call.get()):
            if context is not None:
                context.partial.pop(self._name, None)  # which the worker will write

        def emit(_: bytes, body: bytes) -> None:
            while body:
                body = body[os.write(self._fd, body) :]

        self._emit = emit

    def _send(self, context: CallContext, text: str) -> None:
        context.partial[self._name] = ""
        call = f'"id":"{context.id}",' if context.id else ""
        header = f'{{"op":"output",{call}"stream":"{self._name}"}}\n'
        self._emit(header.encode(), text.encode("utf-8", "backslashreplace"))


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`, for code that writes bytes."""

    def __init__(self, stream: CallStream) -> None:
        super().__init__()
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        self._stream.write(self._decode(bytes(view)))
        return view.nbytes

    def flush(self) -> None:
        if not self.closed:
            self._stream.flush()
