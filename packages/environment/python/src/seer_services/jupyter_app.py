"""A jupyter_server without configuration files, with one kernel and no extensions."""

from __future__ import annotations

import os
import secrets
import tempfile
import uuid
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from traitlets.config import Config

if TYPE_CHECKING:
    import logging
    import socket
    from collections.abc import Callable

    from .jupyter import Settings

KERNEL = "python3"


class SandboxKernels(KernelSpecManager):
    """The kernel in the sandbox's Python, and any that the user installs."""

    spec: KernelSpec

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return self.spec if kernel_name == KERNEL else super().get_kernel_spec(kernel_name)

    def get_all_specs(self) -> dict[str, Any]:
        spec = {"spec": self.spec.to_dict(), "resource_dir": self.spec.resource_dir}
        return {**super().get_all_specs(), KERNEL: spec}


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sets TCP_NODELAY; otherwise small messages are delayed by up to 40 ms."""

    def connect(self) -> Any:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


class SandboxServer(ServerApp):
    listener: socket.socket

    @staticmethod
    def of(settings: Settings, listener: socket.socket) -> SandboxServer:
        SandboxKernels.spec = KernelSpec(
            argv=[*settings.kernel, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"debugger": True},
        )
        SandboxServer.listener = listener
        runtime = tempfile.mkdtemp(prefix="jupyter-")
        app = SandboxServer(config=configuration(settings, runtime), runtime_dir=runtime)
        app.initialize(argv=[], find_extensions=False)
        return app

    def run(self, *, on_ready: Callable[[], None]) -> None:
        # Runs after the callback that starts to accept connections.
        self.io_loop.add_callback(on_ready)  # pyright: ignore[reportUnknownMemberType]
        self.start()

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """Ignores configuration files in the user's home."""

    def init_logging(self) -> None:
        super().init_logging()
        for handler in self.log.handlers:
            handler.addFilter(self.without_token)

    def without_token(self, record: logging.LogRecord) -> bool:
        """Masks the token, which tornado logs in URLs."""
        token = self.identity_provider.token
        record.msg, record.args = record.getMessage().replace(token, "[secret]"), ()
        return True

    def init_signal(self) -> None:
        """Installs no handlers, so that a signal ends the server at once."""

    def write_server_info_file(self) -> None:
        """Does nothing: the file would contain the token."""

    def write_browser_open_files(self) -> None:
        """Does nothing: these files would contain the token."""

    def _find_http_port(self) -> None:
        self.port = self.listener.getsockname()[1]

    def _bind_http_server(self) -> None:
        self.listener.setblocking(False)
        self.http_server.add_socket(self.listener)


def configuration(settings: Settings, runtime: str) -> Config:
    return Config(
        ServerApp={
            "ip": settings.host,
            "root_dir": settings.root,
            "kernel_spec_manager_class": SandboxKernels,
            "kernel_websocket_connection_class": PromptConnection,
            "cookie_secret": secrets.token_bytes(32),
            "allow_unauthenticated_access": False,
            # False protects a local server from DNS rebinding.
            "allow_remote_access": settings.remote,
            # In a sandbox, root is the ordinary user.
            "allow_root": True,
            "open_browser": False,
            "terminals_enabled": False,
            "log_level": "WARN",
        },
        IdentityProvider={"token": settings.token},
        KernelSpecManager={"ensure_native_kernel": False},
        KernelManager={"transport": transport(runtime)},
        MappingKernelManager={"default_kernel_name": KERNEL},
        # By default, large output is replaced with a warning.
        ZMQChannelsWebsocketConnection={"limit_rate": False},
        FileContentsManager={"delete_to_trash": False},
    )


def transport(directory: str) -> str:
    """Prefers Unix sockets, which only this sandbox can open; TCP ports are open to other users."""
    longest = os.path.join(directory, f"kernel-{uuid.UUID(int=0)}-ipc-5")
    # Socket paths are limited to 108 bytes, on some systems 104.
    return "ipc" if len(os.fsencode(longest)) <= 100 else "tcp"
