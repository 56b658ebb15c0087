"""Sends printed lines to the supervisor, with the ID of the call that printed them."""

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
    """Replaces `sys.stdout` or `sys.stderr`.

    It survives what scripts do to the real streams: `close`, `detach` and wrappers around `buffer` leave it
    usable, because later and concurrent calls print to it too.
    """

    def __init__(self, name: str, fd: int, emit: Callable[[bytes, bytes], None]) -> None:
        super().__init__()
        self._name = name
        self._fd = fd
        self._emit = emit
        self._outside = CallContext("", 0)
        self.buffer: Any = _CallBuffer(self)

    @property
    def name(self) -> str:
        return f"<{self._name}>"

    @property
    def mode(self) -> str:
        return "w"

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return "utf-8"

    @property
    def errors(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return "backslashreplace"

    @property
    def line_buffering(self) -> bool:
        return True

    @property
    def write_through(self) -> bool:
        return False

    def reconfigure(self, **options: Any) -> None:
        """Does nothing; scripts call it on the real streams."""

    def detach(self) -> Any:
        return self.buffer

    def close(self) -> None:
        self.flush()

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

    def write_bytes(self, data: bytes) -> None:
        context = current_call.get() or self._outside
        data = context.partial_bytes.pop(self._name, b"") + data
        text, read = codecs.utf_8_decode(data, "replace", False)
        if rest := data[read:]:
            context.partial_bytes[self._name] = rest
        self.write(text)

    def flush(self) -> None:
        self.flush_of(current_call.get() or self._outside)

    def flush_of(self, context: CallContext | None) -> None:
        """Sends the unfinished line of a call, or with None that of code outside calls."""
        context = context or self._outside
        if partial := context.partial.get(self._name):
            self._send(context, partial)

    def write_to_descriptor(self) -> None:
        """Writes to the file descriptor from now on, because this process is a fork of the worker."""
        for context in (self._outside, current_call.get()):
            if context is not None:
                context.partial.pop(self._name, None)  # the worker writes this text

        def emit(_: bytes, body: bytes) -> None:
            while body:
                body = body[os.write(self._fd, body) :]

        self._emit = emit

    def _send(self, context: CallContext, text: str) -> None:
        context.partial[self._name] = ""
        call = f'"id":"{context.id}",' if context.id else ""
        header = f'{{"op":"output",{call}"stream":"{self._name}"}}\n'
        self._emit(header.encode(), text.encode("utf-8", "backslashreplace"))


class _CallBuffer(io.BufferedIOBase):
    """`sys.stdout.buffer`, for code that writes bytes."""

    def __init__(self, stream: CallStream) -> None:
        super().__init__()
        self._stream = stream

    @property
    def name(self) -> str:
        return self._stream.name

    @property
    def mode(self) -> str:
        return "wb"

    @property
    def raw(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self

    def detach(self) -> Any:
        return self

    def close(self) -> None:
        # Ignored, because a garbage-collected text wrapper closes its buffer.
        self.flush()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        self._stream.write_bytes(bytes(view))
        return view.nbytes

    def flush(self) -> None:
        self._stream.flush()
