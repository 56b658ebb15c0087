"""Parses docstrings in Google, numpy and Sphinx style; drops only what the signature already says."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .docstring_types import describe_type, is_type

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Raised(NamedTuple):
    """An exception that a docstring says a function raises."""

    type: str
    """Empty if the text names no class."""
    description: str


@dataclass
class Docstring:
    """The parts of a docstring."""

    description: str = ""
    """Everything that does not belong to another part."""
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    returns: str = ""
    raises: list[Raised] = field(default_factory=list[Raised])


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
_RAISES = frozenset(("raises", "raise"))
_GOOGLE = re.compile(r"(\w+(?: \w+)?):\s*(\S.*)?")
_UNDERLINE = re.compile(r"-{3,}\s*")
_SPHINX = re.compile(r":(\w+)(?:\s+([^:`]+?))?:(?:\s+(.*)|$)")
_SPHINX_PARAMETERS = frozenset(("param", "parameter", "arg", "argument", "key", "keyword"))
_SPHINX_RAISES = frozenset(("raises", "raise", "except", "exception"))
_SPHINX_TYPES = frozenset(("type", "rtype", "ytype"))
_NAMES = r"(?:[-+*•]\s+)?([\w`*\\][\w`*\\, /]*?)"
_GOOGLE_PARAMETER = re.compile(rf"{_NAMES}\s*(?:\(((?:[^()]|\([^()]*\))*)\))?\s*(?::|--|\s-\s)(?:\s*(.*))")
_NUMPY_PARAMETER = re.compile(rf"{_NAMES}(?:\s*:\s*(.*))?")
_RAISED = re.compile(r"([\w.`~:]*\w[\w.`~:, |]*?):(?:\s+(.*)|$)")


def parse_docstring(text: str | None, parameters: Collection[str] | None = None) -> Docstring:
    """Parses the docstring of a function; `parameters` are its parameter names, if known."""
    return _Reader(inspect.cleandoc(text or "").splitlines(), parameters).read()


class _Reader:
    def __init__(self, lines: list[str], parameters: Collection[str] | None) -> None:
        self._lines = lines
        self._parameters = parameters
        self._found = Docstring()
        self._description: list[str] = []
        self._types: dict[str, str] = {}

    def read(self) -> Docstring:
        i = 0
        while i < len(self._lines):
            i = self._numpy_section(i) or self._google_section(i) or self._sphinx_field(i) or self._text(i)
        found = self._found
        for name, text in self._types.items():
            found.parameters[name] = describe_type(text, found.parameters.get(name, ""))
        found.description = re.sub(r"\n{3,}", "\n\n", "\n".join(self._description)).strip()
        return found

    def _text(self, i: int) -> int:
        self._description.append(self._lines[i])
        return i + 1

    # Each of these parses what starts at line `i`, and returns the index after it; 0 if it does not match.

    def _numpy_section(self, i: int) -> int:
        lines = self._lines
        if not _is_numpy_head(lines, i):
            return 0
        end = i + 2
        while end < len(lines) and not _is_numpy_head(lines, end):
            end += 1
        section, entries = lines[i].strip().lower(), _entries(lines[i + 2 : end])
        if section in _PARAMETERS:
            self._read_parameters(lines[i : i + 2], entries, _NUMPY_PARAMETER)
        elif section in _RETURNS:
            self._add_returns("\n".join(filter(None, map(_numpy_return, entries))))
        elif section in _RAISES:
            for first, *more in entries:
                is_class = bool(more) or first.replace(".", "").isidentifier()
                self._found.raises.append(Raised(first, _join(more)) if is_class else Raised("", first))
        else:
            self._description += lines[i:end]
        return end

    def _google_section(self, i: int) -> int:
        head = _GOOGLE.fullmatch(self._lines[i])
        section = head[1].lower() if head else ""
        if head is None or section not in _PARAMETERS | _RETURNS | _RAISES:
            return 0
        body, end = _indented(self._lines, i + 1)
        if head[2]:
            body = [head[2], *body]
        if section in _RETURNS:
            joined = _join(body)
            typed = re.fullmatch(r"([^:\n]+):\s+(.*)", joined, re.DOTALL)
            self._add_returns(typed[2] if typed and is_type(typed[1]) else joined)
        elif section in _PARAMETERS:
            self._read_parameters([f"{head[1]}:"], _entries(body), _GOOGLE_PARAMETER)
        else:
            for first, *more in _entries(body):
                raised = _RAISED.fullmatch(first)
                text = [raised[2] or "", *more] if raised else [first, *more]
                self._found.raises.append(Raised(_plain(raised[1]) if raised else "", _join(text)))
        return end

    def _sphinx_field(self, i: int) -> int:
        head = _SPHINX.fullmatch(self._lines[i])
        if head is None:
            return 0
        body, end = _indented(self._lines, i + 1)
        name, subject = head[1], head[2] or ""
        text = _join([head[3] or "", *body])
        if name in _SPHINX_PARAMETERS and subject:
            # `:param int layer:` has the type before the name.
            kind, _, parameter = subject.rpartition(" ")
            if not self._describe([_plain(parameter)], describe_type(kind, text)):
                return 0
        elif name in _RETURNS:
            self._add_returns(text)
        elif name in _SPHINX_RAISES:
            self._found.raises.append(Raised(_plain(subject), text))
        elif name == "type" and self._knows(subject):
            self._types[subject] = text
        elif name in ("rtype", "ytype"):
            self._add_returns(describe_type(text, ""))
        else:
            return 0  # a role such as :math:`x`, or another field, which stays in the description
        return end

    def _read_parameters(
        self, head: Sequence[str], entries: list[list[str]], pattern: re.Pattern[str]
    ) -> None:
        """Parses a section of parameters; entries for unknown parameters stay in the description."""
        unmatched: list[str] = []
        for first, *more in entries:
            match = pattern.fullmatch(first)
            if match is None:
                unmatched += [first, *more]
                continue
            inline = match[3] if pattern is _GOOGLE_PARAMETER else ""
            names = [_plain(name) for name in re.split(r",|/|\band\b", match[1])]
            if not self._describe(names, describe_type(match[2] or "", _join([inline or "", *more]))):
                unmatched += [first, *(f"    {line}" for line in more)]
        if unmatched:
            self._description += ["", *head, *(f"    {line}" for line in unmatched), ""]

    def _knows(self, name: str) -> bool:
        return self._parameters is None or name in self._parameters

    def _describe(self, names: list[str], text: str) -> bool:
        if not all(name.isidentifier() and self._knows(name) for name in names):
            return False
        for name in names:
            self._found.parameters[name] = _both(self._found.parameters.get(name, ""), text)
        return True

    def _add_returns(self, text: str) -> None:
        self._found.returns = _both(self._found.returns, text)


def _is_numpy_head(lines: list[str], i: int) -> bool:
    return (
        i + 1 < len(lines)
        and bool(lines[i].strip())
        and not lines[i][:1].isspace()
        and _UNDERLINE.fullmatch(lines[i + 1]) is not None
    )


def _numpy_return(entry: list[str]) -> str:
    first, *more = entry
    text = _join(more)
    name, colon, kind = first.partition(":")
    if colon and name.strip().isidentifier() and (more or is_type(kind)):
        described = describe_type(kind.strip(), text)
        return f"{name.strip()}: {described}" if described else name.strip()
    if not text or is_type(first):
        return text or first
    return f"{first}: {text}"


def _indented(lines: list[str], i: int) -> tuple[list[str], int]:
    """The empty or indented lines from `i`, and the index after them."""
    end = i
    while end < len(lines) and (not lines[end].strip() or lines[end][:1].isspace()):
        end += 1
    return inspect.cleandoc("\n".join(["", *lines[i:end]])).splitlines(), end


def _entries(body: list[str]) -> list[list[str]]:
    """Splits a section into entries, which start at unindented lines; keeps relative indents."""
    entries: list[list[str]] = []
    for line in body:
        if entries and (not line.strip() or line[:1].isspace()):
            entries[-1].append(line)
        elif line.strip():
            entries.append([line.strip()])
    return [[first, *inspect.cleandoc("\n".join(["", *more])).splitlines()] for first, *more in entries]


def _join(lines: list[str]) -> str:
    """Joins the lines of each paragraph, except for lists, examples and the like."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc("\n".join(lines)).strip("\n"))
    return "\n\n".join(map(_join_paragraph, paragraphs))


def _join_paragraph(text: str) -> str:
    if re.search(r"^\s*([-+*•]|\d+[.)]|>>>|```|\|)\s?", text, re.MULTILINE):
        return text.rstrip()
    return " ".join(text.split())


def _plain(name: str) -> str:
    """A name without its markup: `*args`, a Sphinx role, backticks."""
    return re.sub(r":\w+:", "", name).strip(" `*\\~")


def _both(one: str, other: str) -> str:
    return "\n".join(filter(None, (one, other)))
