"""Settings that a file makes while it is loaded hold in each of its calls; those of a call in no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hosting import RunningHost, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Serve

_SOURCE = """
import asyncio
import contextvars
import decimal
import warnings

import numpy as np

mode = contextvars.ContextVar("mode", default="unset")
mode.set("set at load")
decimal.getcontext().prec = 7
np.seterr(divide="raise")
warnings.simplefilter("error", UserWarning)
lock = asyncio.Lock()
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
future = loop.create_future()
loop.call_soon(future.set_result, "made at load")


def settings() -> list:
    try:
        warnings.warn("a warning", UserWarning)
        warned = "nothing"
    except UserWarning:
        warned = "raised"
    return [mode.get(), decimal.getcontext().prec, np.geterr()["divide"], warned]

def change() -> list:
    before = settings()
    mode.set("changed")
    decimal.getcontext().prec = 3
    np.seterr(divide="ignore")
    return before


@expose
def alone() -> list:
    return change()

@expose(concurrency=2)
def beside() -> list:
    return change()

@expose
def stream() -> list:
    yield change()

@expose
def awaited() -> list:
    async def work():
        return change()
    return work()

ASYNC
"""
_ASYNC = """
@expose
async def asynchronous() -> list:
    async with lock:
        await asyncio.sleep(0)
    return change()

@expose
async def task() -> list:
    return await asyncio.create_task(asyncio.to_thread(change))

@expose
async def same_loop() -> list:
    return [asyncio.get_running_loop() is loop, await future]
"""
_EXPECTED = ["set at load", 7, "raise", "raised"]


@pytest.fixture(scope="module", params=["main loop", "loop thread"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    file = tmp_path_factory.mktemp("settings") / "interface.py"
    functions = _ASYNC
    if request.param == "loop thread":
        functions = functions.replace("@expose\n", "@expose(concurrency=2)\n")
    file.write_text(_SOURCE.replace("ASYNC", functions))
    with running(file) as started:
        started.interface()
        yield started


@pytest.mark.parametrize("function", ["alone", "beside", "stream", "awaited", "asynchronous", "task"])
def test_settings_of_the_load_hold_in_each_call(host: RunningHost, function: str) -> None:
    expected: Any = [_EXPECTED] if function == "stream" else _EXPECTED
    for _ in range(3):
        # The call before has changed all of them for itself.
        assert host.call(function) == expected


def test_an_event_loop_of_the_load_is_the_one_of_the_calls(host: RunningHost) -> None:
    assert host.call("same_loop") == [True, "made at load"]
    assert host.call("same_loop") == [True, "made at load"]


def test_numpy_settings_before_they_were_in_the_context(serve: Serve, tmp_path: Any) -> None:
    # A numpy before 2.1 kept them by thread.
    (tmp_path / "numpy.py").write_text(
        "import threading\n__version__ = '1.26.4'\n_state = threading.local()\n"
        "def geterr(): return {'divide': getattr(_state, 'divide', 'warn')}\n"
        "def seterr(divide): _state.divide = divide\n"
    )
    host = serve(
        """
        import numpy
        numpy.seterr(divide="raise")

        def change() -> str:
            before = numpy.geterr()["divide"]
            numpy.seterr(divide="ignore")
            return before

        @expose
        def alone() -> str:
            return change()

        @expose(concurrency=2)
        def beside() -> str:
            return change()

        @expose(concurrency=2)
        async def asynchronous() -> str:
            return change()
        """
    )
    for function in ("alone", "beside", "asynchronous"):
        assert [host.call(function) for _ in range(2)] == ["raise", "raise"]


def test_asyncio_run_in_one_call_leaves_the_others_their_loop(serve: Serve) -> None:
    host = serve(
        """
        import asyncio

        @expose
        def runs() -> int:
            async def one() -> int:
                return 1
            return asyncio.run(one())

        @expose
        async def waits() -> int:
            await asyncio.sleep(0)
            return 2

        @expose
        def closes() -> int:
            loop = asyncio.get_event_loop()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
            return 3
        """
    )
    assert [host.call(name) for name in ("runs", "waits", "runs", "waits")] == [1, 2, 1, 2]
    assert host.call("closes") == 3
    assert host.call("waits") == 2
