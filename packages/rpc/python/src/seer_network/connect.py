"""Connects to the hosts that a network namespace may reach."""

from __future__ import annotations

import errno
import ipaddress
import socket

_CONNECT_SECONDS = 10.0


def connect(host: str, port: int) -> socket.socket:
    """Connects to an address, or to the first reachable one of a name.

    A name never leads to this machine, whatever its owner lets it resolve to. Raises OSError.
    """
    is_name = not _is_address(host)
    problem = OSError(f"{host} has no address of another machine")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        # The check and the connection use the same answer, so that a later one cannot differ.
        if is_name and not is_other_machine(str(address[0])):
            continue
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_CONNECT_SECONDS)
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = error
        else:
            return connection
    raise problem


def is_other_machine(address: str) -> bool:
    """Whether an address is one of another machine.

    False for all addresses of this one, and for those at which cloud providers serve credentials: link-local
    ones, and in IPv6 also private ones.
    """
    ip = ipaddress.ip_address(address)
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        return False
    if ip.version == 6 and not ip.is_global:
        return False
    return not _is_own(ip)


def _is_own(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether a socket can listen on it: this includes addresses that the machine got just now."""
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((str(ip), 0))
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True


def _is_address(host: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, host)
    except OSError:
        return False
    return True
