"""The three names that an interface file is given: `expose`, `get_model_path`, `list_configured_models`."""

from __future__ import annotations

import inspect
import time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, overload

from .context import CallContext, current_call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .refs import Ref, Refs

F = TypeVar("F", bound="Callable[..., Any]")
_REPORT_S = 0.05
_MESSAGE = 1000


class ExposeError(Exception):
    """Something was exposed that cannot be."""


class Registered:
    """A function as it was exposed."""

    __slots__ = ("concurrency", "function")

    def __init__(self, function: Callable[..., Any], concurrency: int) -> None:
        self.function = function
        self.concurrency = concurrency


class RefMarker:
    """Marks a hint as that of an object which stays in the worker."""


class _RefHint:
    """`expose.Ref[T]`: a `T` that is passed by reference."""

    def __getitem__(self, hint: Any) -> Any:
        return Annotated[hint, RefMarker()]


class Expose:
    """Marks functions to be served; each stays the ordinary function that it is."""

    Ref = _RefHint()

    def __init__(self, refs: Refs, report: Callable[[CallContext, dict[str, Any]], None]) -> None:
        self._refs = refs
        self._report = report
        self.registered: dict[str, Registered] = {}

    @overload
    def __call__(self, function: F, /) -> F: ...
    @overload
    def __call__(self, /, *, concurrency: int = 1) -> Callable[[F], F]: ...
    def __call__(self, function: Any = None, /, *, concurrency: int = 1) -> Any:
        if type(concurrency) is not int or concurrency < 1:
            raise ExposeError(f"expose: concurrency must be a whole number from 1, not {concurrency!r}")
        if function is None:
            return partial(self._register, concurrency=concurrency)
        return self._register(function, concurrency)

    def _register(self, function: F, concurrency: int) -> F:
        name = getattr(function, "__name__", "")
        if not bool(inspect.isroutine(function)):
            raise ExposeError(f"@expose is for functions; {function!r} is not one")
        if not name.isidentifier():
            raise ExposeError(f"@expose needs a function with a name, not {function!r}")
        if name in self.registered:
            raise ExposeError(f"two exposed functions are called {name}; rename one of them")
        self.registered[name] = Registered(function, concurrency)
        return function

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tells the caller how far the call has come."""
        context = current_call.get()
        if context is None:
            return
        now = time.monotonic()
        if now - context.reported_at < _REPORT_S and done != total:
            return
        context.reported_at = now
        text = None if message is None else str(message)[:_MESSAGE]
        self._report(context, {"done": _number(done), "total": _number(total), "message": text})

    def ref(self, value: Any) -> Ref:
        """Makes a result travel as a reference, while the object itself stays in the worker."""
        return self._refs.refer(value)


def _number(value: Any) -> int | float | None:
    if value is None or isinstance(value, int):
        return value
    number = float(value)
    return number if number - number == 0 else None


class Models:
    """The configured models, as an interface file may ask for them."""

    def __init__(self, models: Sequence[dict[str, str]]) -> None:
        self._paths = {model["name"]: model["path"] for model in models}

    def get_model_path(self, name: str) -> str:
        """The directory of a configured model's weights."""
        try:
            return self._paths[name]
        except KeyError:
            names = ", ".join(map(repr, self._paths)) or "none"
            raise ValueError(f"no model {name!r} is configured; configured are: {names}") from None

    def list_configured_models(self) -> list[str]:
        """The names of the configured models."""
        return list(self._paths)
