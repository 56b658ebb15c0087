"""Docstrings in the three styles."""

from __future__ import annotations

import pytest

from seer_host.worker.docstrings import Docstring, parse_docstring


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
        "text": "Text.\n\nWith a paragraph.",
        "bare": "",
    }
    assert found.returns == "The result."


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
    assert found == Docstring("Gets it.", {"a": "First, and more.", "b": "Second."}, "The result.")


@pytest.mark.parametrize("text", [None, "", "   ", "\n\n"])
def test_nothing(text: str | None) -> None:
    assert parse_docstring(text) == Docstring()


@pytest.mark.parametrize(
    "text", ["Args:", "Args:\n", "Returns:", "Parameters\n----------", ":param", "A\n---", "---", ":param x:"]
)
def test_what_is_unfinished_breaks_nothing(text: str) -> None:
    parse_docstring(text)
