from __future__ import annotations

import http.client
import socket
import threading

import pytest

from seer_client.answer import Reader


def _read(*pieces: bytes, count: int = 1) -> list[tuple[int, str, bytes, bool]]:
    ours, theirs = socket.socketpair()

    def send() -> None:
        for piece in pieces:
            theirs.sendall(piece)
        theirs.close()

    sender = threading.Thread(target=send)
    sender.start()
    try:
        reader = Reader(ours)
        answers = [reader.read() for _ in range(count)]
    finally:
        ours.close()
        sender.join()
    return [(a.status, a.content_type, bytes(a.body), a.will_close) for a in answers]


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 4\r\n\r\nbody"


def test_an_answer_that_comes_in_pieces() -> None:
    expected = [(200, "application/json", b"body", False)]
    assert _read(_OK) == expected
    assert _read(*(_OK[i : i + 1] for i in range(len(_OK)))) == expected


def test_a_body_that_is_longer_than_what_is_read_at_once() -> None:
    body = bytes(range(256)) * 4000
    head = b"HTTP/1.1 404 Not Found\r\ncontent-length: %d\r\nConnection: Close\r\n\r\n" % len(body)
    assert _read(head + body) == [(404, "", body, True)]


def test_a_greeting_on_the_way_is_passed_over() -> None:
    assert _read(b"HTTP/1.1 100 Continue\r\n\r\n" + _OK) == [(200, "application/json", b"body", False)]
    assert _read(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", _OK)[0][0] == 200


def test_chunks_of_a_gateway_are_joined() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/x\r\n\r\n"
    assert _read(head + b"2\r\nbo", b"\r\n2\r\ndy\r\n0\r\n\r\n") == [(200, "text/x", b"body", False)]


@pytest.mark.parametrize(
    "cut",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        _OK[:-1],
        b"HTTP/1.1 200 OK\r\n\r\nwho knows how long",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_what_is_cut_off_or_no_answer_is_an_error(cut: bytes) -> None:
    with pytest.raises(http.client.HTTPException):
        _read(cut)
