"""Docstrings in the three styles."""

from __future__ import annotations

import re

import pytest

from seer_host.worker.docstrings import Docstring, Raised, parse_docstring


def test_google() -> None:
    found = parse_docstring(
        """Gets it.

        More about it: with a colon.

        Args:
            a (int): First.
            b (Optional[dict[str, int]]): Second
                line.
            *args: Rest.
            no_description:

        Returns:
            dict[str, int]: What: it is.

        Yields:
            Nothing.

        Example:
            >>> f(1)
            2
        """
    )
    assert found.description == ("Gets it.\n\nMore about it: with a colon.\n\nExample:\n    >>> f(1)\n    2")
    assert found.parameters == {"a": "First.", "b": "Second line.", "args": "Rest.", "no_description": ""}
    assert found.returns == "What: it is.\nNothing."


def test_google_returns_without_type() -> None:
    assert parse_docstring("X.\n\nReturns:\n    The sum of both.\n").returns == "The sum of both."
    assert parse_docstring("X.\n\nReturns: The sum.\n").returns == "The sum."


def test_numpy() -> None:
    found = parse_docstring(
        """
        Gets it.

        Parameters
        ----------
        batch, other : int
            Two numbers.
        text : {'a', 'b'}, optional
            Text.

            With a paragraph.
        bare

        Returns
        -------
        out : ndarray
            The result.
        """
    )
    assert found.description == "Gets it."
    assert found.parameters == {
        "batch": "Two numbers.",
        "other": "Two numbers.",
        "text": "({'a', 'b'}, optional) Text.\n\nWith a paragraph.",
        "bare": "",
    }
    assert found.returns == "out: The result."


def test_sphinx() -> None:
    found = parse_docstring(
        """Gets it.

        :param a: First,
            and more.
        :param int b: Second.
        :type a: str
        :return: The result.
        :rtype: dict
        :raises KeyError: Sometimes.
        """
    )
    assert found == Docstring(
        "Gets it.",
        {"a": "First, and more.", "b": "Second."},
        "The result.",
        [Raised("KeyError", "Sometimes.")],
    )


@pytest.mark.parametrize("text", [None, "", "   ", "\n\n"])
def test_nothing(text: str | None) -> None:
    assert parse_docstring(text) == Docstring()


@pytest.mark.parametrize(
    "text", ["Args:", "Args:\n", "Returns:", "Parameters\n----------", ":param", "A\n---", "---", ":param x:"]
)
def test_what_is_unfinished_breaks_nothing(text: str) -> None:
    parse_docstring(text)


MATH = ":math:`cos(a, b)` is computed in float32."


@pytest.mark.parametrize(
    "line",
    [
        MATH,
        ":py:func:`other` does the same.",
        ":class:`Model` is not needed.",
        ":ref:`see <here>`: more.",
        ":meta private:",
        ":var x: A variable.",
        ":unknown: field",
        ".. note:: Slow.",
        "Note: it is slow.",
        "Warning: it is slow.",
        "Inputs: a, b and c: numbers.",
        "Usage:",
        "a: b",
        "param x: nothing",
        "Todo: more",
    ],
)
def test_lines_of_no_known_field_are_description(line: str) -> None:
    found = parse_docstring(f"Gets it.\n\n{line}\n\nArgs:\n    layer: Which layer.", ["layer"])
    assert found.description == f"Gets it.\n\n{line}"
    assert found.parameters == {"layer": "Which layer."}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("name, heads (per layer), and vocabulary: the words.", None),
        ("text, layer and pattern: for each token a row.", None),
        ("stopped: why it did.", None),
        ("result.loss: the loss.", None),
        ("{'a': 1}: an example.", None),
        ("Stopped: why it did.", None),
        ("array of shape (n, d): the states.", None),
        ("dict: What it is.", "What it is."),
        ("dict[str, list[int]]: What it is.", "What it is."),
        ("np.ndarray: What it is.", "What it is."),
        ("`torch.Tensor`: What it is.", "What it is."),
        ("Optional[int]: What it is.", "What it is."),
        ("list of str: What it is.", "What it is."),
        ("int | None: What: it is.", "What: it is."),
    ],
)
@pytest.mark.parametrize("head", ["Returns:\n    {}", "Returns: {}", "Yields:\n    {}", "Return:\n    {}"])
def test_only_a_type_is_left_out_of_google_returns(head: str, written: str, expected: str | None) -> None:
    found = parse_docstring("Gets it.\n\n" + head.format(written))
    assert found.returns == (expected or written)
    assert found.description == "Gets it."


@pytest.mark.parametrize(
    "entry",
    [
        "layer: Which layer.",
        "`layer`: Which layer.",
        "``layer``: Which layer.",
        "*layer*: Which layer.",
        "layer (int): Which layer.",
        "layer (int, optional): Which layer.",
        "layer (`int`, default 3): Which layer.",
        "layer (Optional[Dict[str, int]]): Which layer.",
        "layer -- Which layer.",
        "layer - Which layer.",
        "- layer: Which layer.",
        "* `layer` (int): Which layer.",
        "layer:\n        Which layer.",
        "layer: Which\n        layer.",
    ],
)
def test_parameters_are_found_however_they_are_marked(entry: str) -> None:
    found = parse_docstring(f"Gets it.\n\nArgs:\n    {entry}\n    rest: More.", ["layer", "rest"])
    assert found.parameters == {"layer": "Which layer.", "rest": "More."}
    assert found.description == "Gets it."


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("layer (int in [0, 26)): Which.", None),
        ("layer (int, must be positive): Which.", "(int, must be positive) Which."),
        ("layer (array of shape (n, d)): Which.", "(array of shape (n, d)) Which."),
        ("layer ('a' or 'b'): Which.", "('a' or 'b') Which."),
    ],
)
def test_types_that_say_more_than_a_hint_are_kept(entry: str, expected: str | None) -> None:
    found = parse_docstring(f"Gets it.\n\nArgs:\n    {entry}", ["layer"])
    if expected is None:
        assert entry in found.description
    else:
        assert found.parameters == {"layer": expected}


@pytest.mark.parametrize(
    "section",
    [
        "Args:\n    {}",
        "Parameters\n----------\n{}",
        "Keyword Arguments:\n    layer: Which.\n    {}",
        "Other Parameters\n----------------\nlayer\n    Which.\n{}",
    ],
)
@pytest.mark.parametrize(
    "entry", ["All texts are lowercased.", "Note that this: is slow.", "temperature : How hot."]
)
def test_what_describes_no_parameter_stays_in_the_description(section: str, entry: str) -> None:
    found = parse_docstring("Gets it.\n\n" + section.format(entry), ["layer"])
    assert entry in found.description
    assert found.parameters in ({}, {"layer": "Which."})


@pytest.mark.parametrize(
    "written",
    [
        "Raises:\n    ValueError: If it is wrong.\n    KeyError: Never.",
        "Raises:\n    ValueError: If it\n        is wrong.\n    KeyError:\n        Never.",
        "Raises:\n    :class:`ValueError`: If it is wrong.\n    `KeyError`: Never.",
        "Raises\n------\nValueError\n    If it is wrong.\nKeyError\n    Never.",
        ":raises ValueError: If it is wrong.\n:raise KeyError: Never.",
        ":except ValueError: If it\n    is wrong.\n:exception KeyError: Never.",
    ],
)
def test_exceptions(written: str) -> None:
    found = parse_docstring(f"Gets it.\n\n{written}\n")
    assert found.raises == [Raised("ValueError", "If it is wrong."), Raised("KeyError", "Never.")]
    assert found.description == "Gets it."


@pytest.mark.parametrize(
    "written", ["Raises:\n    If it is wrong.", "Raises: If it is wrong.", "Raises\n------\nIf it is wrong."]
)
def test_exceptions_without_a_class(written: str) -> None:
    assert parse_docstring(f"Gets it.\n\n{written}").raises == [Raised("", "If it is wrong.")]


def test_several_results_in_numpy_style_keep_their_names() -> None:
    found = parse_docstring(
        """Gets it.

        Returns
        -------
        loss : float
            The loss.
        states : ndarray of shape (n, d)
            The states.
        steps
            How many.
        """
    )
    assert found.returns == "loss: The loss.\nstates: (ndarray of shape (n, d)) The states.\nsteps: How many."


def test_types_in_sphinx_style_that_say_more_are_kept() -> None:
    found = parse_docstring(
        """Gets it.

        :param x: The states.
        :type x: array of shape (n, d)
        :param y: A number.
        :type y: int
        :param z: Not a parameter.
        :returns: The result.
        :rtype: one of 'a' and 'b'
        """,
        ["x", "y"],
    )
    assert found.parameters == {"x": "(array of shape (n, d)) The states.", "y": "A number."}
    assert found.returns == "The result.\n(one of 'a' and 'b')"
    assert found.description == "Gets it.\n\n:param z: Not a parameter."


def test_lists_and_examples_keep_their_lines() -> None:
    found = parse_docstring(
        """Gets it.

        Args:
            mode: One of:
                - "a": the first,
                  which is long.
                - "b": the second.

        Returns:
            A dict with
            two keys:

            * loss: the loss
            * steps: how many

        Examples:
            >>> get("a")
            1
        """
    )
    assert found.parameters["mode"] == 'One of:\n- "a": the first,\n  which is long.\n- "b": the second.'
    assert found.returns == "A dict with two keys:\n\n* loss: the loss\n* steps: how many"
    assert found.description == 'Gets it.\n\nExamples:\n    >>> get("a")\n    1'


STYLES = [
    """Gets the cosine of one two.

    :math:`three` is four.

    Args:
        layer (int): five `six`.
        `rest`: seven
            eight

            nine ten.
        eleven twelve.
        other: thirteen.

    Returns:
        name, heads, and vocabulary: fourteen.

    Raises:
        ValueError: fifteen.
        sixteen.

    Yields:
        seventeen.

    Note:
        eighteen.

    Custom Section:
        nineteen.

    Examples:
        >>> twenty
    """,
    """Gets one.

    Parameters
    ----------
    layer, rest : array of two
        three
    other : int
        four
    five.

    Returns
    -------
    six : float
        seven
    eight of nine
        ten

    Raises
    ------
    ValueError
        eleven

    Warns
    -----
    twelve

    Custom
    ------
    thirteen

    Notes
    -----
    fourteen
    """,
    """Gets one.

    :param layer: two
    :param other: three
    :param: four
    :type rest: five
    :keyword rest: six
    :return: seven
    :rtype: eight
    :raises ValueError: nine
    :yields: ten
    :custom: eleven
    :meta twelve:
    :func:`thirteen` fourteen

    .. note::
        fifteen
    """,
]


@pytest.mark.parametrize("text", STYLES)
def test_no_word_is_lost(text: str) -> None:
    found = parse_docstring(text, ["layer", "rest"])
    parts = [found.description, found.returns, *found.parameters, *found.parameters.values()]
    kept = re.findall(r"\w+", " ".join([*parts, *(f"{r.type} {r.description}" for r in found.raises)]))
    # Names of sections and fields, and plain types.
    structure = {
        "Args",
        "Returns",
        "Raises",
        "Yields",
        "Parameters",
        "int",
        "float",
        "param",
        "type",
        "keyword",
    }
    structure |= {"return", "rtype", "raises", "yields"}
    assert set(re.findall(r"\w+", text)) - set(kept) <= structure
