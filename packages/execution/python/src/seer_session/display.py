"""Converts a cell's value to text and pictures."""

from __future__ import annotations

import base64
import html
import pprint
import re
import sys
from typing import TYPE_CHECKING, Any, TypedDict, cast

from seer_session.figures import draw_figure, figure_of
from seer_session.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

LINE_WIDTH = 100
# pprint is much slower than repr.
MAX_PRETTY = 100_000
CONTAINERS = (dict, list, tuple, set, frozenset)
# Larger containers are data, not collections of pictures.
MAX_MEMBERS = 100
MAX_PICTURES = 20
MAX_DEPTH = 3
_UNINFORMATIVE = re.compile(r"<[\w.<>]+ object( at 0x[0-9a-fA-F]+)?>")
_METHODS = {
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "image/svg+xml": "_repr_svg_",
    "text/markdown": "_repr_markdown_",
    "text/html": "_repr_html_",
    "text/latex": "_repr_latex_",
}
_IMAGES = [form for form in _METHODS if form.startswith("image/")]


def text_of(value: Any) -> str:
    """Return the value's repr, or its Markdown, LaTeX or HTML text if the repr only names its class."""
    text = repr(value)
    if _UNINFORMATIVE.fullmatch(text):
        return clean(_own_text(value) or text)
    if LINE_WIDTH < len(text) < MAX_PRETTY and "\n" not in text and type(value) in CONTAINERS:
        text = pprint.pformat(value, width=LINE_WIDTH, compact=True, sort_dicts=False)
    return clean(text)


def pictures_of(value: Any) -> list[Any]:
    """Return the pictures in a value and its members: figures, and objects with an image representation."""
    pictures: list[Any] = []
    for member in _with_members(value, MAX_DEPTH):
        if len(pictures) == MAX_PICTURES:
            break
        figure = figure_of(member)
        if figure is not None:
            pictures.append(figure)
        elif _has_image(member):
            pictures.append(member)
    return pictures


class Image(TypedDict):
    """An image file."""

    media_type: str
    data: bytes


def draw(picture: Any) -> Image | None:
    """Return the image of a picture; None if its representations contain no image."""
    if figure_of(picture) is not None:
        return {"media_type": "image/png", "data": draw_figure(picture)}
    if _is_plotly(picture):
        return {"media_type": "image/png", "data": picture.to_image(format="png")}
    for form in _IMAGES:
        data = _form(picture, form)
        if isinstance(data, str):
            data = data.encode() if form == "image/svg+xml" else base64.b64decode(data)
        if isinstance(data, bytes):
            return {"media_type": form, "data": data}
    return None


def _with_members(value: Any, depth: int) -> Iterator[Any]:
    yield value
    members = _members(value) if depth > 0 else ()
    if len(members) <= MAX_MEMBERS:
        for member in members:
            yield from _with_members(member, depth - 1)


def _members(value: Any) -> Collection[Any]:
    numpy: Any = sys.modules.get("numpy")
    if isinstance(value, dict):
        return cast("dict[Any, Any]", value).values()
    if isinstance(value, CONTAINERS):
        return cast("Collection[Any]", value)
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype == object:
        # `plt.subplots` returns such an array of axes.
        return value.ravel().tolist()
    return ()


def _has_image(value: Any) -> bool:
    methods = ("_repr_mimebundle_", *(_METHODS[form] for form in _IMAGES))
    return _is_plotly(value) or any(_method(value, name) is not None for name in methods)


def _is_plotly(value: Any) -> bool:
    # plotly's own representations need a browser.
    return type(value).__module__.startswith("plotly.") and _method(value, "to_image") is not None


def _own_text(value: Any) -> str | None:
    for form in ("text/markdown", "text/latex", "text/html"):
        text = _form(value, form)
        if isinstance(text, str) and text.strip():
            return _text_of_html(text) if form == "text/html" else text
    return None


def _form(value: Any, form: str) -> Any:
    """Return one of a value's IPython representations."""
    bundle = _call(_method(value, "_repr_mimebundle_"), include={form}, exclude=set[str]())
    if isinstance(bundle, dict) and form in bundle:
        return cast("dict[str, Any]", bundle)[form]
    return _call(_method(value, _METHODS[form]))


def _call(method: Callable[..., Any] | None, **arguments: Any) -> Any:
    """Call a representation method, and return its data without metadata."""
    if method is None:
        return None
    try:
        data = method(**arguments)
    except NotImplementedError:
        return None
    return cast("tuple[Any, Any]", data)[0] if isinstance(data, tuple) else data


def _method(value: Any, name: str) -> Callable[..., Any] | None:
    # A class would return an unbound method. An object with a dynamic `__getattr__` has every attribute.
    if isinstance(value, type) or _attribute(value, "_no_object_has_this_") is not None:
        return None
    method = _attribute(value, name)
    return method if callable(method) else None


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # a property or `__getattr__` may raise anything
        return None


def _text_of_html(source: str) -> str:
    text = re.sub(r"<(script|style)\b.*?</\1\s*>", "", source, flags=re.DOTALL | re.IGNORECASE)
    text = re.sub(r"</t[dh]\s*>\s*<t[dh]\b[^>]*>", " | ", text, flags=re.IGNORECASE)
    text = re.sub(r"<br\s*/?>|</(p|div|tr|li|h\d|table)\s*>", "\n", text, flags=re.IGNORECASE)
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)
