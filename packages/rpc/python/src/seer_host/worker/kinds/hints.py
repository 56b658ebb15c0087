"""Finds the kind that a type hint asks for."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import inspect
import pathlib
import sys
import types
import typing
import uuid
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from ..exposure import RefMarker
from .arrays import ArrayKind, RefKind
from .base import Kind, Later, UnsupportedHint
from .constraints import ConstrainedKind
from .containers import DictKind, ListKind, TupleKind, UnionKind
from .names import array_library, describe, name_of
from .records import Field, RecordKind
from .scalars import (
    AnyKind,
    BoolKind,
    BytesKind,
    ComplexKind,
    EnumKind,
    FloatKind,
    IntKind,
    LiteralKind,
    NoneKind,
    StrKind,
    TextKind,
    TimedeltaKind,
    date_kind,
    datetime_kind,
    path_kind,
    time_kind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .scope import Scope

_PLAIN: dict[Any, Callable[[], Kind]] = {
    Any: AnyKind,
    object: AnyKind,
    inspect.Parameter.empty: AnyKind,
    None: NoneKind,
    type(None): NoneKind,
    bool: BoolKind,
    int: IntKind,
    float: FloatKind,
    str: StrKind,
    complex: ComplexKind,
    bytes: lambda: BytesKind(bytes),
    bytearray: lambda: BytesKind(bytearray),
    memoryview: lambda: BytesKind(memoryview),
    datetime.datetime: datetime_kind,
    datetime.date: date_kind,
    datetime.time: time_kind,
    datetime.timedelta: TimedeltaKind,
    decimal.Decimal: lambda: TextKind(
        decimal.Decimal, "a decimal number as a string", decimal.Decimal, python=None, form=None
    ),
    uuid.UUID: lambda: TextKind(uuid.UUID, "a UUID", uuid.UUID, python=None, form="uuid"),
}

_LISTS: dict[Any, tuple[Callable[[list[Any]], Any], type, str | None]] = {
    list: (list, list, None),
    set: (set, (collections.abc.Set), "set"),  # type: ignore[dict-item]
    frozenset: (frozenset, (collections.abc.Set), "set"),  # type: ignore[dict-item]
    collections.deque: (collections.deque, collections.deque, None),
    collections.abc.Sequence: (list, tuple, None),
    collections.abc.MutableSequence: (list, list, None),
    collections.abc.Iterable: (list, tuple, None),
    collections.abc.Collection: (list, tuple, None),
    collections.abc.Set: (set, (collections.abc.Set), "set"),  # type: ignore[dict-item]
    collections.abc.MutableSet: (set, (collections.abc.Set), "set"),  # type: ignore[dict-item]
}

_DICTS: dict[Any, Callable[[dict[Any, Any]], Any]] = {
    dict: dict,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
    collections.OrderedDict: collections.OrderedDict,
    collections.Counter: collections.Counter,
    collections.defaultdict: lambda items: collections.defaultdict(None, items),
}

_WRAPPERS = frozenset(("ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar"))


class Hints:
    """Builds kinds; a type that was seen before is not built again."""

    def __init__(self) -> None:
        self._built: dict[Any, Kind] = {}
        self._names: dict[str, Any] = {}

    def kind(self, hint: Any, scope: Scope) -> Kind:
        """The kind of a hint; raises UnsupportedHint."""
        hint = scope.resolve(hint)
        try:
            if hint in _PLAIN:
                return _PLAIN[hint]()
        except TypeError:  # unhashable, such as Literal of a list
            pass
        if library := array_library(hint):
            return ArrayKind(library)
        if scope.is_unknown(hint):
            return AnyKind()
        if get_origin(hint) is not None:
            return self._generic(hint, scope)
        if isinstance(hint, TypeVar):
            return self._type_var(hint, scope)
        if hasattr(hint, "__supertype__"):
            return self.kind(hint.__supertype__, scope)
        if type(hint).__name__ == "TypeAliasType":
            return self._later(hint, lambda: self.kind(hint.__value__, scope))
        if isinstance(hint, type):
            return self._class(hint)
        if name_of(hint) in ("LiteralString",):
            return StrKind()
        if name_of(hint) in ("List", "Sequence", "Iterable"):
            return ListKind(AnyKind(), list, tuple, None)
        raise UnsupportedHint(describe(hint))

    def _generic(self, hint: Any, scope: Scope) -> Kind:
        origin, args = get_origin(hint), get_args(hint)
        name = name_of(origin)
        if origin is typing.Annotated:
            return self._annotated(args[0], args[1:], scope)
        if name == "Literal":
            return LiteralKind(args)
        if origin is Union or origin is types.UnionType:
            return UnionKind([self.kind(arg, scope) for arg in args])
        if name in _WRAPPERS:
            return self.kind(args[0] if args else Any, scope)
        if not args and isinstance(origin, type) and hint != tuple[()]:
            return self.kind(origin, scope)  # `List` by itself
        if origin is tuple:
            return self._tuple(args, scope)
        if origin in _LISTS:
            make, target, python = _LISTS[origin]
            return ListKind(self.kind(args[0], scope), make, target, python)
        if origin is collections.Counter:
            return self._dict(origin, args[0], int, scope)
        if origin in _DICTS:
            return self._dict(origin, args[0], args[1], scope)
        if type(origin).__name__ == "TypeAliasType":
            alias: Any = origin
            return self.kind(alias.__value__, scope.with_types(alias.__type_params__, args))
        if isinstance(origin, type):
            return self._class(origin, dict(zip(getattr(origin, "__parameters__", ()), args)))  # noqa: B905
        raise UnsupportedHint(describe(hint))

    def _annotated(self, hint: Any, metadata: tuple[Any, ...], scope: Scope) -> Kind:
        if any(isinstance(item, RefMarker) for item in metadata):
            target = scope.resolve(hint)
            return RefKind(target)
        return ConstrainedKind(self.kind(hint, scope), metadata)

    def _tuple(self, args: tuple[Any, ...], scope: Scope) -> Kind:
        if len(args) == 2 and args[1] is Ellipsis:
            return ListKind(self.kind(args[0], scope), tuple, tuple, "tuple")
        return TupleKind([self.kind(arg, scope) for arg in args if arg != ()])

    def _dict(self, origin: Any, key: Any, item: Any, scope: Scope) -> Kind:
        key_kind = self.kind(key, scope)
        plain = isinstance(key_kind, (StrKind, AnyKind))
        return DictKind(key_kind, self.kind(item, scope), _DICTS[origin], plain_keys=plain)

    def _type_var(self, hint: TypeVar, scope: Scope) -> Kind:
        if hint in scope.types:
            return self.kind(scope.types[hint], scope)
        if hint.__constraints__:
            return UnionKind([self.kind(one, scope) for one in hint.__constraints__])
        return self.kind(Any if hint.__bound__ is None else hint.__bound__, scope)

    def _class(self, hint: type, arguments: Mapping[Any, Any] | None = None) -> Kind:
        if hint is tuple:
            return ListKind(AnyKind(), tuple, tuple, "tuple")
        if hint in _LISTS:
            make, target, python = _LISTS[hint]
            return ListKind(AnyKind(), make, target, python)
        if hint in _DICTS:
            return DictKind(AnyKind(), AnyKind(), _DICTS[hint], plain_keys=True)
        if issubclass(hint, enum.Enum):
            return self._later(hint, lambda: self._named(hint, {}, EnumKind(hint)))
        if issubclass(hint, pathlib.PurePath) or hint is pathlib.Path:
            return path_kind(hint)
        if name_of(hint) == "PathLike":
            return path_kind(pathlib.Path)
        build = self._record(hint, arguments or {})
        if build is None:
            name = describe(hint)
            raise UnsupportedHint(name, hint=f"To pass one by reference, write expose.Ref[{name}].")
        return self._later((hint, tuple((arguments or {}).items())), build)

    def _record(self, hint: Any, arguments: Mapping[Any, Any]) -> Callable[[], Kind] | None:
        if typing.is_typeddict(hint) or hasattr(hint, "__required_keys__"):
            return lambda: self._typed_dict(hint, arguments)
        if hasattr(hint, "__dataclass_fields__"):
            return lambda: self._dataclass(hint, arguments)
        if hasattr(hint, "_fields") and tuple in hint.__mro__:
            return lambda: self._named_tuple(hint, arguments)
        return None

    def _dataclass(self, hint: type, arguments: Mapping[Any, Any]) -> Kind:
        missing = dataclasses.MISSING
        fields = {
            field.name: Field(
                self._field(hint, field.name, field.type, arguments),
                required=field.default is missing and field.default_factory is missing,
            )
            for field in dataclasses.fields(hint)
            if field.init
        }
        doc = hint.__doc__ or ""
        # dataclasses write a signature where there is no docstring.
        doc = None if doc.startswith(f"{hint.__name__}(") else inspect.cleandoc(doc)
        return self._named(hint, arguments, RecordKind(hint, fields, hint, "dataclass", doc))

    def _typed_dict(self, hint: type, arguments: Mapping[Any, Any]) -> Kind:
        required: frozenset[str] = getattr(hint, "__required_keys__", frozenset())
        fields: dict[str, Field] = {}
        for name, annotation in _annotations(hint).items():
            # Under postponed annotations, typing cannot see the marks itself.
            text = getattr(annotation, "__forward_arg__", "")
            needed = name in required
            if "NotRequired[" in text:
                needed = False
            elif "Required[" in text:
                needed = True
            fields[name] = Field(self._field(hint, name, annotation, arguments), needed)
        return self._named(hint, arguments, RecordKind(hint, fields, dict, "typeddict", _doc(hint)))

    def _named_tuple(self, hint: Any, arguments: Mapping[Any, Any]) -> Kind:
        annotations = _annotations(hint)
        fields = {
            name: Field(
                self._field(hint, name, annotations.get(name, Any), arguments),
                required=name not in hint._field_defaults,
            )
            for name in hint._fields
        }
        doc = _doc(hint)
        if doc and doc.startswith(f"{hint.__name__}("):
            doc = None
        return self._named(hint, arguments, RecordKind(hint, fields, hint, "namedtuple", doc))

    def _field(self, owner: type, name: str, annotation: Any, arguments: Mapping[Any, Any]) -> Kind:
        from .scope import Scope

        scope = Scope.of_class(owner).with_types(tuple(arguments), tuple(arguments.values()))
        try:
            return self.kind(annotation, scope)
        except UnsupportedHint as error:
            message = f"{error} (the field {name!r} of {owner.__name__})"
            raise UnsupportedHint(message, hint=error.hint) from None

    def _named(self, hint: type, arguments: Mapping[Any, Any], kind: Any) -> Kind:
        """Makes sure that no two types share a name, nor `Box[int]` and `Box[str]`."""
        key = (hint, tuple(arguments.items()))
        name, number = hint.__name__, 2
        while self._names.setdefault(name, key) != key:
            name, number = f"{hint.__name__}{number}", number + 1
        kind.name = name
        return kind

    def _later(self, key: Any, build: Callable[[], Kind]) -> Kind:
        found = self._built.get(key)
        if found is None:
            self._built[key] = later = Later()
            try:
                found = later.kind = build()
            except BaseException:
                del self._built[key]
                raise
            self._built[key] = found
        return found


def _doc(hint: type) -> str | None:
    doc = hint.__dict__.get("__doc__")
    return inspect.cleandoc(doc) if isinstance(doc, str) else None


def _annotations(hint: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(hint, format=annotationlib.Format.FORWARDREF)
    found: dict[str, Any] = {}
    for base in reversed(hint.__mro__):
        found |= base.__dict__.get("__annotations__", {})  # noqa: RUF063 - for 3.10 to 3.13
    # A TypedDict has no bases left, and lists all its keys itself.
    return found
