"""The state of loading the served file, which clients can query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..errors import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable

Phase = Literal["loading", "ready", "restarting", "failed", "dead"]


class LoadState:
    """The state of the served file; notifies listeners of changes."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.phase: Phase = "loading"
        self.failure: RpcError | None = None
        """Why the file could not be loaded; nothing is served then."""
        self.is_reloading = False
        self.reload_failure: RpcError | None = None
        """Why the last reload failed."""
        self.description = b""
        self.revision = 0
        """The version of the file that is served; each reload or restart increases it."""
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_ready(self) -> bool:
        return self.phase == "ready"

    def loaded(self, description: bytes, revision: int) -> None:
        self.phase = "ready"
        self.failure = None
        self.revision = revision
        self.description = b'{"revision":%d,' % revision + description[1:]

    def enter(self, phase: Phase) -> None:
        if phase != self.phase:
            self.phase = phase
            self.notify()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` on each change, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def interface(self) -> bytes | RpcError | None:
        """The interface description, or why there is none; None while the file loads."""
        if self.is_ready:
            return self.description
        return self.failure if self.phase == "failed" else None

    def reload_outcome(self) -> bytes | RpcError | None:
        """The outcome of the last reload; None while the file loads."""
        if self.is_reloading:
            return None
        return self.reload_failure or self.interface()

    def loading(self) -> RpcError:
        return RpcError("loading", f"{self._file} is still loading")

    def refuse_unless_restarting(self) -> None:
        """Raises the reason why there is no worker, unless it is being restarted."""
        if self.phase == "failed" and self.failure is not None:
            raise self.failure
        if self.phase == "dead":
            raise RpcError("worker-died", "the host is shutting down")
        if self.phase == "loading":
            raise self.loading()
