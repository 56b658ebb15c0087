"""The functions under test, as a researcher would serve them."""

# Seer injects `expose`.
# ruff: noqa: F821

import time

import numpy as np
from shared import work


@expose
def echo(value: str) -> str:
    return value


@expose
def numbers(value: list[float]) -> list[float]:
    return value


@expose
def floats() -> np.ndarray:
    return work.FLOATS


@expose
def take(value: np.ndarray) -> int:
    return len(value)


@expose(concurrency=64)
def nap() -> None:
    time.sleep(work.NAP_SECONDS)


@expose
def hold(value: int) -> int:
    return work.hold(value)
