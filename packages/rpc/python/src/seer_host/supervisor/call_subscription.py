"""Sends the events of a call to a WebSocket connection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from .calls import Outcome

if TYPE_CHECKING:
    from .calls import Call
    from .websocket_connection import WebSocketConnection


class CallSubscription:
    """Sends one call's output, progress, items and result, and tracks what has been sent."""

    __slots__ = ("_connection", "_item", "_offset", "_output", "_progress", "call")

    def __init__(
        self, connection: WebSocketConnection, call: Call, *, output: bool, offset: int = 0, item: int = 0
    ) -> None:
        self._connection = connection
        self.call = call
        self._output = output
        self._offset = offset
        self._item = item
        self._progress: dict[str, Any] | None = None

    def changed(self, call: Call) -> None:
        connection = self._connection
        if connection.paused:
            return
        if self._output:
            self._send_output(call)
        if call.items is not None and not self._send_items(call):
            return
        if call.outcome is not None:
            self.stop()
            connection.send_message(call.outcome.message)

    def _send_output(self, call: Call) -> None:
        if call.output is not None and call.output.end > self._offset:
            for offset, stream, data in call.output.since(self._offset):
                header = {"op": "output", "id": call.id, "stream": stream, "offset": offset}
                self._connection.send_header(header, json.dumps(data.decode("utf-8", "replace")).encode())
            self._offset = call.output.end
        if call.progress is not None and call.progress is not self._progress:
            self._progress = call.progress
            self._connection.send_header({"op": "progress", "id": call.id, **call.progress})

    def _send_items(self, call: Call) -> bool:
        """Sends new items until the connection's buffer is full; false if it is full."""
        items = call.items
        assert items is not None
        if self._item < items.first:
            self.stop()
            error = RpcError("too-large", f"item {self._item} of the stream is no longer kept")
            self._connection.send_message(Outcome.of_error(call.id, error).message)
            return False
        connection = self._connection
        while self._item < items.end and not connection.paused:
            connection.send_message(items.kept[self._item - items.first])
            self._item += 1
        items.sent_before(self._item)
        connection.host.calls.feed(call)
        return not connection.paused

    def stop(self) -> None:
        self._connection.forget(self.call)
        if self in self.call.watchers:
            self.call.watchers.remove(self)
