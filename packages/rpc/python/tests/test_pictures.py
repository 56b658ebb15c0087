"""Pictures: as results, inside results, as arguments, and when they cannot be drawn."""

from __future__ import annotations

import base64
import io
import json
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from hosting import Failed, RunningHost, running
from PIL import Image

from seer_host.messages import inline_buffers
from seer_host.worker.encode import encode
from seer_host.worker.refs import Refs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Serve

INTERFACE = """
    import io
    from collections.abc import Iterator
    from dataclasses import dataclass
    from typing import Any, Optional

    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure
    from PIL import Image

    @dataclass
    class Report:
        score: float
        figure: Figure

    def drawn(title: str = "") -> Figure:
        figure, axes = plt.subplots(figsize=(1, 1))
        axes.set_title(title)
        plt.close(figure)
        return figure

    @expose
    def image(mode: str) -> Image.Image:
        return Image.new(mode, (2, 3))

    @expose
    def figure() -> Figure:
        return drawn()

    @expose
    def file(format: str) -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", (2, 2)).save(buffer, format=format)
        return buffer.getvalue()

    @expose
    def untyped(kind: str) -> Any:
        image = Image.new("RGB", (2, 2))
        buffer = io.BytesIO()
        image.save(buffer, format="PNG")
        data = buffer.getvalue()
        return {"bytearray": bytearray(data), "memoryview": memoryview(data), "file": buffer, "pil": image,
                "figure": drawn()}[kind]

    @expose
    def nested() -> dict:
        return {"figures": [drawn(), Image.new("L", (1, 1))], "report": Report(0.5, drawn())}

    @expose
    def report() -> Report:
        return Report(0.5, drawn())

    @expose
    def each(count: int) -> Iterator[Image.Image]:
        for _ in range(count):
            yield Image.new("RGB", (2, 2))

    @expose
    def broken(how: str) -> Any:
        if how == "math":
            return drawn(r"$\\\\notacommand{$")
        if how == "callback":
            figure = drawn()
            figure.axes[0].yaxis.set_major_formatter(lambda value, place: 1 / 0)
            return figure
        with io.BytesIO(file("PNG")) as closed:
            return [Image.open(closed)]

    @expose
    def size(image: Image.Image, other: Optional[Image.Image] = None) -> list:
        return list(image.size)

    @expose
    def length(data: bytes) -> int:
        return len(data)
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host for all tests, because importing matplotlib takes seconds; no function changes its state."""
    file = tmp_path_factory.mktemp("pictures") / "interface.py"
    file.write_text(textwrap.dedent(INTERFACE))
    with running(file) as host:
        host.interface()
        yield host


PNG = b"\x89PNG\r\n\x1a\n"


def picture(value: dict[str, Any]) -> Image.Image:
    """The image that a picture on the wire holds; checks its media type."""
    assert value["$seer"] == "picture"
    image = Image.open(io.BytesIO(base64.b64decode(value["data"])))
    image.load()
    assert image.get_format_mimetype() == value["mediaType"]
    return image


MODES = "1 L LA La P PA RGB RGBA RGBa RGBX CMYK YCbCr LAB HSV I F I;16 I;16B"


@pytest.mark.parametrize("mode", MODES.split())
def test_images_of_every_mode_are_png(mode: str) -> None:
    body, buffers = encode(Image.new(mode, (2, 3)), Refs())
    assert picture(json.loads(inline_buffers(body, buffers))).size == (2, 3)


def test_results_are_pictures(pictures: RunningHost) -> None:
    assert picture(pictures.call("image", "RGB")).size == (2, 3)
    assert picture(pictures.call("figure")).format == "PNG"
    for name in ("PNG", "JPEG", "GIF", "WEBP"):
        assert picture(pictures.call("file", name)).format == name
    for kind in ("bytearray", "memoryview", "file", "pil", "figure"):
        assert picture(pictures.call("untyped", kind)).format == "PNG"
    nested = pictures.call("nested")
    for value in (*nested["figures"], nested["report"]["figure"], pictures.call("report")["figure"]):
        assert picture(value).format == "PNG"
    assert [picture(item).size for item in pictures.call("each", 2)] == [(2, 2), (2, 2)]


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"text", b"RIFF\0\0\0\0WAVE", b"GIF88a", b"\xff\xd8"])
def test_other_bytes_are_no_pictures(data: bytes) -> None:
    body, buffers = encode(data, Refs())
    assert json.loads(inline_buffers(body, buffers))["$seer"] == "bytes"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("math", r"result is a matplotlib\.figure\.Figure that cannot be drawn: ValueError: "),
        ("callback", "cannot be drawn: ZeroDivisionError: division by zero"),
        ("closed", r"result\[0\] is a PIL\.PngImagePlugin\.PngImageFile that cannot be drawn: "),
    ],
)
def test_a_picture_that_cannot_be_drawn_says_why(pictures: RunningHost, how: str, message: str) -> None:
    with pytest.raises(Failed, match=message) as raised:
        pictures.call("broken", how)
    assert raised.value.code == "unserialisable"


def test_pictures_are_taken_as_arguments(pictures: RunningHost) -> None:
    sent = pictures.call("image", "RGB")
    assert pictures.call("size", sent) == [2, 3]
    assert pictures.call("size", sent["data"], None) == [2, 3]
    assert pictures.call("length", sent) == len(base64.b64decode(sent["data"]))
    for wrong in (3, "no base64", {"$seer": "bytes", "data": "aGk="}):
        with pytest.raises(Failed, match="image: expected a picture: the bytes of an image file"):
            pictures.call("size", wrong)


def test_they_are_described_as_bytes_of_an_image(pictures: RunningHost) -> None:
    functions = {f["name"]: f for f in pictures.interface()["functions"]}
    schema = {
        "type": "string",
        "contentEncoding": "base64",
        "contentMediaType": "image/png",
        "x-python": "bytes",
    }
    assert functions["figure"]["returns"]["schema"] == schema
    assert functions["each"]["returns"]["schema"] == schema
    assert functions["size"]["parameters"][0]["schema"] == schema


def test_a_figure_cannot_be_an_argument(serve: Serve) -> None:
    with pytest.raises(
        Failed, match="the parameter 'figure' is a figure; figures can only be returned"
    ) as raised:
        serve(
            """
            from matplotlib.figure import Figure

            @expose
            def save(figure: Figure) -> None: ...
            """
        )
    assert "expose.Ref[" in raised.value.error["hint"]
