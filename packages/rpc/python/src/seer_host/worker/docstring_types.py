"""Removes types from docstrings where they only repeat the type hints."""

from __future__ import annotations

import re

_WORDS = """
    int integer float double number complex bool boolean str string bytes bytearray list dict
    dictionary tuple set frozenset object any callable function iterable iterator generator sequence
    mapping collection type path array ndarray tensor none optional of or and a an List Dict Tuple
    Set FrozenSet Any Callable Iterable Iterator AsyncIterator Generator AsyncGenerator Sequence
    Mapping Collection Optional Union Literal None Path Tensor FloatTensor LongTensor NDArray
    ArrayLike Array DataFrame Series Figure Image Module
"""
_TYPES = frozenset(_WORDS.split())
_DEFAULT = re.compile(r",?\s*\bdefaults?\b.*", re.DOTALL)


def is_type(text: str) -> bool:
    """Whether a text is only a type: `dict[str, int]`, `list of str, optional`, `np.ndarray`."""
    text = _DEFAULT.sub("", text).strip().strip("`")
    if not re.fullmatch(r"[\w.\[\], |`:~]+", text):
        return False
    words = re.findall(r"[\w.]+", re.sub(r":\w+:", "", text))
    return bool(words) and all(word.rpartition(".")[2] in _TYPES for word in words)


def describe_type(kind: str, text: str) -> str:
    """Prepends the type if it says more than a hint can: `(array of shape (n, d)) The weights.`"""
    kind = kind.strip()
    if not kind or is_type(kind) or _DEFAULT.fullmatch(kind):
        return text
    return f"({kind}) {text}".rstrip()
