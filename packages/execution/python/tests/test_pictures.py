"""Figures and other values with an image are shown, each once; a failure to draw is the cell's."""

import pytest
from running import Cells

PNG = b"\x89PNG"


@pytest.fixture(autouse=True)
def matplotlib(cells: Cells) -> None:
    cells.value("import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt")


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("plt.plot([1, 2]);", 1),
        ("plt.figure(); plt.figure(); None", 2),
        ("plt.figure(); plt.figure(); plt.gcf()", 2),
        ("plt.subplots()", 1),
        ("plt.subplots(2, 2)[1]", 1),
        ("fig = plt.figure(); [fig, fig]", 1),
        ("figs = [plt.figure(), plt.figure()]; plt.close('all'); figs", 2),
        ("figs = [plt.figure(), plt.figure()]; plt.close('all'); {'a': figs, 'b': figs[0]}", 2),
        ("fig = plt.figure(); plt.close(fig); fig", 1),
        ("ax = plt.subplot(); plt.close('all'); ax", 1),
        ("fig = plt.figure(); ax = fig.subfigures(2, 2)[0, 1].subplots(); plt.close(fig); ax", 1),
        ("from matplotlib.figure import Figure\nfig = Figure(); fig.subplots().plot([1]); fig", 1),
        ("plt.hist([1, 2, 2])", 1),
        ("from PIL import Image\nImage.new('RGB', (4, 4))", 1),
        ("from PIL import Image\n[Image.new(mode, (4, 4)) for mode in ('L', 'RGBA', 'P')]", 3),
        ("plt.Figure", 0),
        ("type(plt.figure()); plt.close(); 1", 0),
    ],
)
def test_pictures_of_a_cell(cells: Cells, source: str, count: int) -> None:
    outcome = cells.run(source)
    assert outcome["error"] is None
    assert [image["data"][:4] for image in outcome["images"]] == [PNG] * count
    assert cells.run("plt.get_fignums()")["result"] == "[]"


@pytest.mark.parametrize("value", ["fig", "ax", "[fig]", "(fig, ax)", "{'loss': fig}"])
def test_a_figure_of_an_earlier_cell(cells: Cells, value: str) -> None:
    assert len(cells.run("fig, ax = plt.subplots(); ax.plot([1, 2]); None")["images"]) == 1
    assert len(cells.run(f"ax.set_title('later'); {value}")["images"]) == 1


def test_a_large_figure_is_drawn_smaller(cells: Cells) -> None:
    (image,) = cells.run("plt.figure(figsize=(80, 2)); None")["images"]
    assert int.from_bytes(image["data"][16:20], "big") <= 1700


@pytest.mark.parametrize(
    ("form", "given", "image"),
    [
        ("png", b"\x89PNG", ("image/png", b"\x89PNG")),
        ("png", (b"\x89PNG", {"width": 3}), ("image/png", b"\x89PNG")),
        ("png", "iVBORw==", ("image/png", b"\x89PNG")),
        ("jpeg", b"\xff\xd8", ("image/jpeg", b"\xff\xd8")),
        ("svg", "<svg/>", ("image/svg+xml", b"<svg/>")),
        ("mimebundle", {"image/png": b"\x89PNG"}, ("image/png", b"\x89PNG")),
        ("mimebundle", ({"image/svg+xml": "<svg/>"}, {"width": 3}), ("image/svg+xml", b"<svg/>")),
        ("png", None, None),
        ("mimebundle", {"text/plain": "x"}, None),
        ("mimebundle", None, None),
    ],
)
def test_values_that_draw_themselves(
    cells: Cells, form: str, given: object, image: tuple[str, bytes] | None
) -> None:
    cells.run(f"class Picture:\n    def _repr_{form}_(self, **_):\n        return {given!r}")
    images = [] if image is None else [{"media_type": image[0], "data": image[1]}]
    assert cells.run("Picture()")["images"] == images
    assert cells.run("[Picture(), Picture()]")["images"] == images * 2
    assert cells.run("Picture")["images"] == []


def test_plotly_figures_draw_themselves_by_their_own_means(cells: Cells) -> None:
    source = """
        class Figure:
            def to_image(self, format):
                assert format == "png"
                return b"\\x89PNG"
        Figure.__module__ = "plotly.graph_objs._figure"
        Figure()
    """
    assert cells.run(source)["images"] == [{"media_type": "image/png", "data": PNG}]


@pytest.mark.parametrize(
    "value", ["l = []; l.append(l); l", "list(range(10**6))", "[[[[plt.figure()]]]] and plt.close()"]
)
def test_values_without_pictures(cells: Cells, value: str) -> None:
    outcome = cells.run(value)
    assert (outcome["error"], outcome["images"]) == (None, [])


class TestFailing:
    @pytest.mark.parametrize(
        ("source", "kind"),
        [
            ("plt.title('loss $x_{$'); 42", "ValueError"),
            ("plt.title('loss $x_{$'); plt.gcf()", "ValueError"),
            ("plt.figure(); plt.text(1e6, 1e6, 'far away'); None", "ValueError"),
            (
                "class Bad(plt.Artist):\n    def draw(self, r): raise SystemExit(3)\n"
                "plt.gcf().add_artist(Bad()); None",
                "SystemExit",
            ),
            (
                "class Bad(plt.Artist):\n    def draw(self, r): raise KeyboardInterrupt\n"
                "plt.gcf().add_artist(Bad()); None",
                "KeyboardInterrupt",
            ),
            ("class Bad:\n    def _repr_png_(self): raise OSError('no')\nBad()", "OSError"),
            ("class Bad:\n    def _repr_html_(self): raise OSError('no')\nBad()", "OSError"),
        ],
    )
    def test_a_picture_that_cannot_be_drawn_is_the_failure_of_its_cell(
        self, cells: Cells, capsys: pytest.CaptureFixture[str], source: str, kind: str
    ) -> None:
        error = cells.error(f"print('before')\n{source}")
        assert error["type"] == kind
        assert capsys.readouterr().out == "before\n"
        assert "seer_session" not in error["traceback"]
        assert "seer_host" not in error["traceback"]
        # Later cells are as if nothing had happened.
        assert cells.value("plt.get_fignums()") == "[]"
        assert len(cells.run("plt.plot([1, 2]); None")["images"]) == 1

    def test_the_others_are_drawn(self, cells: Cells) -> None:
        outcome = cells.run("plt.figure()\nplt.title('$x_{$')\nplt.figure()\nplt.plot([1]); None")
        assert outcome["error"] is not None
        assert "drawing a picture" in outcome["error"]["traceback"]
        assert len(outcome["images"]) == 1

    def test_the_cells_own_error_comes_first(self, cells: Cells) -> None:
        outcome = cells.run("plt.title('$x_{$')\nplt.figure()\n1 / 0")
        assert outcome["error"] is not None
        assert outcome["error"]["type"] == "ZeroDivisionError"
        assert len(outcome["images"]) == 1

    def test_a_representation_that_is_not_implemented_is_none(self, cells: Cells) -> None:
        source = """
            class No:
                def _repr_png_(self):
                    raise NotImplementedError
                def __repr__(self):
                    return "no"
            No()
        """
        assert cells.value(source) == "no"
