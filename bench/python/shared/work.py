"""What every server under test does when it is called."""

from __future__ import annotations

import numpy as np

NAP_SECONDS = 0.05
COUNT = 1_000_000
FLOATS = np.random.default_rng(0).standard_normal(COUNT, dtype=np.float32)


def hold(count: int) -> int:
    """Keeps one core busy inside C without letting go of the interpreter's lock."""
    return sum(range(count))
