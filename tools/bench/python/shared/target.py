"""Where a caller finds the server under test."""

from __future__ import annotations

import ssl
from typing import NamedTuple


class Target(NamedTuple):
    port: int
    # The certificate to trust when the way there is the TLS tunnel; none for plain loopback.
    certificate: str | None = None
    # Of an HTTP server.
    health: str = "/health"

    def tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.certificate) if self.certificate else None
