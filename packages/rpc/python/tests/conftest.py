"""Fixtures: hosts for interface files that tests write themselves, and one with everything for the rest."""

from __future__ import annotations

import contextlib
import signal
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hosting import RunningHost, running

if TYPE_CHECKING:
    from collections.abc import Iterator

# Ignored in what a shell starts in the background, and in the hosts that are started from there.
signal.signal(signal.SIGINT, signal.default_int_handler)

FIXTURES = Path(__file__).parent / "fixtures"


class Serve(Protocol):
    """Serves an interface file, given as text or as a path."""

    def __call__(self, source: str | Path, *, load: bool = True, **config: Any) -> RunningHost: ...


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def start(source: str | Path, *, load: bool = True, **config: Any) -> RunningHost:
            file = source
            if isinstance(file, str):
                file = tmp_path / "interface.py"
                file.write_text(textwrap.dedent(str(source)))
            host = stack.enter_context(running(file, **config))
            if load:
                host.interface()
            return host

        yield start


@pytest.fixture(scope="module")
def host() -> Iterator[RunningHost]:
    """One host with the functions of fixtures/everyday.py, for tests that leave no trace in it."""
    with running(FIXTURES / "everyday.py") as everyday:
        everyday.interface()
        yield everyday
