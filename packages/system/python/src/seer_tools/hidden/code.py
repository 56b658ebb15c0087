"""Replaces names in Python code where that cannot change its behaviour."""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING

from seer_tools.hidden.failure import CannotAnonymize

if TYPE_CHECKING:
    from seer_tools.hidden.names import Names

STATEMENT_START = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
INSIGNIFICANT = (tokenize.NL, tokenize.COMMENT)


def scrub_code(file: str, content: bytes, names: Names, replacement: str) -> bytes:
    """Replaces names in comments, docstrings and ids; a name anywhere else is an error."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        lines = content.decode(encoding).splitlines(keepends=True)
        tokens = [*tokenize.tokenize(io.BytesIO(content).readline)]
    except (SyntaxError, UnicodeDecodeError, tokenize.TokenError):
        if names.in_bytes(content):
            raise CannotAnonymize(f"{file} names the model and is not valid Python") from None
        return content
    changes: list[tuple[tokenize.TokenInfo, str]] = []
    before = tokenize.ENCODING
    for token in tokens:
        is_prose = token.type == tokenize.COMMENT or (
            token.type == tokenize.STRING and before in STATEMENT_START
        )
        pattern = names.all if is_prose else names.ids
        if token.type in (tokenize.COMMENT, tokenize.STRING) and pattern.search(token.string):
            changes.append((token, pattern.sub(replacement, token.string)))
        if token.type not in INSIGNIFICANT:
            before = token.type
    for token, text in reversed(changes):
        _replace(lines, token, text)
    for number, line in enumerate(lines, 1):
        if names.certain.search(line):
            raise CannotAnonymize(f"{file} names the model in line {number}, in code that cannot be changed")
    return "".join(lines).encode(encoding)


def _replace(lines: list[str], token: tokenize.TokenInfo, text: str) -> None:
    (first, start), (last, end) = token.start, token.end
    lines[first - 1 : last] = [lines[first - 1][:start] + text + lines[last - 1][end:]]
