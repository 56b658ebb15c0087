"""Answers a request for the interface once its file has loaded or has failed to load."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..errors import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .http_connection import Request
    from .load_state import LoadState


class InterfaceResponse:
    """Waits for the description or an error; answers `loading` after a timeout."""

    __slots__ = ("_loading", "_outcome", "_request", "_timer", "_unlisten")

    def __init__(
        self,
        state: LoadState,
        request: Request,
        outcome: Callable[[], bytes | RpcError | None],
        wait: float,
    ) -> None:
        self._request = request
        self._outcome = outcome
        self._loading = state.loading()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(wait, self._timed_out)
        self._unlisten = state.listen(self._changed)
        request.closed = self._stop
        self._changed()

    def _changed(self) -> None:
        outcome = self._outcome()
        if outcome is None:
            return
        self._stop()
        if isinstance(outcome, RpcError):
            self._request.refuse(outcome)
        else:
            self._request.answer(200, outcome)

    def _timed_out(self) -> None:
        self._stop()
        self._request.refuse(self._loading)

    def _stop(self) -> None:
        self._timer.cancel()
        self._unlisten()
