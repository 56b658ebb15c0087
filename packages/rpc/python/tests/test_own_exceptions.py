"""What the user's code raises is told apart from the host's own interruption, however alike they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hosting import Failed, RunningHost, running, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Serve

_EXCEPTIONS = {
    "asyncio.CancelledError('mine')": "asyncio.exceptions.CancelledError",
    "KeyboardInterrupt('mine')": "KeyboardInterrupt",
    "SystemExit('mine')": "SystemExit",
    "GeneratorExit('mine')": "GeneratorExit",
    "Own('mine')": "Own",
    "TimeoutError('mine')": "TimeoutError",
    "concurrent.futures.CancelledError('mine')": "concurrent.futures._base.CancelledError",
    "Unprintable('mine')": "Unprintable",
}
_FUNCTIONS = (
    "plain",
    "beside",
    "asynchronous",
    "asynchronous_beside",
    "subtask",
    "subtask_beside",
    "threaded",
)
_STREAMS = ("stream", "stream_beside", "asynchronous_stream", "asynchronous_stream_beside")
_SOURCE = """
import asyncio
import concurrent.futures
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator


class Own(BaseException):
    pass


class Unprintable(Exception):
    def __str__(self) -> str:
        raise Own("not even its text")


def fail(what: str) -> None:
    print("before", end="")
    raise eval(what)

async def fail_later(what: str) -> None:
    await asyncio.sleep(0)
    fail(what)

@expose
def plain(what: str) -> None:
    fail(what)

@expose(concurrency=2)
def beside(what: str) -> None:
    fail(what)

@expose
async def asynchronous(what: str) -> None:
    await fail_later(what)

@expose(concurrency=2)
async def asynchronous_beside(what: str) -> None:
    await fail_later(what)

@expose
async def subtask(what: str) -> None:
    await asyncio.create_task(fail_later(what))

@expose(concurrency=2)
async def subtask_beside(what: str) -> None:
    await asyncio.create_task(fail_later(what))

@expose
def threaded(what: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(fail, what).result()

@expose
def stream(what: str) -> Iterator[int]:
    yield 1
    fail(what)

@expose(concurrency=2)
def stream_beside(what: str) -> Iterator[int]:
    yield 1
    fail(what)

@expose
async def asynchronous_stream(what: str) -> AsyncIterator[int]:
    yield 1
    await fail_later(what)

@expose(concurrency=2)
async def asynchronous_stream_beside(what: str) -> AsyncIterator[int]:
    yield 1
    await fail_later(what)

@expose
async def awaits_a_cancelled_task() -> None:
    task = asyncio.ensure_future(asyncio.sleep(60))
    task.cancel()
    await task

@expose(concurrency=2)
async def awaits_a_cancelled_task_beside() -> None:
    task = asyncio.ensure_future(asyncio.sleep(60))
    task.cancel()
    await task

@expose
async def times_out() -> None:
    await asyncio.wait_for(asyncio.sleep(60), 0.01)

@expose
def interrupts_itself() -> None:
    signal.raise_signal(signal.SIGINT)

@expose
def interrupted_by_a_thread() -> None:
    threading.Timer(0.05, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)).start()
    time.sleep(60)

@expose
def interrupts_later() -> None:
    threading.Timer(0.05, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)).start()

@expose
def exits() -> None:
    sys.exit(3)

@expose
def fine() -> str:
    return "fine"

@expose(concurrency=2)
async def fine_beside() -> str:
    return "fine"

class Cleanup:
    async def __aenter__(self): ...
    async def __aexit__(self, *_):
        raise RuntimeError("cleaning up failed")

@expose
def converts() -> None:
    try:
        time.sleep(60)
    except BaseException as error:
        raise RuntimeError("aborted") from error

@expose
async def converts_async() -> None:
    async with Cleanup():
        await asyncio.sleep(60)

@expose(concurrency=2)
async def converts_async_beside() -> None:
    async with Cleanup():
        await asyncio.sleep(60)

@expose
def runs_a_loop() -> None:
    async def both() -> None:
        await asyncio.gather(asyncio.sleep(60), asyncio.sleep(60))
    asyncio.run(both())

@expose
async def in_a_subtask() -> None:
    await asyncio.create_task(asyncio.sleep(60))

@expose
async def in_a_busy_subtask() -> None:
    async def spin() -> None:
        while True:
            await asyncio.sleep(0)
    await asyncio.gather(spin(), spin())

@expose
def awaitable_of_its_own():
    return asyncio.sleep(60)
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    file = tmp_path_factory.mktemp("exceptions") / "interface.py"
    file.write_text(_SOURCE)
    with running(file, limits={"graceMs": 20_000}) as started:
        started.interface()
        yield started


@pytest.mark.parametrize("function", [*_FUNCTIONS, *_STREAMS])
@pytest.mark.parametrize("what", _EXCEPTIONS)
def test_an_exception_of_the_call(host: RunningHost, function: str, what: str) -> None:
    pid = host.health()["workerPid"]
    record = host.request("POST", f"/call/{function}", [what], headers={"Prefer": "record"}).json
    error = record["error"]
    assert (error["code"], error["type"]) == ("exception", _EXCEPTIONS[what])
    assert error["message"] == ("mine" if "Unprintable" not in what else error["message"])
    assert "raise eval(what)" in error["traceback"] or "Unprintable" in what
    assert "seer_host" not in error["traceback"]
    assert record["state"] == "failed"
    assert record["output"]["text"] == "before"
    # Neither the worker nor an event loop of it has suffered.
    assert host.call("fine") == host.call("fine_beside") == "fine"
    assert host.health()["workerPid"] == pid


@pytest.mark.parametrize(
    ("function", "kind", "line"),
    [
        ("awaits_a_cancelled_task", "asyncio.exceptions.CancelledError", "await task"),
        ("awaits_a_cancelled_task_beside", "asyncio.exceptions.CancelledError", "await task"),
        ("times_out", "TimeoutError", "await asyncio.wait_for"),
        ("interrupts_itself", "KeyboardInterrupt", "signal.raise_signal"),
        ("interrupted_by_a_thread", "KeyboardInterrupt", "time.sleep(60)"),
        ("exits", "SystemExit", "sys.exit(3)"),
    ],
)
def test_what_looks_like_an_interruption(host: RunningHost, function: str, kind: str, line: str) -> None:
    error = host.request("POST", f"/call/{function}", []).error
    assert error["code"] == "exception"
    assert error["type"].endswith(kind)
    assert line in error["traceback"]


def test_a_signal_between_calls_is_nobodys(host: RunningHost) -> None:
    pid = host.health()["workerPid"]
    for _ in range(3):
        assert host.call("interrupts_later") is None
    assert host.call("fine") == "fine"
    assert host.health()["workerPid"] == pid


@pytest.mark.parametrize(
    "function",
    [
        "converts",
        "converts_async",
        "converts_async_beside",
        "runs_a_loop",
        "in_a_subtask",
        "in_a_busy_subtask",
        "awaitable_of_its_own",
    ],
)
def test_a_real_cancel_stays_a_cancel(host: RunningHost, function: str) -> None:
    pid = host.health()["workerPid"]
    socket = host.websocket()
    socket.call(f"real-{function}", function)
    wait_until(lambda: host.request("GET", f"/calls/real-{function}").json["state"] == "running")
    socket.send({"op": "cancel", "id": f"real-{function}"})
    with pytest.raises(Failed, match="cancelled"):
        socket.outcome(f"real-{function}")
    assert host.request("GET", f"/calls/real-{function}").json["state"] == "cancelled"
    assert host.call("fine") == "fine"
    assert host.health()["workerPid"] == pid
    socket.close()


@pytest.mark.parametrize(
    "what", ["asyncio.CancelledError", "KeyboardInterrupt", "SystemExit", "GeneratorExit"]
)
def test_in_the_event_loop_of_the_main_thread(serve: Serve, what: str) -> None:
    host = serve(
        """
        import asyncio
        from collections.abc import AsyncIterator

        async def fail(what: str) -> None:
            await asyncio.sleep(0)
            raise eval(what)

        @expose
        async def direct(what: str) -> None:
            await fail(what)

        @expose
        async def subtask(what: str) -> None:
            await asyncio.create_task(fail(what))

        @expose
        async def stream(what: str) -> AsyncIterator[int]:
            yield 1
            await fail(what)

        @expose
        async def stops_its_loop() -> None:
            asyncio.get_running_loop().stop()
            await asyncio.sleep(60)

        @expose
        async def fine() -> str:
            await asyncio.sleep(0)
            return "fine"
        """
    )
    for function in ("direct", "subtask", "stream"):
        error = host.request("POST", f"/call/{function}", [f"{what}('mine')"]).error
        assert (error["code"], error["message"]) == ("exception", "mine")
        assert error["type"].endswith(what.rpartition(".")[2])
        assert "raise eval(what)" in error["traceback"]
        assert host.call("fine") == "fine"
    error = host.request("POST", "/call/stops_its_loop", []).error
    assert (error["code"], error["type"]) == ("exception", "RuntimeError")
    assert host.call("fine") == "fine"
    assert host.health()["restarts"] == 0


def test_what_goes_wrong_while_a_call_is_cancelled_is_logged(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("logged", "converts")
    wait_until(lambda: host.request("GET", "/calls/logged").json["state"] == "running")
    host.request("DELETE", "/calls/logged")
    assert 'raise RuntimeError("aborted") from error' in host.logs()
    socket.close()


@pytest.mark.parametrize("what", ["asyncio.CancelledError", "KeyboardInterrupt", "GeneratorExit", "Own"])
def test_while_the_file_is_loaded(serve: Serve, what: str) -> None:
    host = serve(
        f"import asyncio\nclass Own(BaseException): pass\nprint('so far', end='')\nraise {what}('mine')\n",
        load=False,
    )
    with pytest.raises(Failed) as failed:
        host.interface()
    assert failed.value.code == "load-failed"
    assert failed.value.error["type"].endswith(what.rpartition(".")[2])
    assert f"raise {what}('mine')" in failed.value.error["traceback"]
    log = host.logs()
    assert "so far" in log
    assert log.index("so far") < log.index("the file did not load")
