"""Reads the fields of a class, with their hints and the classes that declare them."""

from __future__ import annotations

import dataclasses
import sys
import typing
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

from .scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Arguments: typing.TypeAlias = "Mapping[Any, Any]"
"""The type arguments of a generic class, by type parameter."""


class FieldHint(NamedTuple):
    """The declaration of a field."""

    name: str
    hint: Any
    scope: Scope
    """Where to look up names in the hint: the module of the declaring class."""
    required: bool
    is_input: bool = True
    """Whether callers can pass it."""
    is_output: bool = True
    """Whether results contain it."""


def dataclass_fields(cls: Any, arguments: Arguments) -> Iterator[FieldHint]:
    """Includes `InitVar`s, which only callers pass, and `init=False` fields, which only results contain."""
    missing = dataclasses.MISSING
    stored = {field.name for field in dataclasses.fields(cls)}
    fields: dict[str, dataclasses.Field[Any]] = cls.__dataclass_fields__
    for field in fields.values():
        kind: str = getattr(field, "_field_type").name  # noqa: B009 - no public name for it
        if kind == "_FIELD_CLASSVAR":
            continue
        # Subclasses share the field objects of their bases, so the topmost class with this one declares it.
        owners = (base for base in reversed(cls.__mro__) if _own_fields(base).get(field.name) is field)
        owner = next(owners, cls)
        yield FieldHint(
            field.name,
            field.type,
            _scope_of(cls, owner, arguments),
            required=field.init and field.default is missing and field.default_factory is missing,
            is_input=field.init,
            is_output=field.name in stored,
        )


def _own_fields(cls: type) -> dict[str, Any]:
    return cls.__dict__.get("__dataclass_fields__", {})


def named_tuple_fields(cls: Any, arguments: Arguments) -> Iterator[FieldHint]:
    declared = _annotations(cls)
    for name in cls._fields:
        owner, hint = declared.get(name, (cls, Any))
        yield FieldHint(
            name, hint, _scope_of(cls, owner, arguments), required=name not in cls._field_defaults
        )


def typed_dict_fields(cls: Any, arguments: Arguments) -> Iterator[FieldHint]:
    """The fields of a TypedDict, which keeps no bases, but whose hints know their modules."""
    required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
    for name, (owner, hint) in _annotations(cls).items():
        # typing does not see these markers in postponed annotations.
        text = getattr(hint, "__forward_arg__", "")
        needed = name in required
        if "NotRequired[" in text:
            needed = False
        elif "Required[" in text:
            needed = True
        yield FieldHint(name, hint, _scope_of(cls, owner, arguments), needed)


def attrs_fields(cls: Any, arguments: Arguments) -> Iterator[FieldHint]:
    declared = _annotations(cls)
    for attribute in cls.__attrs_attrs__:
        owner, hint = declared.get(attribute.name, (cls, Any if attribute.type is None else attribute.type))
        default = getattr(attribute.default, "name", None)
        yield FieldHint(
            attribute.name,
            hint,
            _scope_of(cls, owner, arguments),
            required=attribute.init and default == "NOTHING",
            is_input=attribute.init,
        )


def _annotations(cls: type) -> dict[str, tuple[type, Any]]:
    """Each annotation of a class and its bases, with the class that declares it."""
    found: dict[str, tuple[type, Any]] = {}
    for base in reversed(cls.__mro__):
        for name, hint in _own_annotations(base).items():
            found[name] = base, hint
    return found


def _own_annotations(cls: type) -> Mapping[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return cls.__dict__.get("__annotations__", {})  # noqa: RUF063 - for 3.10 to 3.13


def _scope_of(cls: type, owner: type, arguments: Arguments) -> Scope:
    known = _arguments_of(cls, owner, arguments)
    return Scope.of_class(owner).with_types(tuple(known), tuple(known.values()))


def _arguments_of(cls: Any, base: type, arguments: Arguments) -> Arguments:
    """The type arguments that a class passes to one of its bases, as in `class Sub(Base[int])`."""
    if cls is base:
        return arguments
    scope = Scope.of_class(cls)
    for hint in cls.__dict__.get("__orig_bases__", cls.__bases__):
        origin: Any = get_origin(hint) or hint
        if isinstance(origin, type) and base in origin.__mro__:
            given = [_substitute(scope.resolve(argument), arguments) for argument in get_args(hint)]
            parameters = getattr(origin, "__parameters__", ())
            return _arguments_of(origin, base, dict(zip(parameters, given)))  # noqa: B905
    return {}


def _substitute(hint: Any, arguments: Arguments) -> Any:
    if isinstance(hint, typing.TypeVar):
        return arguments.get(hint, hint)
    parameters: tuple[Any, ...] = getattr(hint, "__parameters__", ())
    if not parameters or get_origin(hint) is None:
        return hint
    return hint[tuple(arguments.get(parameter, parameter) for parameter in parameters)]
