import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_here = Path(__file__).parent
sys.path[:0] = [str(_here), str(_here.parent / "src")]

from running import Cells  # noqa: E402


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cells]:
    # A notebook makes itself `__main__`; undone after the test.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    cells = Cells()
    yield cells
    cells.close()
