import builtins
import pickle
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from seer_session.notebook import CellResult, Notebook


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    # A notebook makes itself `__main__`; undone after the test.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    notebook = Notebook()
    yield notebook
    notebook.close()


def cell(notebook: Notebook, source: str) -> CellResult:
    return notebook.run(textwrap.dedent(source))


def value(notebook: Notebook, source: str) -> str | None:
    outcome = cell(notebook, source)
    assert outcome["error"] is None
    return outcome["result"]


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("1 + 1", "2"),
        ("x = 3\nx * 2", "6"),
        ("'text'", "'text'"),
        ("None", None),
        ("x = 1", None),
        ("", None),
        ("# only a comment", None),
        ("5;", None),
        ("if True:\n    7", None),
        ("x = 1; x", "1"),
    ],
)
def test_the_last_expression_is_the_value(notebook: Notebook, source: str, result: str | None) -> None:
    assert value(notebook, source) == result


def test_cells_share_one_namespace(notebook: Notebook) -> None:
    cell(notebook, "import math\ndef area(r):\n    return math.pi * r ** 2")
    assert value(notebook, "round(area(2), 2)") == "12.57"
    assert value(notebook, "_ * 2") == "25.14"


def test_the_namespace_holds_nothing_of_ours(notebook: Notebook) -> None:
    names = value(notebook, "sorted(name for name in globals() if not name.startswith('__'))")
    assert names == "[]"
    assert value(notebook, "__name__") == "'__main__'"


def test_our_future_statements_do_not_reach_cells(notebook: Notebook) -> None:
    assert value(notebook, "def f(x: int): ...\nf.__annotations__['x'] is int") == "True"


def test_classes_of_cells_pickle(notebook: Notebook) -> None:
    cell(notebook, "class Point:\n    x = 1\npoint = Point()")
    assert value(notebook, "import pickle\npickle.loads(pickle.dumps(point)).x") == "1"
    assert pickle.loads(pickle.dumps(sys.modules["__main__"].__dict__["point"])).x == 1


def test_long_containers_take_several_lines(notebook: Notebook) -> None:
    assert value(notebook, "{'b': 'x' * 60, 'a': 'y' * 60}") == f"{{'b': '{'x' * 60}',\n 'a': '{'y' * 60}'}}"


def test_a_value_that_is_far_too_long_is_cut(notebook: Notebook) -> None:
    result = value(notebook, "'x' * 3_000_000")
    assert result is not None
    assert len(result) < 1_000_100
    assert "[... 2,000,002 characters left out ...]" in result


def test_a_traceback_shows_the_cells_and_nothing_of_ours(notebook: Notebook) -> None:
    cell(notebook, "def fail(layer):\n    raise ValueError(f'layer {layer} of 26')\n")
    error = cell(notebook, "y = 2\nfail(40)\n")["error"]
    assert error is not None
    assert (error["type"], error["message"]) == ("ValueError", "layer 40 of 26")
    lines = [line for line in error["traceback"].splitlines() if "^" not in line]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "<cell 2>", line 2, in <module>',
        "    fail(40)",
        '  File "<cell 1>", line 2, in fail',
        "    raise ValueError(f'layer {layer} of 26')",
        "ValueError: layer 40 of 26",
    ]


def test_what_ran_before_an_error_stays(notebook: Notebook) -> None:
    cell(notebook, "x = 1\n1 / 0")
    assert value(notebook, "x") == "1"


def test_causes_are_shown(notebook: Notebook) -> None:
    error = cell(notebook, "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e")[
        "error"
    ]
    assert error is not None
    assert "KeyError: 'a'" in error["traceback"]
    assert "direct cause" in error["traceback"]
    assert "seer_session" not in error["traceback"]


def test_a_syntax_error_shows_its_line(notebook: Notebook) -> None:
    error = cell(notebook, "x = 1\nfor in y:\n")["error"]
    assert error is not None
    assert error["type"] == "SyntaxError"
    assert error["traceback"].startswith('  File "<cell 1>", line 2\n    for in y:\n')
    assert value(notebook, "'x' in globals()") == "False"


def test_a_cell_that_is_no_source_at_all(notebook: Notebook) -> None:
    error = cell(notebook, "x = '\0'")["error"]
    assert error is not None
    assert error["type"] in ("ValueError", "SyntaxError")
    assert "seer_session" not in error["traceback"]


def test_an_error_of_the_repr_is_the_cells(notebook: Notebook) -> None:
    error = cell(notebook, "class Odd:\n    def __repr__(self):\n        raise RuntimeError('no')\nOdd()")[
        "error"
    ]
    assert error is not None
    assert error["type"] == "RuntimeError"
    assert "seer_session" not in error["traceback"]


def test_an_exception_that_cannot_be_printed_is_an_error_still(notebook: Notebook) -> None:
    error = cell(
        notebook, "class Odd(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise Odd"
    )["error"]
    assert error is not None
    assert error["type"] == "Odd"


def test_a_name_stands_in_tracebacks(notebook: Notebook) -> None:
    error = notebook.run("1 / 0", "analysis.py")["error"]
    assert error is not None
    assert 'File "analysis.py", line 1, in <module>\n    1 / 0' in error["traceback"]


@pytest.mark.parametrize(
    ("ending", "ok"), [("exit_()", True), ("exit_(0)", True), ("exit_(3)", False), ("exit_('bad')", False)]
)
def test_exit_ends_the_cell(notebook: Notebook, ending: str, ok: bool) -> None:
    outcome = cell(notebook, f"from sys import exit as exit_\nx = 1\n{ending}\nx = 2")
    assert (outcome["error"] is None) is ok
    assert value(notebook, "x") == "1"


def test_an_interruption_is_passed_on(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        cell(notebook, "x = 1\nraise KeyboardInterrupt")
    assert 'File "<cell 1>", line 2, in <module>' in capsys.readouterr().err
    assert value(notebook, "x") == "1"


class Cancelled(BaseException):
    """As the host's own."""


def test_the_hosts_interruption_looks_like_pythons(
    notebook: Notebook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host: dict[str, Any] = {"__name__": "seer_host.worker.context", "Cancelled": Cancelled}
    exec("def handle():\n    raise Cancelled", host)
    monkeypatch.setattr(builtins, "handle_signal", host["handle"], raising=False)
    with pytest.raises(Cancelled):
        cell(notebook, "def compute():\n    handle_signal()\ncompute()")
    lines = [line for line in capsys.readouterr().err.splitlines() if "^" not in line]
    assert lines[-3:] == ['  File "<cell 1>", line 2, in compute', "    handle_signal()", "KeyboardInterrupt"]


class TestAwait:
    def test_values(self, notebook: Notebook) -> None:
        source = """
            import asyncio
            async def twice(x):
                await asyncio.sleep(0)
                return 2 * x
            await twice(21)
        """
        assert value(notebook, source) == "42"

    def test_statements(self, notebook: Notebook) -> None:
        source = """
            import asyncio
            async def count():
                for i in range(3):
                    yield i
            seen = [i async for i in count()]
            async for i in count():
                last = i
            (seen, last)
        """
        assert value(notebook, source) == "([0, 1, 2], 2)"

    def test_tasks_live_on_into_later_cells(self, notebook: Notebook) -> None:
        cell(notebook, "import asyncio\nasync def job():\n    await asyncio.sleep(0.01)\n    return 'done'")
        cell(notebook, "task = asyncio.create_task(job())\nawait asyncio.sleep(0)")
        assert value(notebook, "await task") == "'done'"

    def test_asyncio_run_works_between(self, notebook: Notebook) -> None:
        cell(notebook, "import asyncio\nasync def one():\n    return 1")
        assert value(notebook, "asyncio.run(one())") == "1"
        assert value(notebook, "await one()") == "1"

    def test_errors_show_no_event_loop(self, notebook: Notebook) -> None:
        error = cell(notebook, "async def fail():\n    1 / 0\nawait fail()")["error"]
        assert error is not None
        assert "asyncio" not in error["traceback"]
        assert 'File "<cell 1>", line 3, in <module>' in error["traceback"]

    def test_an_interruption_lets_the_cell_clean_up(self, notebook: Notebook) -> None:
        source = """
            import asyncio, os, signal
            state = 'running'
            async def wait():
                global state
                try:
                    asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
                    await asyncio.sleep(30)
                finally:
                    state = 'cleaned up'
            await wait()
        """
        with pytest.raises(KeyboardInterrupt):
            cell(notebook, source)
        assert value(notebook, "state") == "'cleaned up'"


class TestImages:
    def test_a_value_that_draws_itself(self, notebook: Notebook) -> None:
        source = """
            class Picture:
                def _repr_png_(self):
                    return b'\\x89PNG'
            Picture()
        """
        outcome = cell(notebook, source)
        assert outcome["images"] == [b"\x89PNG"]
        assert cell(notebook, "Picture")["images"] == []

    def test_open_figures(self, notebook: Notebook) -> None:
        cell(notebook, "import matplotlib\nmatplotlib.use('Agg')")
        outcome = cell(notebook, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
        assert [image[:4] for image in outcome["images"]] == [b"\x89PNG"]
        assert cell(notebook, "plt.get_fignums()")["result"] == "[]"
        assert len(cell(notebook, "plt.figure(); plt.figure(); 1 / 0")["images"]) == 2
