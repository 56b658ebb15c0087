"""What `expose` takes: it works, or the file does not load and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hosting import Failed, RunningHost, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Serve

_SOURCE = '''
import asyncio
import functools
import math


def scaled(x: float, factor: float) -> float:
    """Multiplies.

    Args:
        x: What to multiply.
    """
    return x * factor


@expose(name="doubled")
def _twice(x: int) -> int:
    return 2 * x


@expose()
def parenthesised(x: int) -> int:
    return x


class Probe:
    """A probe of a layer."""

    def __init__(self, layer: int) -> None:
        self.layer = layer

    def read(self, x: int) -> list[int]:
        """Reads the layer."""
        return [self.layer, x]

    async def read_later(self, x: int) -> list[int]:
        await asyncio.sleep(0)
        return [self.layer, x]

    def __call__(self, x: int) -> list[int]:
        """Calls the probe."""
        return [self.layer, x]

    @classmethod
    def named(cls, x: int) -> str:
        return f"{cls.__name__} {x}"

    @expose
    @classmethod
    def exposed_class_method(cls, x: int) -> str:
        return f"{cls.__name__} {x}"

    @classmethod
    @expose
    def class_method_of_exposed(cls, x: int) -> str:
        return f"{cls.__name__} {x}"

    @expose
    @staticmethod
    def exposed_static(x: int) -> int:
        return x

    @staticmethod
    @expose
    def static_of_exposed(x: int) -> int:
        return x


class AsyncProbe:
    async def __call__(self, x: int) -> int:
        await asyncio.sleep(0)
        return x


def made(layer: int):
    def closure(x: int) -> list[int]:
        return [layer, x]
    return closure


probe = Probe(7)
expose(probe.read)
expose(probe.read_later)
expose(probe.read, name="read_again")
expose(probe, name="call_probe")
expose(AsyncProbe(), name="call_async_probe")
expose(Probe.named)
expose(functools.partial(scaled, factor=3.0), name="tripled")
expose(functools.partial(scaled, 2.0), name="two_times")
expose(functools.partial(Probe(8).read), name="partial_of_method")
expose(made(1), name="closure_1")
expose(made(2), name="closure_2")
expose(lambda x, y=2: x + y, name="added")
expose(scaled)
expose(scaled)
expose(scaled, name="scaled_too", concurrency=2)
expose(math.pow, name="power")
expose(concurrency=2)(made(3))
'''


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    file = tmp_path_factory.mktemp("exposing") / "interface.py"
    file.write_text(_SOURCE)
    with running(file) as started:
        started.interface()
        yield started


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("doubled", [2], 4),
        ("parenthesised", [2], 2),
        ("read", [1], [7, 1]),
        ("read_later", [1], [7, 1]),
        ("read_again", [1], [7, 1]),
        ("call_probe", [1], [7, 1]),
        ("call_async_probe", [1], 1),
        ("named", [1], "Probe 1"),
        ("exposed_class_method", [1], "Probe 1"),
        ("class_method_of_exposed", [1], "Probe 1"),
        ("exposed_static", [1], 1),
        ("static_of_exposed", [1], 1),
        ("tripled", [2.0], 6.0),
        ("two_times", [5.0], 10.0),
        ("partial_of_method", [1], [8, 1]),
        ("closure_1", [5], [1, 5]),
        ("closure_2", [5], [2, 5]),
        ("closure", [5], [3, 5]),
        ("added", [1], 3),
        ("scaled", [2.0, 2.0], 4.0),
        ("scaled_too", [2.0, 2.0], 4.0),
        ("power", [3, 2], 9.0),
    ],
)
def test_what_can_be_exposed(host: RunningHost, name: str, arguments: list[Any], result: Any) -> None:
    assert host.call(name, *arguments) == result


def test_nothing_else_is_exposed(host: RunningHost) -> None:
    names = {function["name"] for function in host.interface()["functions"]}
    assert len(names) == 22
    assert "_twice" not in names


def test_docs_and_hints_are_those_of_what_is_behind(host: RunningHost) -> None:
    functions = {function["name"]: function for function in host.interface()["functions"]}
    assert functions["read"]["description"] == "Reads the layer."
    assert functions["call_probe"]["description"] == "Calls the probe."
    assert functions["tripled"]["description"] == "Multiplies."
    assert functions["tripled"]["parameters"][0]["description"] == "What to multiply."
    for name in ("read", "call_probe", "closure_1", "partial_of_method"):
        assert [parameter["annotation"] for parameter in functions[name]["parameters"]] == ["int"]
        assert functions[name]["returns"]["annotation"] == "list[int]"
    assert functions["scaled_too"]["concurrency"] == 2


def test_missing_hints_are_warnings(serve: Serve) -> None:
    host = serve(
        "@expose\ndef steer(text, layer: int, *rest, **more):\n    return [text, layer, rest, more]\n"
    )
    description = host.interface()
    (function,) = description["functions"]
    assert [parameter["annotation"] for parameter in function["parameters"]] == ["", "int", "", ""]
    assert all("x-python" in function["parameters"][i]["schema"] for i in (0, 2, 3))
    assert description["warnings"] == [
        "steer: the parameter 'text' has no type hint; any value is accepted",
        "steer: the parameter 'rest' has no type hint; any value is accepted",
        "steer: the parameter 'more' has no type hint; any value is accepted",
        "steer: the return value has no type hint",
    ]
    assert "Warning: interface.py:1: steer: the parameter 'text' has no type hint" in host.logs()
    assert host.call("steer", text={"a": 1}, layer=3, key="x") == [{"a": 1}, 3, [], {"key": "x"}]
    assert host.call("steer", [1.5], 3, "more") == [[1.5], 3, ["more"], {}]
    with pytest.raises(Failed, match="invalid-arguments"):
        host.call("steer", text="hi", layer="three")


_WRONG = {
    "a class": ("@expose\nclass A: ...\n", "@expose is for functions"),
    "a number": ("expose(3)\n", "expose is for functions; 3 is not one"),
    "a value": ("x = 3\nexpose(x)\n", "@expose is for functions; 3 is not one"),
    "a lambda without a name": ("expose(lambda x: x)\n", "has no name"),
    "a partial without a name": (
        "import functools\ndef f(x: int) -> int: ...\nexpose(functools.partial(f, 1))\n",
        "has no name",
    ),
    "an object without a name": (
        "class A:\n    def __call__(self): ...\na = A()\nexpose(a)\n",
        "has no name",
    ),
    "a method": ("class A:\n    @expose\n    def f(self, x: int) -> int: ...\n", "A.f is a method"),
    "a method of a local class": (
        "def make():\n    class A:\n        @expose\n        def f(self, x: int) -> int: ...\nmake()\n",
        "is a method, which needs an object",
    ),
    "a keyword": ('expose(lambda: 1, name="class")\n', "name must be one that a function can have"),
    "a name with a space": ('expose(lambda: 1, name="a b")\n', "name must be one that a function can have"),
    "a special name": ('expose(lambda: 1, name="__init__")\n', "name must be one that a function can have"),
    "a computed name": (
        'n = "a-b"\nexpose(lambda: 1, name=n)\n',
        "name must be one that a function can have",
    ),
    "no such option": ("@expose(nam='g')\ndef f() -> int: ...\n", "expose has no option 'nam'"),
    "no concurrency": (
        "@expose(concurrency=0)\ndef f() -> int: ...\n",
        "must be a whole number from 1, not 0",
    ),
    "computed concurrency": (
        "n = 1.5\n@expose(concurrency=n)\ndef f() -> int: ...\n",
        "must be a whole number from 1, not 1.5",
    ),
    "an option without its name": ("@expose(2)\ndef f() -> int: ...\n", "the options of expose need names"),
    "one name twice": (
        "@expose\ndef f() -> int: ...\n@expose\ndef f() -> int: ...\n",
        "two exposed functions are called f",
    ),
    "one name for two": (
        "def f() -> int: ...\ndef g() -> int: ...\nexpose(f, name='h')\nexpose(g, name='h')\n",
        "two exposed functions are called h",
    ),
    "one name for two closures": (
        "def make():\n    def f() -> int: ...\n    return f\nfor _ in range(2):\n    expose(make())\n",
        "two exposed functions are called f",
    ),
    "expose defined again": ("def expose(f): return f\n@expose\ndef f() -> int: ...\n", "hides Seer's own"),
    "no signature": ("import math\nexpose(math.hypot, name='f')\n", "f: its signature cannot be read"),
}


@pytest.mark.parametrize("what", _WRONG)
def test_what_cannot_be_exposed(serve: Serve, what: str) -> None:
    source, message = _WRONG[what]
    host = serve(source, load=False)
    with pytest.raises(Failed) as failed:
        host.interface()
    assert failed.value.code == "load-failed"
    assert message in failed.value.message


def test_all_problems_of_a_file_are_told_at_once_and_before_it_runs(serve: Serve) -> None:
    host = serve(
        """
        from collections.abc import Callable

        class Model: ...

        @expose(concurency=2)
        def steer(hook: Callable[[int], int]) -> int: ...

        @expose
        def read() -> Model: ...

        @expose
        def read() -> int: ...

        raise RuntimeError("it was run")
        """,
        load=False,
    )
    with pytest.raises(Failed) as failed:
        host.interface()
    lines = failed.value.message.splitlines()
    assert lines[0] == "interface.py has 4 problems:"
    assert [line.strip().partition(": ")[0] for line in lines[1:]] == [
        *("interface.py:6", "interface.py:7", "interface.py:10", "interface.py:13")
    ]
    assert [problem["line"] for problem in failed.value.error["details"]["problems"]] == [6, 7, 10, 13]
    assert "Did you mean concurrency?" in failed.value.error["hint"]
    assert "expose.Ref[Model]" in failed.value.error["hint"]


def test_what_only_running_the_file_can_tell_is_told_at_once_too(serve: Serve) -> None:
    host = serve(
        """
        import threading
        kinds = {"lock": threading.Lock, "event": threading.Event}

        @expose
        def one(x: kinds["event"]) -> int: ...

        @expose
        def two(x: int, y: threading.Thread) -> threading.Event: ...
        """,
        load=False,
    )
    with pytest.raises(Failed) as failed:
        host.interface()
    assert "interface.py has 3 problems:" in failed.value.message
    for what in ("one: the hint of the parameter 'x'", "two: the hint of the parameter 'y'"):
        assert f"{what} is not supported" in failed.value.message
    assert "two: the hint of the return value is not supported" in failed.value.message
