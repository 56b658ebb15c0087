"""What the exchanges of `exchanges.json` call."""
# `expose` is given to the file by the host.
# ruff: noqa: F821
# pyright: reportUndefinedVariable=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


@expose
def add(a: int, b: int = 1) -> int:
    """Adds two numbers."""
    return a + b


@expose
def echo(value: Any) -> Any:
    return value


@expose
def fail(message: str) -> None:
    raise ValueError(message)


@expose
def say(text: str) -> None:
    print(text)


@expose
def count(to: int) -> Iterator[int]:
    yield from range(to)


@expose
def unserialisable() -> Any:
    return [object()]
