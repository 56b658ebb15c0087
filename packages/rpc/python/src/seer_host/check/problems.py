"""Problems of an interface file, with their locations."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Report(Protocol):
    """Records a problem."""

    def __call__(self, line: int, message: str, hint: str | None = None) -> None: ...


class Problem(NamedTuple):
    """An error that prevents a file from being served, or a warning."""

    file: str
    line: int
    message: str
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line}: {self.message}"


def list_problems(problems: Sequence[Problem]) -> str:
    """One line per problem, with a heading if there are several."""
    if len(problems) == 1:
        return str(problems[0])
    name = os.path.basename(problems[0].file)
    return "\n  ".join((f"{name} has {len(problems)} problems:", *map(str, problems)))
