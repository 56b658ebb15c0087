"""An interface that does next to nothing, but for an import that everybody has."""

# Seer injects `expose`.
# ruff: noqa: F821

import numpy as np

_table = np.arange(12).reshape(3, 4)


@expose
def total() -> int:
    """Sum a table."""
    return int(_table.sum())
