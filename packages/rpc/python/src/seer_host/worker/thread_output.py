"""Attributes the output of threads to the call that started them."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from .context import CallContext, current_call
from .import_hooks import on_import

if TYPE_CHECKING:
    from collections.abc import Callable


def attribute_output_of_threads() -> None:
    """Patches threads, and thread pools, whose threads may serve several calls."""
    start = threading.Thread.start

    def start_for_call(self: threading.Thread) -> None:
        if (call := current_call.get()) is not None:
            run = self.run

            def run_for_call() -> None:
                del self.run  # breaks the reference cycle
                _run_for(call, run)

            self.run = run_for_call
        start(self)

    threading.Thread.start = start_for_call
    on_import("concurrent.futures.thread", _patch_pool)


def _patch_pool(module: Any) -> None:
    submit = module.ThreadPoolExecutor.submit

    def submit_for_call(pool: Any, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return submit(pool, partial(_run_for, current_call.get(), function), *args, **kwargs)

    module.ThreadPoolExecutor.submit = submit_for_call


def _run_for(call: CallContext | None, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    token = current_call.set(call)
    try:
        return function(*args, **kwargs)
    finally:
        current_call.reset(token)
