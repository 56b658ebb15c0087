"""What a WebSocket connection hears of a call as it goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from .calls import Outcome

if TYPE_CHECKING:
    from .calls import Call
    from .websocket_peer import WebSocketPeer


class Watch:
    """What one connection has been sent of one call; it goes on where it stopped."""

    __slots__ = ("_item", "_offset", "_output", "_peer", "_progress", "call")

    def __init__(
        self, peer: WebSocketPeer, call: Call, *, output: bool, offset: int = 0, item: int = 0
    ) -> None:
        self._peer = peer
        self.call = call
        self._output = output
        self._offset = offset
        self._item = item
        self._progress: dict[str, Any] | None = None

    def changed(self, call: Call) -> None:
        peer = self._peer
        if peer.paused:
            return
        if self._output:
            self._send_output(call)
        if call.items is not None and not self._send_items(call):
            return
        if call.outcome is not None:
            self.stop()
            peer.send_message(call.outcome.message)

    def _send_output(self, call: Call) -> None:
        if call.output is not None and call.output.end > self._offset:
            for offset, stream, data in call.output.since(self._offset):
                header = {"op": "output", "id": call.id, "stream": stream, "offset": offset}
                self._peer.send_header(header, json.dumps(data.decode("utf-8", "replace")).encode())
            self._offset = call.output.end
        if call.progress is not None and call.progress is not self._progress:
            self._progress = call.progress
            self._peer.send_header({"op": "progress", "id": call.id, **call.progress})

    def _send_items(self, call: Call) -> bool:
        """Sends the items that have come, until the connection is full; false when it is."""
        items = call.items
        assert items is not None
        if self._item < items.first:
            self.stop()
            error = RpcError("too-large", f"item {self._item} of the stream is no longer kept")
            self._peer.send_message(Outcome.of_error(call.id, error).message)
            return False
        peer = self._peer
        while self._item < items.end and not peer.paused:
            peer.send_message(items.kept[self._item - items.first])
            self._item += 1
        items.sent_before(self._item)
        peer.host.feed(call)
        return not peer.paused

    def stop(self) -> None:
        self._peer.forget(self.call)
        if self in self.call.watchers:
            self.call.watchers.remove(self)
