"""The memory that a supervisor and its worker share."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from seer_host.block_allocator import BlockAllocator
from seer_host.shared_memory import SharedMemory

if TYPE_CHECKING:
    from collections.abc import Generator

    from conftest import Serve
    from hosting import RunningHost

_SIZE = 1 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="needs memory without a file")


@pytest.fixture
def fd() -> Generator[int]:
    fd = os.memfd_create("test")
    os.ftruncate(fd, _SIZE)
    yield fd
    os.close(fd)


def test_blocks_never_overlap_and_all_are_free_again(fd: int) -> None:
    allocator = BlockAllocator(SharedMemory(fd))
    random.seed(7)
    held: dict[int, int] = {}
    refused = 0
    for _ in range(3000):
        if held and random.random() < 0.5:
            offset = random.choice(list(held))
            allocator.release(offset)
            del held[offset]
            continue
        size = random.randrange(1, 10 * _PAGE)
        offset = allocator.allocate(size)
        if offset is None:
            refused += 1
            continue
        assert offset + size <= _SIZE
        assert all(offset + size <= other or other + held[other] <= offset for other in held)
        held[offset] = size
    assert refused
    for offset in held:
        allocator.release(offset)
    quarters = [allocator.allocate(_SIZE // 4) for _ in range(4)]
    assert quarters == [0, _SIZE // 4, _SIZE // 2, _SIZE // 4 * 3]
    assert allocator.allocate(1) is None


def test_what_a_few_would_fill_it_with_gets_no_block(fd: int) -> None:
    allocator = BlockAllocator(SharedMemory(fd))
    assert allocator.allocate(_SIZE // 4 + 1) is None


def test_a_block_is_free_when_its_last_holder_releases_it(fd: int) -> None:
    allocator = BlockAllocator(SharedMemory(fd))
    offset = allocator.allocate(_PAGE)
    assert offset == 0
    allocator.hold(offset)
    allocator.release(offset)
    assert allocator.allocate(_PAGE) == _PAGE
    allocator.release(offset)
    assert allocator.allocate(_PAGE) == 0


def test_the_reader_sees_what_was_written_and_tells_when_it_has_released_it(fd: int) -> None:
    ours, theirs = SharedMemory(fd), SharedMemory(fd)
    ours.fill(_PAGE, [b"large ", memoryview(b"message")])
    view = theirs.view(_PAGE, 13)
    assert bytes(view) == b"large message"
    assert theirs.offset_of(view) == theirs.offset_of(view[6:]) == _PAGE
    assert ours.offset_of(view) is None
    assert ours.offset_of(b"bytes") is None
    part = view[6:]
    del view
    assert theirs.take_released() == []
    del part
    assert theirs.take_released() == [_PAGE]
    assert theirs.take_released() == []


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
    def double() -> None:
        kept[-1] *= 2

    @expose
    def forget() -> None:
        kept.clear()

    @expose
    def grandchild_doubles() -> list[float]:
        reader, writer = os.pipe()
        if os.fork() == 0:
            if os.fork() == 0:
                kept[0] *= 2
                os.write(writer, str(float(kept[0].sum())).encode())
                os._exit(0)
            os.wait()
            os.write(writer, f" {float(kept[0].sum())}".encode())
            os._exit(0)
        os.close(writer)
        os.wait()
        seen = [float(value) for value in os.read(reader, 100).split()]
        return [*seen, float(kept[0].sum())]

    @expose
    def parent_doubles() -> list[float]:
        # A child does not see what its parent changes after the fork.
        reader, writer = os.pipe()
        go, tell = os.pipe()
        if os.fork() == 0:
            os.read(go, 1)
            os.write(writer, str(float(kept[0].sum())).encode())
            os._exit(0)
        kept[0] *= 2
        os.write(tell, b"!")
        seen = float(os.read(reader, 100))
        os.wait()
        return [seen, float(kept[0].sum())]

    @expose
    def child_after_forgetting() -> float:
        # What a child looks at stays, though its parent lets go of it and its memory could be used again.
        global reading, telling, go
        reading, writer = os.pipe()
        go, telling = os.pipe()
        if os.fork() == 0:
            os.read(go, 1)
            os.write(writer, str(float(kept[0].sum())).encode())
            os._exit(0)
        kept.clear()
        return 0.0

    @expose
    def seen_by_child() -> float:
        os.write(telling, b"!")
        seen = float(os.read(reading, 100))
        os.wait()
        return seen

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


def _keep(host: RunningHost, value: float) -> None:
    body, headers = _array(value)
    assert host.request("POST", "/call/keep", body, headers=headers).json["result"] == value * 200_000


def test_a_grandchild_has_arguments_of_its_own(serve: Serve) -> None:
    pytest.importorskip("numpy")
    host = serve(_KEEPING)
    _keep(host, 3.0)
    assert host.call("grandchild_doubles") == [1_200_000.0, 600_000.0, 600_000.0]


def test_a_child_does_not_see_what_its_parent_changes(serve: Serve) -> None:
    pytest.importorskip("numpy")
    host = serve(_KEEPING)
    _keep(host, 3.0)
    assert host.call("parent_doubles") == [600_000.0, 1_200_000.0]


def test_a_child_keeps_what_its_parent_lets_go_of(serve: Serve) -> None:
    pytest.importorskip("numpy")
    host = serve(_KEEPING)
    _keep(host, 3.0)
    host.call("child_after_forgetting")
    for value in range(20):
        _keep(host, float(value))
        host.call("forget")
    assert host.call("seen_by_child") == 600_000.0


def test_arguments_that_a_file_has_changed_do_not_show_in_later_ones(serve: Serve) -> None:
    pytest.importorskip("numpy")
    host = serve(_KEEPING)
    for value in range(20):
        _keep(host, float(value))
        host.call("double")
        assert host.call("sums") == [value * 400_000.0]
        host.call("forget")


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
    # More than the region holds, all of which is kept.
    for _ in range(12):
        answer = host.request("POST", "/call/big", [100_000_000], headers=accept)
        assert len(answer.body) > 100_000_000
