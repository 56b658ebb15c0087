"""What of an exception travels, so that a client can raise one that the same clauses catch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hosting import RunningHost, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "golden" / "exceptions.json").read_text()
)["cases"]
_SOURCE = """
import json

class LayerError(IndexError): ...
class DeepLayerError(LayerError): ...
class BothError(KeyError, AttributeError):
    def __str__(self): return "both"
class OtherError(Exception): ...
class DiskError(OSError): ...
class Thing:
    def __repr__(self): return "<thing>"

class Hostile(Exception):
    def __init__(self):
        super().__init__(self)
        self.__cause__ = self

def caused(error, cause):
    error.__cause__ = cause
    return error

def nested(depth):
    return caused(ValueError(depth), nested(depth - 1)) if depth else ValueError(0)

@expose
def fail(what: str) -> None:
    raise eval(what)
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    file = tmp_path_factory.mktemp("exceptions") / "interface.py"
    file.write_text(_SOURCE)
    with running(file) as started:
        started.interface()
        yield started


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_golden_exceptions(host: RunningHost, case: dict[str, Any]) -> None:
    if tuple(case.get("python", ())) > sys.version_info:
        pytest.skip("this Python has no such exception")
    error = host.request("POST", "/call/fail", [case["raised"]]).error
    assert error["code"] == "exception"
    assert {key: error[key] for key in ("type", "message", "details")} == case["error"]


@pytest.mark.parametrize(
    "what", ["Hostile()", "nested(500)", "ValueError('x' * 1_000_000)", "OSError(object())"]
)
def test_what_is_sent_has_bounds(host: RunningHost, what: str) -> None:
    error = host.request("POST", "/call/fail", [what]).error
    assert error["code"] == "exception"
    assert len(json.dumps(error["details"])) < 50_000
