from __future__ import annotations

import builtins
import copy
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

from seer_client import RemoteError
from seer_client.errors import RemoteTraceback, remote_error
from seer_client.values import unpack

STEERING = {"StopIteration", "StopAsyncIteration"}
EXCEPTIONS = sorted(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception) and name not in STEERING
)


CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "rpc" / "golden" / "exceptions.json").read_text()
)["cases"]


def raised(name: str) -> RemoteError:
    return remote_error({"code": "exception", "type": name, "message": "why", "traceback": "Traceback …"})


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_a_builtin_exception_is_caught_as_itself(name: str) -> None:
    with pytest.raises(getattr(builtins, name)) as caught:
        raise raised(name)
    assert isinstance(caught.value, RemoteError)
    assert (caught.value.type, str(caught.value)) == (name, "why")


@pytest.mark.parametrize("name", [*STEERING, "KeyboardInterrupt", "mine.ProbeError", "print"])
def test_any_other_is_a_remote_error_that_says_its_type(name: str) -> None:
    error = raised(name)
    assert type(error) is RemoteError
    assert str(error) == f"{name}: why"


def test_the_remote_traceback_is_the_cause() -> None:
    error = raised("ValueError")
    assert error.traceback == "Traceback …"
    assert str(error.__cause__) == "\nTraceback …"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid-arguments", TypeError),
        ("invalid-arguments", ValueError),
        ("unknown-function", AttributeError),
        ("deadline", TimeoutError),
        ("unauthorised", PermissionError),
        ("unreachable", ConnectionError),
        ("worker-died", RemoteError),
        ("new-in-version-9", RemoteError),
    ],
)
def test_a_refused_call_is_what_python_would_raise(code: str, kind: type[Exception]) -> None:
    error = remote_error({"code": code, "message": "what", "hint": "do this"})
    assert isinstance(error, kind)
    assert isinstance(error, RemoteError)
    assert (error.code, str(error)) == (code, "what\ndo this")


def test_errors_survive_copying_and_pickling() -> None:
    for error in (raised("OSError"), remote_error({"code": "deadline", "message": "late"})):
        for same in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert (type(same), str(same), same.code) == (type(error), str(error), error.code)


def restored(case: dict[str, Any]) -> RemoteError:
    error = {"code": "exception", "traceback": "Traceback …", **case["error"]}
    # As it comes in an answer.
    _, received = unpack("application/json", bytearray(json.dumps(error).encode()))
    return remote_error(received)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_exceptions_are_caught_as_in_the_sandbox(case: dict[str, Any]) -> None:
    if tuple(case.get("python", ())) > sys.version_info:
        pytest.skip("this Python has no such exception")
    error = restored(case)
    for name in case["caught"]:
        assert isinstance(error, getattr(builtins, name))
    assert error.type == case["error"]["type"]
    assert case["error"]["message"] in str(error)
    for same in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(same), str(same)) == (type(error), str(error))


def case_of(name: str) -> RemoteError:
    return restored(next(case for case in CASES if case["name"] == name))


def test_arguments_and_attributes_are_those_of_the_sandbox() -> None:
    assert case_of("arguments that are not the message").args == ("name",)
    assert case_of("a built-in exception needs no details").args == ("no such layer",)
    assert case_of("no argument").args == ()
    missing: Any = case_of("an operating system error")
    assert (missing.errno, missing.strerror, missing.filename) == (2, "No such file or directory", "/weights")
    undecodable: Any = case_of("a decoding error")
    assert (undecodable.object, undecodable.start, undecodable.reason) == (b"a\xff", 1, "invalid start byte")
    assert str(missing) == "[Errno 2] No such file or directory: '/weights'"


def test_a_cause_is_restored_before_the_traceback() -> None:
    error = case_of("a cause")
    assert isinstance(error.__cause__, KeyError)
    assert error.__cause__.args == ("inner",)
    assert isinstance(error.__cause__.__cause__, RemoteTraceback)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python has no exception groups")
def test_a_group_has_its_exceptions() -> None:
    group: Any = case_of("a group")
    assert [type(one).__name__ for one in group.exceptions] == ["ValueError", "LayerError"]
    matching, rest = group.split(IndexError)
    assert [str(one) for one in matching.exceptions] == ["two"]
    assert [str(one) for one in rest.exceptions] == ["one"]


@pytest.mark.parametrize("bases", [["OSError", "SyntaxError"], ["KeyboardInterrupt"], ["no such"], ["print"]])
def test_bases_that_cannot_be_had_together(bases: list[str]) -> None:
    error = remote_error({"code": "exception", "type": "Odd", "message": "why", "details": {"bases": bases}})
    assert isinstance(error, RemoteError)
    assert not isinstance(error, KeyboardInterrupt)
    assert "why" in str(error)
