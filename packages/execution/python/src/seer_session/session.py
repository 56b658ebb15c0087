"""What a local session calls in its Python process: an interface file for the RPC host."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

# The host puts this file's directory on the path; what is importable as a package is the one above.
# Neither stays there, or a library of the user's called `cell` would not be found.
_here = Path(__file__).resolve().parent
sys.path.insert(0, str(_here.parent))

from seer_session.figures import expect_no_screen  # noqa: E402
from seer_session.notebook import Notebook  # noqa: E402

sys.path[:] = [entry for entry in sys.path if entry not in (str(_here), str(_here.parent))]
# As in a notebook, what lies in the working directory can be imported; the workspace's libraries come first.
sys.path.insert(1, "")

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., Any])

    def expose(function: Function) -> Function: ...  # injected by the host


_notebook = Notebook()
_session: str | None = None
expect_no_screen()


@expose
def set_up(session: str, code: str) -> dict[str, Any]:
    """Run a session's own first cell, and accept its others once it has succeeded."""
    global _session
    outcome = _notebook.run(code, "<custom init code>")
    if outcome["error"] is None:
        _session = session
    return {**outcome}


@expose
def execute(session: str, code: str, name: str = "") -> dict[str, Any] | None:
    """Run a cell, or nothing at all in a process that was started anew since the session was set up."""
    return {**_notebook.run(code, name)} if session == _session else None


@expose
def is_set_up(session: str) -> bool:
    """Return whether this process has been set up for a session."""
    return session == _session
