"""Authenticates requests: by their tokens, and by their `Host` and `Origin` headers."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Literal

from ..errors import RpcError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Rights = Literal["call", "admin"]


class Access:
    """Checks the tokens, the `Host` and the `Origin` of requests."""

    def __init__(self, token: str, admin_token: str, allowed_hosts: Iterable[str] = ()) -> None:
        self._token = token.encode()
        self._admin_token = admin_token.encode()
        self._hosts = {"127.0.0.1", "localhost", "[::1]", *(host.lower() for host in allowed_hosts)}

    def check(self, headers: Mapping[str, str]) -> Rights:
        """The rights of a request, from its headers (names in lower case)."""
        if "origin" in headers:
            raise RpcError("forbidden", "web pages may not call this host")
        if not self._knows(headers.get("host", "")):
            raise RpcError("forbidden", "the Host header does not name this host")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = token.strip().encode("latin-1", "replace")
        # Always compare both, so that the response time reveals nothing about either token.
        admin = hmac.compare_digest(given, self._admin_token)
        call = hmac.compare_digest(given, self._token)
        if scheme.lower() != "bearer" or not (admin or call):
            raise RpcError("unauthorised", "the token is missing or wrong")
        return "admin" if admin else "call"

    def _knows(self, host: str) -> bool:
        host = host.lower()
        if host in self._hosts:
            return True
        name, colon, port = host.rpartition(":")
        return bool(colon) and port.isdecimal() and name in self._hosts


def require_admin(rights: Rights) -> None:
    if rights != "admin":
        raise RpcError("forbidden", "this needs the admin token")
