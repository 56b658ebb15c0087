import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

here = Path(__file__).parent
sys.path[:0] = [str(here), str(here.parent / "src")]

from client_host import Host, package, serve  # noqa: E402


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    with serve(package / "test" / "fixtures" / "interface.py") as served:
        yield served
