import pickle
import sys

import pytest
from running import Cells


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("1 + 1", "2"),
        ("x = 3\nx * 2", "6"),
        ("'text'", "'text'"),
        ("None", None),
        ("x = 1", None),
        ("", None),
        ("# only a comment", None),
        ("5;", None),
        ("if True:\n    7", None),
        ("x = 1; x", "1"),
    ],
)
def test_the_last_expression_is_the_value(cells: Cells, source: str, result: str | None) -> None:
    assert cells.value(source) == result


def test_cells_share_one_namespace(cells: Cells) -> None:
    cells.run("import math\ndef area(r):\n    return math.pi * r ** 2")
    assert cells.value("round(area(2), 2)") == "12.57"
    assert cells.value("_ * 2") == "25.14"


def test_the_namespace_holds_nothing_of_ours(cells: Cells) -> None:
    names = cells.value("sorted(name for name in globals() if not name.startswith('__'))")
    assert names == "[]"
    assert cells.value("__name__") == "'__main__'"


def test_our_future_statements_do_not_reach_cells(cells: Cells) -> None:
    assert cells.value("def f(x: int): ...\nf.__annotations__['x'] is int") == "True"


def test_classes_of_cells_pickle(cells: Cells) -> None:
    cells.run("class Point:\n    x = 1\npoint = Point()")
    assert cells.value("import pickle\npickle.loads(pickle.dumps(point)).x") == "1"
    assert pickle.loads(pickle.dumps(sys.modules["__main__"].__dict__["point"])).x == 1


def test_long_containers_take_several_lines(cells: Cells) -> None:
    assert cells.value("{'b': 'x' * 60, 'a': 'y' * 60}") == f"{{'b': '{'x' * 60}',\n 'a': '{'y' * 60}'}}"


def test_a_value_that_is_far_too_long_is_cut(cells: Cells) -> None:
    result = cells.value("'x' * 3_000_000")
    assert result is not None
    assert len(result) < 1_000_100
    assert "[... 2,000,002 characters omitted ...]" in result


class TestTexts:
    """A value whose repr only names its class shows another of its representations."""

    @pytest.mark.parametrize(
        ("form", "given", "shown"),
        [
            ("markdown", "**bold** move", "**bold** move"),
            ("latex", "$x^2$", "$x^2$"),
            ("html", "<h1>Hi</h1><p>a &amp; b<br>c</p><style>p {}</style>", "Hi\na & b\nc"),
            (
                "html",
                "<table><tr><th>a</th> <th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
                "a | b\n1 | 2",
            ),
        ],
    )
    def test_another_form(self, cells: Cells, form: str, given: str, shown: str) -> None:
        assert (
            cells.value(f"class Odd:\n    def _repr_{form}_(self):\n        return {given!r}\nOdd()") == shown
        )

    def test_a_bundle(self, cells: Cells) -> None:
        source = """
            class Bundle:
                def _repr_mimebundle_(self, include=None, exclude=None):
                    return {"text/markdown": "*hi*"}, {}
            Bundle()
        """
        assert cells.value(source) == "*hi*"

    def test_a_repr_that_says_something_stays(self, cells: Cells) -> None:
        source = """
            class Table:
                def __repr__(self):
                    return "a  b"
                def _repr_html_(self):
                    return "<table></table>"
            Table()
        """
        assert cells.value(source) == "a  b"

    def test_an_object_with_every_attribute_has_none_on_purpose(self, cells: Cells) -> None:
        result = cells.value("from unittest.mock import MagicMock\nMagicMock()")
        assert result is not None
        assert result.startswith("<MagicMock id=")

    def test_an_object_that_fails_when_asked_for_an_attribute(self, cells: Cells) -> None:
        source = """
            class Touchy:
                def __getattr__(self, name):
                    raise RuntimeError(name)
            Touchy()
        """
        result = cells.value(source)
        assert result is not None
        assert "Touchy object at" in result

    def test_lone_surrogates_are_escaped(self, cells: Cells) -> None:
        assert (
            cells.value("class Odd:\n    def __repr__(self):\n        return '\\ud800'\nOdd()") == "\\ud800"
        )
