"""Sets IPv4 routes of the current network namespace."""

from __future__ import annotations

import _socket
import os
import struct

from .slirp import GATEWAY, INTERFACE

# linux/netlink.h and linux/rtnetlink.h
_NETLINK_ROUTE = 0
_RTM_NEWROUTE, _RTM_DELROUTE = 24, 25
_NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_REPLACE, _NLM_F_CREATE = 0x1, 0x4, 0x100, 0x400
_NLMSG_ERROR = 2
_RTN_UNICAST, _RTN_UNREACHABLE = 1, 7
_RT_TABLE_MAIN, _RTPROT_STATIC = 254, 4
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5


def set_routes(unreachable: list[str], only: list[str] | None) -> None:
    """Makes networks unreachable; with `only`, all addresses but those."""
    for network in unreachable:
        _change_route(_RTM_NEWROUTE, network, _RTN_UNREACHABLE)
    if only is not None:
        for address in only:
            _change_route(_RTM_NEWROUTE, address, _RTN_UNICAST)
        _change_route(_RTM_DELROUTE, "0.0.0.0/0", _RTN_UNICAST)


def _change_route(kind: int, network: str, route: int) -> None:
    """Adds or removes a route, unreachable or through slirp4netns."""
    address, _, length = network.partition("/")
    prefix = int(length or 32)
    flags = _NLM_F_REQUEST | _NLM_F_ACK
    if kind == _RTM_NEWROUTE:
        flags |= _NLM_F_CREATE | _NLM_F_REPLACE
    header = struct.pack(
        "=BBBBBBBBI",
        _socket.AF_INET,
        prefix,
        0,
        0,
        _RT_TABLE_MAIN,
        _RTPROT_STATIC if kind == _RTM_NEWROUTE else 0,
        0,
        route,
        0,
    )
    attributes = b"" if prefix == 0 else _attribute(_RTA_DST, _socket.inet_aton(address))
    if route == _RTN_UNICAST and kind == _RTM_NEWROUTE:
        attributes += _attribute(_RTA_GATEWAY, _socket.inet_aton(GATEWAY))
        attributes += _attribute(_RTA_OIF, struct.pack("=I", _socket.if_nametoindex(INTERFACE)))
    body = header + attributes
    netlink = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, _NETLINK_ROUTE)
    netlink.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
    answer = netlink.recv(4096)
    netlink.close()
    _, answer_kind = struct.unpack_from("=IH", answer)
    (code,) = struct.unpack_from("=i", answer, 16)
    if answer_kind == _NLMSG_ERROR and code != 0:
        raise OSError(f"route to {network}: {os.strerror(-code)}")


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value
