"""How files load, and how they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hosting import Failed, running, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Serve

BROKEN = {
    "syntax": ("def f(:\n    pass\n", "interface.py:1: invalid syntax", None),
    "import": ("import not_there_at_all\n", "needs the module 'not_there_at_all'", "pythonPackages"),
    "raises": ("x = 1 / 0\n", "ZeroDivisionError: division by zero", None),
    "exits": ("import sys\nsys.exit(4)\n", "called sys.exit(4) while it was loaded", None),
    "nothing": ("def f() -> int:\n    return 1\n", "exposes no function", "@expose"),
    "unsupported": (
        "from collections.abc import Callable\n@expose\ndef f(g: Callable) -> int:\n    return 1\n",
        "f: the hint of the parameter 'g' is not supported",
        None,
    ),
    "a class": (
        "class Model: ...\n@expose\ndef f() -> Model:\n    return Model()\n",
        "f: the hint of the return value is not supported: Model",
        "expose.Ref[Model]",
    ),
    "twice": (
        "@expose\ndef f() -> int:\n    return 1\n@expose\ndef f() -> int:\n    return 2\n",
        "two exposed functions are called f",
        None,
    ),
    "not a function": ("@expose\nclass A:\n    pass\n", "@expose is for functions", None),
    "unknown model": (
        "get_model_path('google/gemma-3')\n",
        "no model 'google/gemma-3' is configured; configured are: 'google/gemma-2-9b'",
        None,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_does_not_load(serve: Serve, name: str) -> None:
    source, message, hint = BROKEN[name]
    host = serve(source, load=False, models=[{"name": "google/gemma-2-9b", "path": "/models/x"}])
    with pytest.raises(Failed) as failed:
        host.interface()
    assert failed.value.code == "load-failed"
    assert message in failed.value.message
    assert hint is None or hint in (failed.value.error["hint"] or "")
    # The host stays, to say so again.
    health = host.health()
    assert health["state"] == "failed"
    assert health["error"] == failed.value.error
    with pytest.raises(Failed, match="load-failed"):
        host.call("f")


def test_the_traceback_of_a_load_failure_shows_the_file(serve: Serve) -> None:
    host = serve("def inner():\n    raise KeyError('layer')\n\ninner()\n", load=False)
    with pytest.raises(Failed) as failed:
        host.interface()
    traceback = failed.value.error["traceback"]
    assert traceback.startswith("Traceback (most recent call last):\n")
    assert 'interface.py", line 4, in <module>\n    inner()' in traceback
    assert "raise KeyError('layer')" in traceback
    assert "seer_host" not in traceback
    assert "KeyError: 'layer'" in host.logs()


def test_a_missing_file(tmp_path: Path) -> None:
    with running(tmp_path / "absent.py") as host, pytest.raises(Failed, match=r"absent\.py does not exist"):
        host.interface()


def test_a_missing_interpreter(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("")
    with running(tmp_path / "f.py", python="/no/such/python") as host:
        with pytest.raises(Failed, match="cannot start the worker with /no/such/python") as failed:
            host.interface()
        assert failed.value.code == "load-failed"


def test_a_worker_that_dies_while_it_loads(serve: Serve) -> None:
    host = serve("print('so far')\nimport os\nos.kill(os.getpid(), 9)\n", load=False)
    with pytest.raises(Failed) as failed:
        host.interface()
    assert failed.value.code == "load-failed"
    assert "SIGKILL" in failed.value.message
    assert failed.value.error["details"] == {"signal": "SIGKILL", "log": ["so far"]}


def test_the_port_answers_while_the_file_loads(serve: Serve) -> None:
    host = serve(
        "import time\nprint('loading the model')\ntime.sleep(1)\n@expose\ndef f() -> int:\n    return 1\n",
        load=False,
    )
    assert host.health()["state"] == "loading"
    with pytest.raises(Failed, match="loading"):
        host.interface(wait=0)
    with pytest.raises(Failed, match="loading"):
        host.call("f")
    wait_until(lambda: "worker loading the model" in host.logs())
    assert host.health()["state"] == "loading"
    assert host.interface()["functions"][0]["name"] == "f"
    assert host.call("f") == 1


def test_restart_loads_what_was_mended(serve: Serve) -> None:
    host = serve("1 / 0\n", load=False)
    with pytest.raises(Failed):
        host.interface()
    host.file.write_text("@expose\ndef f() -> int:\n    return 1\n")
    host.request("POST", "/restart")
    assert host.interface()["functions"][0]["name"] == "f"
    assert host.call("f") == 1


def test_the_file_runs_as_a_script(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("value = 'from beside the file'\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "library.py").write_text("value = 'from the path'\n")
    host = serve(
        """
        import os, sys, inspect, pickle
        import helper, library

        names = sorted(name for name in globals() if not name.startswith("__"))

        class Thing: ...

        @expose
        def facts() -> dict:
            return {
                "name": __name__,
                "file": __file__,
                "argv": sys.argv,
                "main": sys.modules["__main__"].Thing is Thing,
                "pickles": isinstance(pickle.loads(pickle.dumps(Thing())), Thing),
                "source": inspect.getsource(Thing),
                "helper": helper.value,
                "library": library.value,
                "names": names,
                "path0": sys.path[0],
                "host": any(os.path.isdir(os.path.join(path, "seer_host")) for path in sys.path),
            }

        if __name__ == "__main__":
            ran = True
        """,
        path=[str(tmp_path / "more")],
    )
    facts = host.call("facts")
    assert facts == {
        "name": "__main__",
        "file": str(host.file),
        "argv": [str(host.file)],
        "main": True,
        "pickles": True,
        "source": "class Thing: ...\n",
        "helper": "from beside the file",
        "library": "from the path",
        "names": [
            "expose",
            "get_model_path",
            "helper",
            "inspect",
            "library",
            "list_configured_models",
            "os",
            "pickle",
            "sys",
        ],
        "path0": str(tmp_path),
        "host": False,
    }


def test_configured_models(serve: Serve) -> None:
    host = serve(
        """
        @expose
        def models() -> dict:
            return {name: get_model_path(name) for name in list_configured_models()}
        """,
        models=[{"name": "google/gemma-2-9b", "path": "/models/google--gemma-2-9b"}],
    )
    assert host.call("models") == {"google/gemma-2-9b": "/models/google--gemma-2-9b"}


def test_exposed_functions_stay_functions(serve: Serve) -> None:
    host = serve(
        """
        import functools

        def doubled(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return 2 * function(*args, **kwargs)
            return wrapper

        @expose
        def one() -> int:
            return 1

        @expose()
        def two() -> int:
            return one() + one()

        @expose
        @doubled
        def decorated_below(x: int) -> int:
            return x

        @doubled
        @expose
        def decorated_above(x: int) -> int:
            return x
        """
    )
    assert host.call("two") == 2
    assert host.call("decorated_below", x=5) == 10
    assert host.call("decorated_above", x=5) == 10
    with pytest.raises(Failed, match="invalid-arguments"):
        host.call("decorated_above", x="5")


def test_nothing_heavy_is_imported_for_the_user(serve: Serve) -> None:
    host = serve(
        """
        import sys

        @expose
        def heavy(value: list[float]) -> list:
            return sorted({"numpy", "torch", "asyncio", "pydantic"} & set(sys.modules))
        """
    )
    assert host.call("heavy", value=[1.5]) == []
