"""Imports Seer's own module `seer`, even if the path contains another one of that name."""

from __future__ import annotations

import os
import sys

DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "importable")

sys.path.insert(0, DIRECTORY)
try:
    import seer
finally:
    sys.path.remove(DIRECTORY)

__all__ = ["DIRECTORY", "seer"]
