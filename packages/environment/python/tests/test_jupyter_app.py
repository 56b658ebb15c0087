from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from seer_services.jupyter import Settings
from seer_services.jupyter_app import PromptConnection, configuration

if TYPE_CHECKING:
    import pytest


class Handler(KernelWebsocketHandler):
    """A handler without a request, which records the socket option."""

    nodelay = False

    def __init__(self) -> None:
        pass

    def set_nodelay(self, value: bool) -> None:
        self.nodelay = value


def test_sets_nodelay_on_kernel_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings("token", "127.0.0.1", [], False, "/", "/log", ["python"], "")
    assert configuration(settings, "/run").ServerApp.kernel_websocket_connection_class is PromptConnection
    handler = Handler()

    def connect(_connection: ZMQChannelsWebsocketConnection) -> bool:
        return handler.nodelay

    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", connect)
    assert PromptConnection(websocket_handler=handler).connect() is True
