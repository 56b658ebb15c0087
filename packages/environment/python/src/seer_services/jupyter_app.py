"""jupyter_server as a sandbox needs it: no configuration of its own on disk, one kernel, no extras."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.serverapp import ServerApp
from traitlets.config import Config

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from .jupyter import Settings

KERNEL = "python3"


class SandboxKernels(KernelSpecManager):
    """The kernel in the sandbox's own Python, and whatever others its user installs."""

    spec: KernelSpec

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return self.spec if kernel_name == KERNEL else super().get_kernel_spec(kernel_name)

    def get_all_specs(self) -> dict[str, Any]:
        spec = {"spec": self.spec.to_dict(), "resource_dir": self.spec.resource_dir}
        return {**super().get_all_specs(), KERNEL: spec}


class JupyterApp(ServerApp):
    listener: socket.socket

    @staticmethod
    def of(settings: Settings, listener: socket.socket) -> JupyterApp:
        SandboxKernels.spec = KernelSpec(
            argv=[*settings.kernel, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"debugger": True},
        )
        JupyterApp.listener = listener
        app = JupyterApp(config=configuration(settings))
        app.initialize(argv=[], find_extensions=False)
        return app

    def run(self, *, on_ready: Callable[[], None]) -> None:
        # After the callback that begins to accept connections.
        self.io_loop.add_callback(on_ready)
        self.start()

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """What lies in the home of the sandbox's user is theirs, not the server's."""

    def init_signal(self) -> None:
        """A signal ends it at once: the sandbox ends with all that is in it, and waits for no goodbyes."""

    def write_server_info_file(self) -> None:
        """The token is for whoever started the sandbox."""

    def write_browser_open_files(self) -> None:
        """They hold it too."""

    def _find_http_port(self) -> None:
        self.port = self.listener.getsockname()[1]

    def _bind_http_server(self) -> None:
        self.listener.setblocking(False)
        self.http_server.add_socket(self.listener)


def configuration(settings: Settings) -> Config:
    return Config(
        ServerApp={
            "ip": settings.host,
            "root_dir": settings.root,
            "kernel_spec_manager_class": SandboxKernels,
            "cookie_secret": secrets.token_bytes(32),
            "allow_unauthenticated_access": False,
            # Against pages that reach the server of this machine under a name of their own.
            "allow_remote_access": settings.remote,
            # In a sandbox, root is nobody else than its user.
            "allow_root": True,
            "open_browser": False,
            "terminals_enabled": False,
            "log_level": "WARN",
        },
        IdentityProvider={"token": settings.token},
        KernelSpecManager={"ensure_native_kernel": False},
        MappingKernelManager={"default_kernel_name": KERNEL},
        # The default replaces large output by a warning.
        ZMQChannelsWebsocketConnection={"limit_rate": False},
        FileContentsManager={"delete_to_trash": False},
    )
