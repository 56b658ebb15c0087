"""Finds out how to pass arguments to decorated functions, whose signature may be that of another function."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_POSITIONAL_OR_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY


def passed_by_position(
    parameters: Iterable[inspect.Parameter], layers: Iterable[inspect.Signature | None]
) -> set[str]:
    """The names of parameters whose arguments must be passed by position.

    `parameters` are those that callers see, and `layers` the own signatures of the function and its wrappers,
    if known: a wrapper that takes `*args`, or has other parameter names, does not accept these by name.
    """
    visible = [p for p in parameters if p.kind in (_POSITIONAL_ONLY, _POSITIONAL_OR_KEYWORD)]
    count = sum(p.kind is _POSITIONAL_ONLY for p in visible)
    for own in layers:
        if own is not None:
            count = max(count, _count_by_position(visible, own))
    return {p.name for p in visible[:count]}


def _count_by_position(visible: list[inspect.Parameter], own: inspect.Signature) -> int:
    """How many arguments to pass by position to a function with the signature `own`."""
    own_parameters = list(own.parameters.values())
    positions = sum(p.kind in (_POSITIONAL_ONLY, _POSITIONAL_OR_KEYWORD) for p in own_parameters)
    names = {p.name for p in own_parameters if p.kind in (_POSITIONAL_OR_KEYWORD, _KEYWORD_ONLY)}
    rest = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in own_parameters)
    extra = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in own_parameters)
    count = 0
    # Required arguments are passed by position, because `functools.singledispatch` inspects the first one.
    leading = rest
    for index, parameter in enumerate(visible):
        leading = leading and parameter.default is inspect.Parameter.empty
        unknown = parameter.name not in names
        if unknown and (index < positions or leading or (rest and not extra)):
            count = index + 1
    return count
