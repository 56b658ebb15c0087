"""The interface file of a local session: functions that the session calls in its Python process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

# The host adds this file's directory to `sys.path`, but importing `seer_session` needs its parent.
# Both are removed again, or a user's library called `cell` would not be found.
_here = Path(__file__).resolve().parent
sys.path.insert(0, str(_here.parent))

from seer_host.worker.context import CallCancelled, current_call  # noqa: E402

from seer_session.figures import ignore_missing_display  # noqa: E402
from seer_session.notebook import Notebook  # noqa: E402

sys.path[:] = [entry for entry in sys.path if entry not in (str(_here), str(_here.parent))]
# As in a notebook, modules in the working directory can be imported, after the workspace's libraries.
_libraries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
sys.path.insert(max((sys.path.index(path) + 1 for path in _libraries if path in sys.path), default=1), "")

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., Any])

    def expose(function: Function) -> Function: ...  # injected by the host


class _Host:
    interruption: type[BaseException] = CallCancelled

    def has_interrupted(self) -> bool:
        call = current_call.get()
        return call is not None and call.cancelled

    def set_task(self, task: asyncio.Task[Any] | None) -> None:
        if (call := current_call.get()) is not None:
            call.task = task


_notebook = Notebook(_Host())
_session: str | None = None
ignore_missing_display()


@expose
def begin(session: str) -> None:
    """Bind this process to a session."""
    global _session
    _session = session


@expose
def execute(session: str, code: str, name: str = "") -> dict[str, Any] | None:
    """Run a cell; return None if this process is not bound to the session."""
    return {**_notebook.run(code, name)} if session == _session else None


@expose
def is_current(session: str) -> bool:
    """Return whether this process is bound to the session."""
    return session == _session
