"""Whatever ends a cell is that cell's failure, described as its author should see it."""

import builtins
import gc
import sys
import weakref
from typing import Any

import pytest
from running import Cancelled, Cells


def lines_of(traceback: str) -> list[str]:
    return [line for line in traceback.splitlines() if "^" not in line]


def test_a_traceback_shows_the_cells_and_nothing_of_ours(cells: Cells) -> None:
    cells.run("def fail(layer):\n    raise ValueError(f'layer {layer} of 26')\n")
    error = cells.error("y = 2\nfail(40)\n")
    assert (error["type"], error["message"]) == ("ValueError", "layer 40 of 26")
    assert lines_of(error["traceback"]) == [
        "Traceback (most recent call last):",
        '  File "<cell 2>", line 2, in <module>',
        "    fail(40)",
        '  File "<cell 1>", line 2, in fail',
        "    raise ValueError(f'layer {layer} of 26')",
        "ValueError: layer 40 of 26",
    ]


def test_what_ran_before_an_error_stays(cells: Cells) -> None:
    cells.run("x = 1\n1 / 0")
    assert cells.value("x") == "1"


def test_a_name_stands_in_tracebacks(cells: Cells) -> None:
    error = cells.run("1 / 0", "analysis.py")["error"]
    assert error is not None
    assert 'File "analysis.py", line 1, in <module>\n    1 / 0' in error["traceback"]


ENDINGS = [
    ("raise KeyboardInterrupt('mine')", "KeyboardInterrupt", "mine"),
    ("import _thread, time\n_thread.interrupt_main()\ntime.sleep(5)", "KeyboardInterrupt", ""),
    ("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)", "KeyboardInterrupt", ""),
    ("raise SystemExit", "SystemExit", ""),
    ("import sys\nsys.exit()", "SystemExit", ""),
    ("import sys\nsys.exit(0)", "SystemExit", "0"),
    ("import sys\nsys.exit('bad')", "SystemExit", "bad"),
    ("raise GeneratorExit", "GeneratorExit", ""),
    ("raise StopIteration(3)", "StopIteration", "3"),
    ("raise StopAsyncIteration", "StopAsyncIteration", ""),
    ("class Mine(BaseException): pass\nraise Mine('own')", "Mine", "own"),
    ("import asyncio\nraise asyncio.CancelledError('own')", "CancelledError", "own"),
    ("def deep(): deep()\ndeep()", "RecursionError", "maximum recursion depth exceeded"),
    ("import threading\nraise ValueError(threading.Lock())", "ValueError", "<unlocked _thread.lock object"),
    ("raise MemoryError", "MemoryError", ""),
    ("raise SyntaxError", "SyntaxError", "None"),
    ("raise SyntaxError(3)", "SyntaxError", "3"),
    ("raise ValueError('\\ud800')", "ValueError", "\\ud800"),
]
# The names of exceptions in groups, which older versions of Python do not have.
if sys.version_info >= (3, 11):
    ENDINGS += [
        ("raise ExceptionGroup('several', [ValueError(1)])", "ExceptionGroup", "several (1 sub-exception)"),
        (
            "raise BaseExceptionGroup('several', [KeyboardInterrupt()])",
            "BaseExceptionGroup",
            "several (1 sub-exception)",
        ),
    ]


@pytest.mark.parametrize(("source", "kind", "message"), ENDINGS)
def test_any_exception_is_the_failure_of_its_cell(cells: Cells, source: str, kind: str, message: str) -> None:
    error = cells.error(f"x = 1\n{source}")
    assert error["type"] == kind
    assert error["message"].startswith(message)
    assert "seer_session" not in error["traceback"]
    assert 'File "<cell 1>", line ' in error["traceback"]
    assert cells.value("x") == "1"


@pytest.mark.parametrize(("source", "kind", "message"), ENDINGS)
def test_so_is_one_where_it_awaits(cells: Cells, source: str, kind: str, message: str) -> None:
    if "StopIteration" in source:
        kind, message = "RuntimeError", "coroutine raised StopIteration"
    body = source.replace("\n", "\n    ")
    error = cells.error(f"x = 1\nasync def fail():\n    {body}\nawait fail()")
    assert error["type"] == kind
    assert error["message"].startswith(message)
    assert "seer_session" not in error["traceback"]
    assert "/asyncio/" not in error["traceback"]
    assert cells.value("import asyncio\nawait asyncio.sleep(0, x)") == "1"


def test_a_task_that_the_cell_cancelled_itself(cells: Cells) -> None:
    source = """
        import asyncio
        task = asyncio.ensure_future(asyncio.sleep(10))
        task.cancel()
        await task
    """
    error = cells.error(source)
    assert error["type"] == "CancelledError"
    assert "await task" in error["traceback"]


def test_an_exception_that_cannot_be_printed(cells: Cells) -> None:
    for name in ("__str__", "__repr__"):
        error = cells.error(
            f"class Odd(Exception):\n    def {name}(self):\n        raise RuntimeError\nraise Odd(1)"
        )
        assert error["type"] == "Odd"
        assert 'File "<cell ' in error["traceback"]
    error = cells.error("class Worse(Exception):\n    __cause__ = property(lambda self: 1 / 0)\nraise Worse")
    assert error["type"] == "Worse"
    assert 'File "<cell 3>", line 3' in error["traceback"]


def test_causes_are_shown(cells: Cells) -> None:
    error = cells.error("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e")
    assert "KeyError: 'a'" in error["traceback"]
    assert "direct cause" in error["traceback"]
    assert "seer_session" not in error["traceback"]


def test_a_syntax_error_shows_its_line(cells: Cells) -> None:
    error = cells.error("x = 1\nfor in y:\n")
    assert error["type"] == "SyntaxError"
    assert error["traceback"].startswith('  File "<cell 1>", line 2\n    for in y:\n')
    assert cells.value("'x' in globals()") == "False"


@pytest.mark.parametrize("source", ["x = '\0'", "x = '\ud800'", "(" * 2000 + ")" * 2000])
def test_a_cell_that_is_no_source_at_all(cells: Cells, source: str) -> None:
    assert "seer_session" not in cells.error(source)["traceback"]


def test_an_error_of_the_repr_is_the_cells(cells: Cells) -> None:
    error = cells.error("class Odd:\n    def __repr__(self):\n        raise RuntimeError('no')\nOdd()")
    assert error["type"] == "RuntimeError"
    assert "seer_session" not in error["traceback"]


def test_a_failed_cell_keeps_no_objects_alive(cells: Cells) -> None:
    cells.run("class Big: pass")
    gc.disable()
    try:
        cells.run("def fail():\n    big = Big()\n    refs.append(weakref.ref(big))\n    raise ValueError")
        namespace = sys.modules["__main__"].__dict__
        refs: list[weakref.ref[Any]] = []
        namespace.update(refs=refs, weakref=weakref)
        assert cells.error("fail()")["type"] == "ValueError"
        assert refs[0]() is None
    finally:
        gc.enable()


class TestInterruption:
    """The host's own interruption is told apart from what the code raised."""

    @pytest.fixture(autouse=True)
    def interrupt(self, cells: Cells, monkeypatch: pytest.MonkeyPatch) -> None:
        # As the host does it: from a signal handler in a file of its own.
        source = "def interrupt(*_):\n    host.interrupted = True\n    raise Cancelled"
        handler: dict[str, Any] = {"Cancelled": Cancelled, "host": cells.host}
        exec(compile(source, "/site-packages/seer_host/worker/interrupter.py", "exec"), handler)
        monkeypatch.setattr(builtins, "interrupt", handler["interrupt"], raising=False)

    def test_it_looks_like_pythons(self, cells: Cells) -> None:
        outcome = cells.run("x = 1\ndef compute():\n    interrupt()\ncompute()")
        assert outcome["interrupted"]
        assert outcome["error"] is not None
        assert outcome["error"]["type"] == "KeyboardInterrupt"
        assert lines_of(outcome["error"]["traceback"])[-3:] == [
            '  File "<cell 1>", line 3, in compute',
            "    interrupt()",
            "KeyboardInterrupt",
        ]
        assert cells.value("x") == "1"

    @pytest.mark.parametrize(
        "reaction",
        [
            "raise ValueError('mine')",
            "raise ValueError('mine') from None",
            "raise ValueError('mine') from error",
            "raise SystemExit(1)",
            "raise KeyboardInterrupt",
        ],
    )
    def test_what_the_code_makes_of_it_is_still_an_interruption(self, cells: Cells, reaction: str) -> None:
        outcome = cells.run(f"try:\n    interrupt()\nexcept BaseException as error:\n    {reaction}")
        assert outcome["interrupted"]
        assert outcome["error"] is not None
        assert outcome["error"]["type"] == reaction.split()[1].partition("(")[0]
        assert "Cancelled" not in outcome["error"]["traceback"]
        assert "seer_host" not in outcome["error"]["traceback"]

    def test_code_that_goes_on_has_not_been_interrupted(self, cells: Cells) -> None:
        assert cells.value("try:\n    interrupt()\nexcept BaseException:\n    pass\n3") == "3"

    def test_a_coroutine_cleans_up_and_other_tasks_live_on(
        self, cells: Cells, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cancel_task() -> None:
            assert cells.host.task is not None
            cells.host.interrupted = True
            cells.host.task.cancel()

        monkeypatch.setattr(builtins, "cancel_task", cancel_task, raising=False)
        cells.run(
            "import asyncio\nother = asyncio.ensure_future(asyncio.sleep(1, 'done'))\nawait asyncio.sleep(0)"
        )
        source = """
            state = 'running'
            async def wait():
                global state
                try:
                    asyncio.get_running_loop().call_soon(cancel_task)
                    await asyncio.sleep(30)
                finally:
                    state = 'cleaned up'
            await wait()
        """
        outcome = cells.run(source)
        assert outcome["interrupted"]
        assert outcome["error"] is not None
        assert outcome["error"]["type"] == "KeyboardInterrupt"
        assert 'File "<cell 2>", line 7, in wait' in outcome["error"]["traceback"]
        assert cells.host.task is None
        assert cells.value("state, await other") == "('cleaned up', 'done')"
