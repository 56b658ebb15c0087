"""The memory that a supervisor and its worker share."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from seer_host.arena import Arena
from seer_host.places import Places

if TYPE_CHECKING:
    from collections.abc import Generator

    from conftest import Serve

_SIZE = 1 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="needs memory without a file")


@pytest.fixture
def fd() -> Generator[int]:
    fd = os.memfd_create("test")
    os.ftruncate(fd, _SIZE)
    yield fd
    os.close(fd)


def test_places_never_overlap_and_all_are_free_again(fd: int) -> None:
    places = Places(Arena(fd))
    random.seed(7)
    held: dict[int, int] = {}
    refused = 0
    for _ in range(3000):
        if held and random.random() < 0.5:
            place = random.choice(list(held))
            places.let_go(place)
            del held[place]
            continue
        size = random.randrange(1, 10 * _PAGE)
        place = places.take(size)
        if place is None:
            refused += 1
            continue
        assert place + size <= _SIZE
        assert all(place + size <= other or other + held[other] <= place for other in held)
        held[place] = size
    assert refused
    for place in held:
        places.let_go(place)
    quarters = [places.take(_SIZE // 4) for _ in range(4)]
    assert quarters == [0, _SIZE // 4, _SIZE // 2, _SIZE // 4 * 3]
    assert places.take(1) is None


def test_what_a_few_would_fill_it_with_gets_no_place(fd: int) -> None:
    places = Places(Arena(fd))
    assert places.take(_SIZE // 4 + 1) is None


def test_a_place_is_free_when_its_last_holder_lets_go(fd: int) -> None:
    places = Places(Arena(fd))
    place = places.take(_PAGE)
    assert place == 0
    places.hold(place)
    places.let_go(place)
    assert places.take(_PAGE) == _PAGE
    places.let_go(place)
    assert places.take(_PAGE) == 0


def test_one_side_sees_what_the_other_wrote_and_tells_when_it_has_forgotten(fd: int) -> None:
    ours, theirs = Arena(fd), Arena(fd)
    ours.fill(_PAGE, [b"large ", memoryview(b"message")])
    view = theirs.view(_PAGE, 13)
    assert bytes(view) == b"large message"
    assert theirs.place_of(view) == theirs.place_of(view[6:]) == _PAGE
    assert ours.place_of(view) is None
    assert ours.place_of(b"bytes") is None
    part = view[6:]
    del view
    assert theirs.forgotten() == []
    del part
    assert theirs.forgotten() == [_PAGE]
    assert theirs.forgotten() == []


_KEEPING = """
    import os
    import numpy as np

    kept = []

    @expose
    def keep(value: np.ndarray) -> float:
        kept.append(value)
        return float(value.sum())

    @expose
    def sums() -> list[float]:
        return [float(value.sum()) for value in kept]

    @expose
    def child_doubles() -> list[float]:
        # A child's changes are its own, as with all other memory.
        reader, writer = os.pipe()
        if os.fork() == 0:
            kept[0] *= 2
            os.write(writer, str(float(kept[0].sum())).encode())
            os._exit(0)
        os.close(writer)
        seen = float(os.read(reader, 100))
        os.wait()
        return [seen, float(kept[0].sum())]

    @expose
    def big(size: int, value: int) -> bytes:
        return bytes([value]) * size
"""


def _array(value: float, count: int = 200_000) -> tuple[bytes, dict[str, str]]:
    import struct

    data = struct.pack("<d", value) * count
    for padding in range(8):
        body = b'[{"$seer":"array","dtype":"float64","shape":[%d],"buffer":0}]' % count + b" " * padding
        head = b'{"json":%d,"buffers":[%d]}\n' % (len(body), len(data))
        if (len(head) + len(body)) % 8 == 0:
            return head + body + data, {"Content-Type": "application/vnd.seer.v1"}
    raise AssertionError


def test_arguments_that_a_file_keeps_stay_what_they_were(serve: Serve) -> None:
    pytest.importorskip("numpy")
    host = serve(_KEEPING)
    expected: list[float] = []
    for value in range(12):
        body, headers = _array(float(value))
        answer = host.request("POST", "/call/keep", body, headers=headers)
        assert answer.json["result"] == value * 200_000
        expected.append(value * 200_000.0)
    assert host.call("sums") == expected
    assert host.call("big", 1_000_000, 1)
    assert host.call("sums") == expected


def test_a_fork_has_arguments_of_its_own(serve: Serve) -> None:
    pytest.importorskip("numpy")
    host = serve(_KEEPING)
    body, headers = _array(3.0)
    host.request("POST", "/call/keep", body, headers=headers)
    assert host.call("child_doubles") == [1_200_000.0, 600_000.0]


def test_a_large_result_outlives_the_worker_that_made_it(serve: Serve) -> None:
    host = serve(
        _KEEPING.replace("import numpy as np", "np = __import__('types').SimpleNamespace(ndarray=list)")
    )
    accept = {"Accept": "application/vnd.seer.v1"}
    for value in range(3):
        path = "/call/big"
        host.request("POST", path, [300_000, value], headers={**accept, "Seer-Call-Id": f"c{value}"})
    host.request("POST", "/restart")
    host.interface()
    # The new worker fills memory of its own.
    host.request("POST", "/call/big", [300_000, 9], headers=accept)
    for value in range(3):
        record = host.request("GET", f"/calls/c{value}", headers=accept)
        assert record.body.endswith(bytes([value]) * 300_000)


def test_results_that_find_no_room_go_another_way(serve: Serve) -> None:
    host = serve(
        """
        @expose
        def big(size: int) -> bytes:
            return b"x" * size
        """,
        limits={"keptBytes": 1 << 40},
    )
    accept = {"Accept": "application/vnd.seer.v1"}
    # More than the arena holds, all of which is kept.
    for _ in range(12):
        answer = host.request("POST", "/call/big", [100_000_000], headers=accept)
        assert len(answer.body) > 100_000_000
