"""The settings that a file makes while it loads, which apply to each of its calls.

Many libraries keep settings per thread or task, such as whether gradients are computed. A script has one
thread; here each call has its own thread or task, and its settings must not affect other calls.
"""

from __future__ import annotations

import contextlib
import contextvars
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class LoadSettings:
    """The main thread's settings after the file was loaded."""

    def __init__(self) -> None:
        self._context = contextvars.copy_context()
        self._of_context = _captured({"decimal": _decimal})
        self._of_thread = _captured({"numpy": _numpy, "torch": _torch})

    def context(self) -> contextvars.Context:
        """A new context for a call."""
        return self._context.copy()

    def apply_to_context(self) -> None:
        """Gives the current context, that of a call, its own copies of mutable settings."""
        for apply in self._of_context:
            apply()

    def apply_to_thread(self) -> None:
        """Applies the settings to the current thread."""
        for apply in self._of_thread:
            apply()


def _captured(captures: dict[str, Callable[[Any], Callable[[], None] | None]]) -> list[Callable[[], None]]:
    """Functions that apply the captured settings of the imported modules."""
    found: list[Callable[[], None]] = []
    for name, capture in captures.items():
        # Errors are ignored, because the user may have an unrelated module of that name.
        with contextlib.suppress(Exception):
            if name in sys.modules and (apply := capture(sys.modules[name])) is not None:
                found.append(apply)
    return found


def _decimal(decimal: Any) -> Callable[[], None]:
    saved = decimal.getcontext().copy()
    # Each call gets its own copy, because the object is changed in place.
    return lambda: decimal.setcontext(saved.copy())


def _numpy(numpy: Any) -> Callable[[], None] | None:
    if tuple(map(int, numpy.__version__.split(".")[:2])) >= (2, 1):
        return None  # stored in the context since numpy 2.1
    errors = numpy.geterr()
    return lambda: numpy.seterr(**errors)


def _torch(torch: Any) -> Callable[[], None]:
    gradients: bool = torch.is_grad_enabled()
    inference: bool = torch.is_inference_mode_enabled()
    autocast = _torch_autocast(torch)
    device: Any = torch.get_default_device() if hasattr(torch, "get_default_device") else None
    cuda: int | None = torch.cuda.current_device() if torch.cuda.is_initialized() else None
    active = threading.local()

    def apply() -> None:
        if torch.is_inference_mode_enabled() != inference:
            # Kept, because the setting ends when the object is deleted.
            active.inference = torch.inference_mode(inference)
            active.inference.__enter__()
        torch.set_grad_enabled(gradients)
        for restore in autocast:
            restore()
        if device is not None and torch.get_default_device() != device:
            torch.set_default_device(device)
        if cuda is not None and torch.cuda.current_device() != cuda:
            torch.cuda.set_device(cuda)

    return apply


def _torch_autocast(torch: Any) -> list[Callable[[], None]]:
    restore: list[Callable[[], None]] = []
    for kind in ("cpu", "cuda"):
        try:
            enabled, dtype = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
        except (AttributeError, TypeError, RuntimeError):
            continue  # before torch 2.4
        restore.append(lambda kind=kind, enabled=enabled: torch.set_autocast_enabled(kind, enabled))
        restore.append(lambda kind=kind, dtype=dtype: torch.set_autocast_dtype(kind, dtype))
    return restore
