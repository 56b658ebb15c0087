"""Arguments by name reach functions whose decorators take them by position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hosting import RunningHost, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOURCE = """
import functools


def positions_only(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


def looks_at_the_first(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return [args[0], sorted(kwargs), function(*args, **kwargs)]
    return wrapper


def other_name(function):
    @functools.wraps(function)
    def wrapper(x, *args, **kwargs):
        return function(x, *args, **kwargs)
    return wrapper


def one_other_name(function):
    @functools.wraps(function)
    def wrapper(x):
        return function(x)
    return wrapper


def names_only(function):
    @functools.wraps(function)
    def wrapper(**kwargs):
        return function(**kwargs)
    return wrapper


class Called:
    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *args):
        return self.function(*args)


@expose
@positions_only
def by_position(n: int, m: int = 2, k: int = 3) -> list[int]:
    return [n, m, k]

@expose(concurrency=2)
@positions_only
async def by_position_async(n: int, m: int = 2, k: int = 3) -> list[int]:
    return [n, m, k]

@expose
@positions_only
def by_position_stream(n: int, m: int = 2, k: int = 3):
    yield from (n, m, k)

@expose
@Called
def by_object(n: int, m: int = 2, k: int = 3) -> list[int]:
    return [n, m, k]

@expose
@other_name
@positions_only
def twice(n: int, m: int = 2, k: int = 3) -> list[int]:
    return [n, m, k]

@expose
@names_only
def by_name(n: int, m: int = 2, k: int = 3) -> list[int]:
    return [n, m, k]

class Methods:
    @positions_only
    def method(self, n: int, m: int = 2, k: int = 3) -> list[int]:
        return [n, m, k]

expose(Methods().method)
expose(functools.partial(by_position, 1), name="part")

@expose
@looks_at_the_first
def first(n: int, m: int = 2) -> list:
    return n * m

@expose
@one_other_name
def one(n: int) -> int:
    return n

@expose
@positions_only
def all_optional(n: int = 1, m: int = 2) -> list[int]:
    return [n, m]

@expose
@positions_only
def with_rest(n: int, m: int = 2, *more: int) -> list[int]:
    return [n, m, *more]

@expose
@functools.singledispatch
def dispatched(n: int, m: int = 2) -> str:
    return "any"

@dispatched.register
def _(n: int, m: int = 2) -> str:
    return f"int {m}"
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    file = tmp_path_factory.mktemp("wrappers") / "interface.py"
    file.write_text(_SOURCE)
    with running(file) as started:
        started.interface()
        yield started


_ALIKE = ["by_position", "by_position_async", "by_position_stream", "by_object", "twice", "by_name", "method"]


@pytest.mark.parametrize("name", _ALIKE)
def test_arguments_by_name(host: RunningHost, name: str) -> None:
    assert host.call(name, n=1) == [1, 2, 3]
    assert host.call(name, n=1, m=5) == [1, 5, 3]
    assert host.call(name, k=6, n=1) == [1, 2, 6]


@pytest.mark.parametrize("name", [name for name in _ALIKE if name != "by_name"])
def test_arguments_by_position(host: RunningHost, name: str) -> None:
    assert host.call(name, 1) == [1, 2, 3]
    assert host.call(name, 1, 5) == [1, 5, 3]


_OTHERS: list[tuple[str, dict[str, Any], Any]] = [
    ("part", {"k": 6}, [1, 2, 6]),
    ("first", {"n": 2}, [2, [], 4]),
    ("first", {"n": 2, "m": 3}, [2, ["m"], 6]),
    ("one", {"n": 2}, 2),
    ("all_optional", {}, [1, 2]),
    ("all_optional", {"m": 3}, [1, 3]),
    ("with_rest", {"n": 1, "more": [4, 5]}, [1, 2, 4, 5]),
    ("dispatched", {"n": 1, "m": 3}, "int 3"),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), _OTHERS)
def test_other_wrappers(host: RunningHost, name: str, arguments: dict[str, Any], expected: Any) -> None:
    assert host.call(name, **arguments) == expected


def test_a_wrong_argument_is_named_as_for_the_function_itself(host: RunningHost) -> None:
    error = host.request("POST", "/call/by_position", {"n": 1, "q": 2}).error
    assert (error["code"], error["details"]["parameter"]) == ("invalid-arguments", "q")
    error = host.request("POST", "/call/by_position", {"m": 1}).error
    assert error["message"] == "by_position: the argument 'n' is missing"
