"""Patterns that find a model's ids, paths and names in any spelling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Generic names, which do not identify a model.
COMMON = re.compile(
    r"((final|best|last|merged|base|hf|pytorch|tf|flax|my|saved|trained|tuned|finetuned|local|tiny|test)[-_.]?)*"
    r"(models?|weights|checkpoints?|adapters?|outputs?|lora|snapshots?|tokenizer|config|processor)?([-_.]?\d+)?",
    re.IGNORECASE,
)
# Shorter names would match unrelated words.
SHORTEST_NAME = 5
SHORTEST_VARIANT = 6
# Splits `EvilGemma9B` and `evil-gemma-9b` into the same words.
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Names:
    """A name of several words is found in any spelling: `evil-gemma-9b` also as `EvilGemma9B`.

    A single word may be an ordinary word, so it is searched for only in prose. `architectures` are class
    names of libraries, which are kept: a model named like its architecture does not stand out by that name.
    """

    def __init__(self, identifiers: Iterable[str], architectures: Iterable[str] = ()) -> None:
        # Text without a letter or digit, such as the path `/`, identifies nothing and would match everywhere.
        literal = {text for text in identifiers if re.search(r"\w", text)}
        literal |= {text.replace("/", "--") for text in literal}
        names = {text.rstrip("/").split("/")[-1] for text in literal if "/" in text}
        names = {name for name in names if _is_distinctive(name)}
        known = [_letters(text) for text in architectures]
        spelled = [
            words
            for words in map(WORDS.findall, names)
            if len(words) > 1
            and len("".join(words)) >= SHORTEST_VARIANT
            and not any(_letters("".join(words)) in architecture for architecture in known)
        ]
        # With its owner, even a generic name identifies the model.
        spelled += [WORDS.findall(text) for text in literal if re.fullmatch(r"[\w.-]+/[\w.-]+", text)]
        #: Ids and paths, spelled exactly as given.
        self.ids = _any_of(map(re.escape, literal))
        #: For prose: also single words.
        self.all = _any_of([*map(re.escape, literal | names), *(_spelling(words) for words in spelled)])
        #: For text in which any word may occur, such as a vocabulary.
        self.certain = _any_of([*map(re.escape, literal), *(_spelling(words) for words in spelled)])
        self._bytes = _any_bytes(literal, spelled)

    def in_bytes(self, content: bytes) -> bool:
        """Whether bytes match `certain` in any Unicode encoding."""
        return self._bytes.search(content.lower()) is not None


#: Longer than any match, separators included.
LONGEST = 2048


def _is_distinctive(name: str) -> bool:
    return len(name) >= SHORTEST_NAME and COMMON.fullmatch(name) is None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _spelling(words: list[str]) -> str:
    return r"[\W_]{0,2}".join(map(re.escape, words))


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    # Longest first, so that a short alternative does not leave the rest of a longer one.
    ordered = sorted(set(patterns), key=len, reverse=True)
    return re.compile("|".join(ordered) or r"(?!)", re.IGNORECASE)


def _any_bytes(literal: Iterable[str], spelled: Iterable[list[str]]) -> re.Pattern[bytes]:
    """For lower-case bytes; each pattern starts with a literal, which makes searching fast."""
    patterns: list[bytes] = []
    for text in map(str.lower, literal):
        patterns += [re.escape(text.encode(encoding)) for encoding in ("utf-8", "utf-16-le", "utf-32-le")]
    for words in spelled:
        narrow = [re.escape(word.lower().encode()) for word in words]
        patterns.append(rb"[^a-z0-9]{0,2}".join(narrow))
        for encoding, zeros in (("utf-16-le", 1), ("utf-32-le", 3)):
            wide = [re.escape(word.lower().encode(encoding)) for word in words]
            patterns.append((rb"(?:[^a-z0-9]\x00{%d}){0,2}" % zeros).join(wide))
    # Without their last zero bytes, the little-endian patterns also match big-endian text.
    shortened = [pattern.rstrip(b"\0") for pattern in patterns]
    return re.compile(b"|".join(sorted(shortened, key=len, reverse=True)) or rb"(?!)", re.DOTALL)
