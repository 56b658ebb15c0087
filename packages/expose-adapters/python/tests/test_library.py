from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from seer_client import Caller, default

if TYPE_CHECKING:
    from pathlib import Path

    from client_host import Host


@pytest.fixture
def library(tmp_path: Path, host: Host) -> str:
    (tmp_path / "_endpoint.json").write_text(json.dumps({"url": host.url, "token": host.token}))
    return str(tmp_path / "__init__.py")


def test_the_endpoint_is_beside_the_library(library: str) -> None:
    assert Caller(library)("big_integer", {}) == 2**63 + 1


def test_the_environment_overrides_it(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEER_RPC_TOKEN", "x" * 40)
    with pytest.raises(PermissionError):
        Caller(library)("big_integer", {})
    monkeypatch.setenv("SEER_RPC_URL", "http://127.0.0.1:1")
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        Caller(library)("big_integer", {})


def test_defaults_that_only_the_function_can_make_are_not_sent(library: str) -> None:
    assert repr(default("Pooling.MEAN")) == "Pooling.MEAN"
    arguments = {"mode": "exact", "pooling": default("Pooling.MEAN"), "seed": default("None")}
    assert Caller(library)("choose", arguments) == "exact MEAN None"


def test_other_arguments_go_by_their_own_names(library: str) -> None:
    result = Caller(library)("positional", {"a": 1, "rest": [2]}, {"color": "red"})
    assert (result["rest"], result["labels"]) == ([2], {"color": "red"})
    with pytest.raises(TypeError, match="multiple values for argument 'rest'"):
        Caller(library)("positional", {"a": 1, "rest": [2]}, {"rest": "x"})


def test_results_are_restored(library: str) -> None:
    schema: dict[str, Any] = {
        "type": "array",
        "items": {"type": "object", "properties": {}},
        "x-python": "tuple",
    }
    assert Caller(library)("spans", {"text": "abc"}, returns=schema) == (
        {"start": 0, "end": 3},
        {"start": 1, "end": -1},
    )
