"""Decorators that change what a function is: what a call really returns counts, not its signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hosting import RunningHost, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

from hosting import running

_SOURCE = '''
import asyncio
import contextlib
import functools
import types
from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator, Iterable, Iterator


def wraps(change):
    """A decorator that changes what a function returns, and nothing of its signature."""
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return change(function(*args, **kwargs))
        return wrapper
    return decorate


def collected(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        return [item async for item in function(*args, **kwargs)]
    return wrapper


async def numbers(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


class Counted:
    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)


class Asynchronous(Counted):
    async def __call__(self, *args, **kwargs):
        await asyncio.sleep(0)
        return list(self.function(*args, **kwargs))


class Yielding(Counted):
    def __call__(self, *args, **kwargs):
        for item in self.function(*args, **kwargs):
            yield item * 10


class Future:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return self.value


@expose
@wraps(list)
def listed(n: int) -> list[int]:
    yield from range(n)

@expose
@wraps(list)
def listed_with_the_hint_of_a_stream(n: int) -> Iterator[int]:
    yield from range(n)

@expose
@wraps(sum)
def summed(n: int) -> int:
    yield from range(n)

@expose
@wraps(lambda value: value)
@wraps(lambda value: value)
def chained(n: int) -> Iterator[int]:
    yield from range(n)

@expose
@wraps(lambda value: value)
def chained_without_the_hint_of_a_stream(n: int) -> list:
    yield from range(n)

@expose
@wraps(asyncio.run)
async def ran(n: int) -> int:
    await asyncio.sleep(0)
    return n

@expose(concurrency=2)
@wraps(asyncio.run)
async def ran_concurrently(n: int) -> int:
    await asyncio.sleep(0)
    return n

@expose
@collected
async def collected_async(n: int) -> list[int]:
    async for i in numbers(n):
        yield i

@expose
@collected
async def collected_with_the_hint_of_a_stream(n: int) -> AsyncIterator[int]:
    async for i in numbers(n):
        yield i

@expose
@wraps(lambda coroutine: coroutine)
async def passed_on(n: int) -> int:
    await asyncio.sleep(0)
    return n

@expose(concurrency=2)
@wraps(lambda coroutine: coroutine)
async def passed_on_concurrently(n: int) -> int:
    await asyncio.sleep(0)
    return n

@expose
def returns_coroutine(n: int) -> Coroutine[None, None, int]:
    async def work():
        await asyncio.sleep(0)
        return n
    return work()

@expose
def returns_awaitable(n: int) -> Awaitable[int]:
    return Future(n)

@expose(concurrency=2)
def returns_awaitable_concurrently(n: int) -> Awaitable[int]:
    return Future(n)

@expose
def returns_task(n: int) -> Awaitable[int]:
    async def work():
        return n
    return asyncio.get_event_loop().create_task(work())

@expose
@types.coroutine
def old_coroutine(n: int) -> int:
    yield from asyncio.sleep(0).__await__()
    return n

@expose
def returns_generator(n: int) -> list[int]:
    return (i for i in range(n))

@expose(concurrency=2)
def returns_generator_concurrently(n: int) -> Generator[int, None, None]:
    return (i for i in range(n))

@expose
def returns_map(n: int) -> list[str]:
    return map(str, range(n))

@expose
def returns_async_generator(n: int) -> list[int]:
    return numbers(n)

@expose(concurrency=2)
def returns_async_generator_concurrently(n: int) -> AsyncIterator[int]:
    return numbers(n)

@expose
async def async_returns_generator(n: int) -> list[int]:
    return (i for i in range(n))

@expose
async def async_returns_async_generator(n: int) -> AsyncIterator[int]:
    return numbers(n)

@expose
@functools.lru_cache
def cached(n: int) -> list[int]:
    return list(range(n))

@expose
@Counted
def counted(n: int) -> Iterator[int]:
    yield from range(n)

@expose
@Asynchronous
def asynchronous(n: int) -> list[int]:
    yield from range(n)

@expose
@Yielding
def yielding(n: int) -> list[int]:
    return range(n)

@expose
@contextlib.contextmanager
def context(n: int) -> Iterator[int]:
    yield n

@expose
def endless() -> list[int]:
    import itertools
    return itertools.count()
'''


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    file: Path = tmp_path_factory.mktemp("decorators") / "interface.py"
    file.write_text(_SOURCE)
    with running(file, limits={"messageBytes": 1 << 20}) as started:
        started.interface()
        yield started


_RESULTS: dict[str, Any] = {
    "listed": [0, 1, 2],
    "listed_with_the_hint_of_a_stream": [0, 1, 2],
    "summed": 3,
    "chained": [0, 1, 2],
    "chained_without_the_hint_of_a_stream": [0, 1, 2],
    "ran": 3,
    "ran_concurrently": 3,
    "collected_async": [0, 1, 2],
    "collected_with_the_hint_of_a_stream": [0, 1, 2],
    "passed_on": 3,
    "passed_on_concurrently": 3,
    "returns_coroutine": 3,
    "returns_awaitable": 3,
    "returns_awaitable_concurrently": 3,
    "returns_task": 3,
    "old_coroutine": 3,
    "returns_generator": [0, 1, 2],
    "returns_generator_concurrently": [0, 1, 2],
    "returns_map": ["0", "1", "2"],
    "returns_async_generator": [0, 1, 2],
    "returns_async_generator_concurrently": [0, 1, 2],
    "async_returns_generator": [0, 1, 2],
    "async_returns_async_generator": [0, 1, 2],
    "cached": [0, 1, 2],
    "counted": [0, 1, 2],
    "asynchronous": [0, 1, 2],
    "yielding": [0, 10, 20],
}
_STREAMS = {
    "listed_with_the_hint_of_a_stream",
    "chained",
    "collected_with_the_hint_of_a_stream",
    "returns_generator_concurrently",
    "returns_async_generator_concurrently",
    "async_returns_async_generator",
    "counted",
    "yielding",
    "context",
}


@pytest.mark.parametrize("name", _RESULTS)
def test_the_value_that_is_returned_arrives(host: RunningHost, name: str) -> None:
    # Twice, because the first call may have left no event loop.
    assert host.call(name, 3) == _RESULTS[name]
    assert host.call(name, n=3) == _RESULTS[name]


@pytest.mark.parametrize("name", _RESULTS)
def test_over_a_websocket_too(host: RunningHost, name: str) -> None:
    socket = host.websocket()
    socket.call(f"decorated-{name}", name, {"n": 3})
    items: list[Any] = []
    while (message := socket.receive_op("item", "result")).header["op"] == "item":
        items.append(value_of(message))
    assert (items if name in _STREAMS else value_of(message)) == _RESULTS[name]
    socket.close()


def test_what_is_described_as_a_stream(host: RunningHost) -> None:
    functions = host.interface()["functions"]
    assert {function["name"] for function in functions if function["stream"]} == _STREAMS


def test_the_signature_is_that_of_the_wrapped_function(host: RunningHost) -> None:
    functions = {function["name"]: function for function in host.interface()["functions"]}
    for name in ("listed", "ran", "passed_on", "cached", "counted", "asynchronous"):
        assert [parameter["annotation"] for parameter in functions[name]["parameters"]] == ["int"]
    assert functions["listed"]["returns"]["schema"] == {"type": "array", "items": {"type": "integer"}}
    assert functions["returns_awaitable"]["returns"]["schema"] == {"type": "integer"}
    assert functions["chained"]["returns"]["schema"] == {"type": "integer"}


def test_what_cannot_be_sent_is_named(host: RunningHost) -> None:
    error = host.request("POST", "/call/context", [1]).error
    assert error["code"] == "unserialisable"
    assert "_GeneratorContextManager" in error["message"]


def test_items_without_an_end_are_too_large(host: RunningHost) -> None:
    error = host.request("POST", "/call/endless", []).error
    assert error["code"] == "too-large"
    assert host.call("listed", 2) == [0, 1]
