"""Tensors of the real torch, which is taken from any Python of this machine that has it."""

from __future__ import annotations

import base64
import functools
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hosting import Failed, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hosting import RunningHost

INTERFACE = """
from collections.abc import Iterator
from typing import Any, Optional

import torch

@expose
def states(dtype: str) -> torch.Tensor:
    return torch.tensor([[1.5, -2.0], [0.0, 3.0]], dtype=getattr(torch, dtype))

@expose
def nested(layers: int) -> dict:
    weights = torch.nn.Linear(2, 2, bias=False).weight
    weights.data.fill_(0.5)
    return {"layers": [torch.full((1, 2), float(i)) for i in range(layers)], "weights": weights}

@expose
def turned() -> torch.Tensor:
    return torch.arange(6).reshape(2, 3).T

@expose
def empty() -> torch.Tensor:
    return torch.empty(0, 4, dtype=torch.float16)

@expose
def scalar() -> torch.Tensor:
    return torch.tensor(2.5, dtype=torch.float64)

@expose
def nested_scalars() -> dict[str, list[torch.Tensor]]:
    return {"losses": [torch.tensor(1.5), torch.tensor([2.5])]}

@expose
def loss(dtype: str, hint: str) -> Any:
    value = torch.tensor(1.5).to(getattr(torch, dtype))
    learned = value.float().requires_grad_()
    return {"plain": value, "grad": learned, "list": [value], "dict": {value.item(): value}}[hint]

@expose
def as_float() -> float:
    return (torch.ones(2, requires_grad=True) * 1.5).mean()

@expose
def as_optional() -> Optional[float]:
    return torch.tensor(1.5, dtype=torch.float64)

@expose
def as_int() -> int:
    return torch.tensor(2**53 + 1)

@expose
def as_bool() -> bool:
    return torch.tensor([True, True]).all()

@expose
def as_complex() -> complex:
    return torch.tensor(1 + 2j).conj()

@expose
def as_losses() -> list[float]:
    return [x for x in torch.tensor([1.5, 2.5]).bfloat16()]

@expose
def as_stream() -> Iterator[float]:
    yield from torch.tensor([1.5, 2.5])

@expose
def doubled(x: float) -> float:
    return x * 2

@expose
def meta_scalar() -> float:
    return torch.empty((), device="meta")

@expose
def about(x: torch.Tensor) -> dict:
    x.copy_(x.clone())
    return {"dtype": str(x.dtype), "shape": list(x.shape), "sum": float(x.double().sum())}

@expose
def keep(size: int) -> expose.Ref[torch.Tensor]:
    return expose.ref(torch.ones(size, dtype=torch.bfloat16))

@expose
def total(kept: expose.Ref[torch.Tensor]) -> float:
    return float(kept.sum())

@expose
def meta() -> torch.Tensor:
    return torch.empty(2, device="meta")
"""


@functools.cache
def torch_python() -> str | None:
    named = os.environ.get("SEER_TORCH_PYTHON")
    for python in [named] if named else [sys.executable, "/usr/bin/python3"]:
        check = subprocess.run([python, "-c", "import torch"], check=False, capture_output=True, timeout=120)
        if check.returncode == 0:
            return python
    return None


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    python = torch_python()
    if python is None:
        pytest.skip("no Python here has torch; SEER_TORCH_PYTHON can name one")
    file: Path = tmp_path_factory.mktemp("torch") / "tensors.py"
    file.write_text(INTERFACE)
    # Debian's torch itself warns as it is imported.
    with running(file, python=python, env={"PYTHONWARNINGS": "default"}) as started:
        started.interface(wait=60)
        yield started


def data(array: dict[str, Any]) -> bytes:
    return base64.b64decode(array["data"])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float32", struct.pack("<4f", 1.5, -2, 0, 3)),
        ("float16", struct.pack("<4e", 1.5, -2, 0, 3)),
        # The upper halves of the float32s.
        ("bfloat16", bytes.fromhex("c03f 00c0 0000 4040")),
        ("int64", struct.pack("<4q", 1, -2, 0, 3)),
        ("bool", b"\x01\x01\x00\x01"),
        ("complex64", struct.pack("<8f", 1.5, 0, -2, 0, 0, 0, 3, 0)),
    ],
)
def test_a_tensor_travels_as_it_lies_in_memory(host: RunningHost, dtype: str, expected: bytes) -> None:
    array = host.call("states", dtype=dtype)
    assert (array["dtype"], array["shape"]) == (dtype, [2, 2])
    assert data(array) == expected
    about = host.call("about", x=array)
    assert about["dtype"] == f"torch.{dtype}"
    assert about["shape"] == [2, 2]


def test_tensors_inside_of_dicts_and_lists_and_parameters_that_need_gradients(host: RunningHost) -> None:
    result = host.call("nested", layers=2)
    assert [data(layer) for layer in result["layers"]] == [struct.pack("<2f", i, i) for i in (0, 1)]
    assert data(result["weights"]) == struct.pack("<4f", *[0.5] * 4)


def test_a_transposed_tensor_is_sent_in_order(host: RunningHost) -> None:
    array = host.call("turned")
    assert (array["shape"], data(array)) == ([3, 2], struct.pack("<6q", 0, 3, 1, 4, 2, 5))


def test_tensors_without_elements_and_without_dimensions(host: RunningHost) -> None:
    assert (host.call("empty")["shape"], data(host.call("empty"))) == ([0, 4], b"")
    assert host.call("about", x=host.call("empty"))["shape"] == [0, 4]
    assert (host.call("scalar")["shape"], data(host.call("scalar"))) == ([], struct.pack("<d", 2.5))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("as_float", 1.5),
        ("as_optional", 1.5),
        ("as_int", 2**53 + 1),
        ("as_bool", True),
        ("as_losses", [1.5, 2.5]),
        ("as_stream", [1.5, 2.5]),
    ],
)
def test_a_tensor_without_dimensions_is_the_number_that_was_promised(
    host: RunningHost, function: str, expected: Any
) -> None:
    result = host.call(function)
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float16", 1.5), ("bfloat16", 1.5), ("float64", 1.5), ("int64", 1), ("uint8", 1), ("bool", True)],
)
def test_where_nothing_was_promised_it_is_a_number_too(host: RunningHost, dtype: str, expected: Any) -> None:
    for hint in ("plain", "list"):
        result = host.call("loss", dtype, hint)
        result = result[0] if hint == "list" else result
        assert (result, type(result)) == (expected, type(expected))
    assert host.call("loss", dtype, "grad") == float(expected)
    assert host.call("loss", dtype, "dict") == {"$seer": "dict", "items": [[expected, expected]]}


def test_a_complex_tensor_without_dimensions_is_a_complex_number(host: RunningHost) -> None:
    result = host.call("as_complex")
    assert (result["dtype"], result["shape"]) == ("complex128", [])
    assert data(result) == struct.pack("<2d", 1, -2)


def test_where_a_tensor_was_promised_it_stays_one(host: RunningHost) -> None:
    losses = host.call("nested_scalars")["losses"]
    assert [(x["dtype"], x["shape"]) for x in losses] == [("float32", []), ("float32", [1])]


def test_a_tensor_without_dimensions_is_taken_as_a_number(host: RunningHost) -> None:
    assert host.call("doubled", host.call("scalar")) == 5
    with pytest.raises(Failed, match="x: expected a number"):
        host.call("doubled", host.call("nested_scalars")["losses"][1])


def test_a_tensor_can_stay_and_be_passed_on(host: RunningHost) -> None:
    ref = host.call("keep", size=8)
    assert (ref["type"], ref["summary"]) == ("Tensor", "bfloat16 [8]")
    assert host.call("total", kept=ref) == 8


def test_a_tensor_without_data_is_an_error_that_says_so(host: RunningHost) -> None:
    with pytest.raises(Failed, match="meta device") as caught:
        host.call("meta")
    assert caught.value.code == "unserialisable"
    with pytest.raises(Failed, match="meta device"):
        host.call("meta_scalar")
