"""The functions of all servers under test."""

from __future__ import annotations

import numpy as np

NAP_SECONDS = 0.05
COUNT = 1_000_000
FLOATS = np.random.default_rng(0).standard_normal(COUNT, dtype=np.float32)


def hold(count: int) -> int:
    """Keeps one core busy in C code without releasing the GIL."""
    return sum(range(count))
