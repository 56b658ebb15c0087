"""Checks interface files without running them; uses only the standard library of Python 3.10 or newer."""

from __future__ import annotations

from .checker import check
from .problems import Problem, list_problems

__all__ = ["Problem", "check", "list_problems"]
