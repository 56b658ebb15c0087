"""Sets IPv4 routes of the current network namespace."""

from __future__ import annotations

import _socket
import os
import struct

# linux/netlink.h and linux/rtnetlink.h
_NETLINK_ROUTE = 0
_RTM_NEWROUTE = 24
_NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_REPLACE, _NLM_F_CREATE = 0x1, 0x4, 0x100, 0x400
_NLMSG_ERROR = 2
_RTN_LOCAL, _RTN_UNREACHABLE = 2, 7
_RT_TABLE_MAIN, _RT_TABLE_LOCAL, _RTPROT_STATIC = 254, 255, 4
_RT_SCOPE_UNIVERSE, _RT_SCOPE_HOST = 0, 254
_RTA_DST, _RTA_OIF = 1, 4


def make_unreachable(networks: list[str]) -> None:
    for network in networks:
        _add_route(network, _RTN_UNREACHABLE, _RT_TABLE_MAIN, _RT_SCOPE_UNIVERSE)


def make_local(addresses: list[str]) -> None:
    """Lets programs of the namespace listen on addresses and connect to them."""
    for address in addresses:
        _add_route(address, _RTN_LOCAL, _RT_TABLE_LOCAL, _RT_SCOPE_HOST)


def _add_route(network: str, kind: int, table: int, scope: int) -> None:
    address, _, length = network.partition("/")
    prefix = int(length or 32)
    flags = _NLM_F_REQUEST | _NLM_F_ACK | _NLM_F_CREATE | _NLM_F_REPLACE
    header = struct.pack("=BBBBBBBBI", _socket.AF_INET, prefix, 0, 0, table, _RTPROT_STATIC, scope, kind, 0)
    attributes = _attribute(_RTA_DST, _socket.inet_aton(address))
    if kind == _RTN_LOCAL:
        attributes += _attribute(_RTA_OIF, struct.pack("=I", _socket.if_nametoindex("lo")))
    body = header + attributes
    netlink = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, _NETLINK_ROUTE)
    netlink.send(struct.pack("=IHHII", 16 + len(body), _RTM_NEWROUTE, flags, 1, 0) + body)
    answer = netlink.recv(4096)
    netlink.close()
    _, answer_kind = struct.unpack_from("=IH", answer)
    (code,) = struct.unpack_from("=i", answer, 16)
    if answer_kind == _NLMSG_ERROR and code != 0:
        raise OSError(f"route to {network}: {os.strerror(-code)}")


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value
