"""Changes to bytes that were right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_PIECES = (
    b"\r\n",
    b"\n",
    b"\0",
    b"\r\n\r\n",
    b": ",
    b" ",
    b'"',
    b"{",
    b"[",
    b"\xff\xff\xff\xff",
    b"%00",
    b"-1",
    b"e9",
)


def mutate(random: Random, data: bytes) -> bytes:
    """The bytes with one to five changes."""
    changed = bytearray(data)
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(changed) + 1)
        kind = random.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << random.randrange(8)
        elif kind == 1 and at < len(changed):
            changed[at] = random.randrange(256)
        elif kind == 2:
            del changed[at : at + random.randrange(1, 20)]
        elif kind == 3:
            changed[at:at] = random.choice(_PIECES)
        elif kind == 4:
            changed[at:at] = changed[at : at + random.randrange(1, 40)]
        else:
            changed[at:at] = random.randbytes(random.randrange(1, 12))
    return bytes(changed)
