"""Reads docstrings in Google, numpy and sphinx style."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field


@dataclass
class Docstring:
    """What a docstring says, by what it says it of."""

    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    returns: str = ""


_GOOGLE = re.compile(
    r"(Args|Arguments|Parameters|Params|Keyword Args|Keyword Arguments|Other Parameters|Returns?|Yields?"
    r"|Raises|Examples?|Notes?|Attributes|Warnings?|Warns|References|See Also|Todo):\s*(\S.*)?"
)
_GOOGLE_PARAMETER = re.compile(r"(\*{0,2}[\w, *]+?)\s*(?:\((?:[^()]|\([^()]*\))*\))?\s*:(?:\s+(.*)|$)")
_SPHINX = re.compile(
    r":(param|parameter|arg|argument|key|keyword|returns?|yields?|\w+)(?:\s+([^:]+?))?:\s*(.*)"
)
_NUMPY_PARAMETER = re.compile(r"(\*{0,2}[\w, *]+?)\s*(?::.*)?")
_PARAMETERS = frozenset(
    (
        "args",
        "arguments",
        "parameters",
        "params",
        "keyword args",
        "keyword arguments",
        "other parameters",
    )
)
_RETURNS = frozenset(("return", "returns", "yield", "yields"))


def parse_docstring(text: str | None) -> Docstring:
    """Reads a docstring; whatever is in none of the known sections is the description."""
    found = Docstring()
    if not text:
        return found
    lines = inspect.cleandoc(text).splitlines()
    description: list[str] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        if i + 1 < len(lines) and line.strip() and re.fullmatch(r"-{3,}\s*", lines[i + 1]):
            i = _numpy_section(lines, i, found, description)
        elif (google := _GOOGLE.fullmatch(line)) is not None:
            i = _google_section(lines, i, google, found, description)
        elif (sphinx := _SPHINX.fullmatch(line)) is not None:
            i = _sphinx_field(lines, i, sphinx, found)
        else:
            description.append(line)
            i += 1
    found.description = re.sub(r"\n{3,}", "\n\n", "\n".join(description)).strip()
    return found


def _google_section(
    lines: list[str], i: int, head: re.Match[str], found: Docstring, description: list[str]
) -> int:
    section = head[1].lower()
    body, end = _indented(lines, i + 1)
    if section in _PARAMETERS:
        for entry in _entries(body):
            if match := _GOOGLE_PARAMETER.fullmatch(entry[0]):
                _describe(found, match[1], [match[2] or "", *entry[1:]])
    elif section in _RETURNS:
        text = [head[2] or "", *body]
        joined = _join(text)
        # `dict: what it is` names the type again, which the hint has said.
        typed = re.fullmatch(r"[\w.\[\], |]+:\s+(.*)", joined, re.DOTALL)
        found.returns = typed[1] if typed else joined
    elif section not in ("raises", "warns"):
        description += lines[i:end]
    return max(end, i + 1)


def _numpy_section(lines: list[str], i: int, found: Docstring, description: list[str]) -> int:
    section = lines[i].strip().lower()
    start = end = i + 2
    while end < len(lines) and not (
        end + 1 < len(lines) and lines[end].strip() and re.fullmatch(r"-{3,}\s*", lines[end + 1])
    ):
        end += 1
    body = lines[start:end]
    if section in _PARAMETERS:
        for entry in _entries(body):
            if match := _NUMPY_PARAMETER.fullmatch(entry[0]):
                _describe(found, match[1], entry[1:])
    elif section in _RETURNS:
        found.returns = " ".join(filter(None, (_join(entry[1:]) for entry in _entries(body))))
        if not found.returns:
            found.returns = _join(body)
    elif section not in ("raises", "warns"):
        description += lines[i:end]
    return end


def _sphinx_field(lines: list[str], i: int, head: re.Match[str], found: Docstring) -> int:
    body, end = _indented(lines, i + 1)
    name, subject = head[1], head[2]
    text = [head[3], *body]
    if name in ("param", "parameter", "arg", "argument", "key", "keyword") and subject:
        # `:param int layer:` may have the type before the name.
        _describe(found, subject.split()[-1], text)
    elif name in _RETURNS:
        found.returns = _join(text)
    return end


def _indented(lines: list[str], i: int) -> tuple[list[str], int]:
    """The lines from `i` that are empty or indented, and where they end."""
    end = i
    while end < len(lines) and (not lines[end].strip() or lines[end][:1].isspace()):
        end += 1
    return inspect.cleandoc("\n".join(["", *lines[i:end]])).splitlines(), end


def _entries(body: list[str]) -> list[list[str]]:
    """Splits a section at its lines that are not indented."""
    entries: list[list[str]] = []
    for line in body:
        if line.strip() and not line[:1].isspace():
            entries.append([line.strip()])
        elif entries:
            entries[-1].append(line.strip())
    return entries


def _describe(found: Docstring, names: str, text: list[str]) -> None:
    # numpy style documents several at once: `batch, other : int`.
    for name in names.split(","):
        found.parameters[name.strip().lstrip("*")] = _join(text)


def _join(lines: list[str]) -> str:
    paragraphs = "\n".join(line.strip() for line in lines).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
