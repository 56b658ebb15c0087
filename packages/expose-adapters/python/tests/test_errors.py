from __future__ import annotations

import builtins
import copy
import pickle

import pytest

from seer_client import RemoteError
from seer_client.errors import remote_error

STEERING = {"StopIteration", "StopAsyncIteration"}
UNMAKEABLE = {"ExceptionGroup"}
EXCEPTIONS = sorted(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception) and name not in STEERING | UNMAKEABLE
)


def raised(name: str) -> RemoteError:
    return remote_error({"code": "exception", "type": name, "message": "why", "traceback": "Traceback …"})


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_a_builtin_exception_is_caught_as_itself(name: str) -> None:
    with pytest.raises(getattr(builtins, name)) as caught:
        raise raised(name)
    assert isinstance(caught.value, RemoteError)
    assert (caught.value.type, str(caught.value)) == (name, "why")


@pytest.mark.parametrize("name", [*STEERING, *UNMAKEABLE, "KeyboardInterrupt", "mine.ProbeError", "print"])
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
