"""Builds the codecs of type hints."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import inspect
import pathlib
import types
import typing
import uuid
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from ..exposure import RefHint, RefMarker
from .arrays import ArrayCodec, NumpyScalarCodec, RefCodec
from .base import ForwardCodec, TypeCodec, UnsupportedHint
from .choices import EnumCodec, LiteralCodec
from .classes import FieldHint, attrs_fields, dataclass_fields, named_tuple_fields, typed_dict_fields
from .constraints import ConstrainedCodec
from .containers import DictCodec, ListCodec, TupleCodec, UnionCodec
from .models import ModelCodec, is_model, needs_pydantic
from .names import array_library, describe, name_of, numpy_scalar, picture_class
from .pictures import FigureCodec, ImageCodec
from .records import Field, RecordCodec
from .scalars import AnyCodec, BoolCodec, BytesCodec, ComplexCodec, FloatCodec, IntCodec, NoneCodec, StrCodec
from .scope import Scope
from .texts import TextCodec, TimedeltaCodec, date_codec, datetime_codec, path_codec, time_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLAIN: dict[Any, Callable[[], TypeCodec]] = {
    Any: AnyCodec,
    object: AnyCodec,
    inspect.Parameter.empty: AnyCodec,
    None: NoneCodec,
    type(None): NoneCodec,
    bool: BoolCodec,
    int: IntCodec,
    float: FloatCodec,
    str: StrCodec,
    complex: ComplexCodec,
    bytes: lambda: BytesCodec(bytes),
    bytearray: lambda: BytesCodec(bytearray),
    memoryview: lambda: BytesCodec(memoryview),
    datetime.datetime: datetime_codec,
    datetime.date: date_codec,
    datetime.time: time_codec,
    datetime.timedelta: TimedeltaCodec,
    decimal.Decimal: lambda: TextCodec(
        decimal.Decimal, "a decimal number as a string", decimal.Decimal, python=None, form=None
    ),
    uuid.UUID: lambda: TextCodec(uuid.UUID, "a UUID", uuid.UUID, python=None, form="uuid"),
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


class CodecBuilder:
    """Builds codecs, and reuses them for equal hints."""

    def __init__(self) -> None:
        self._built: dict[Any, TypeCodec] = {}
        self._names: dict[str, Any] = {}
        self._warnings: list[str] = []

    def build(self, hint: Any, scope: Scope) -> TypeCodec:
        """The codec of a hint; raises UnsupportedHint."""
        hint = scope.resolve(hint)
        try:
            if hint in _PLAIN:
                return _PLAIN[hint]()
        except TypeError:  # unhashable, such as a Literal of a list
            pass
        if library := array_library(hint):
            return ArrayCodec(library)
        if (python := numpy_scalar(hint)) is not None:
            return NumpyScalarCodec(hint, _PLAIN[python]())
        if isinstance(hint, RefHint):
            return RefCodec(object)
        if scope.is_unresolved(hint):
            name = hint.__name__ if isinstance(hint, types.ModuleType) else repr(hint)
            self._warnings.append(
                f"{scope.owner}: the hint {name} is undefined when the file runs, so any value is accepted"
            )
            return AnyCodec()
        if isinstance(hint, dataclasses.InitVar):
            return self.build(hint.type, scope)  # pyright: ignore[reportUnknownMemberType]
        if get_origin(hint) is not None:
            return self._generic(hint, scope)
        if isinstance(hint, TypeVar):
            return self._type_var(hint, scope)
        if hasattr(hint, "__supertype__"):
            return self.build(hint.__supertype__, Scope.of_alias(hint))
        if type(hint).__name__ == "TypeAliasType":
            return self._cached(hint, lambda: self.build(hint.__value__, Scope.of_alias(hint)))
        if isinstance(hint, type):
            return self._class(hint)
        if name_of(hint) in ("LiteralString",):
            return StrCodec()
        if name_of(hint) in ("List", "Sequence", "Iterable"):
            return ListCodec(AnyCodec(), list, tuple, None)
        raise UnsupportedHint(describe(hint))

    def take_warnings(self) -> list[str]:
        """The warnings since the last call, without duplicates."""
        taken, self._warnings = list(dict.fromkeys(self._warnings)), []
        return taken

    def _generic(self, hint: Any, scope: Scope) -> TypeCodec:
        origin, args = get_origin(hint), get_args(hint)
        name = name_of(origin)
        if origin is typing.Annotated:
            return self._annotated(args[0], args[1:], scope)
        if name == "Literal":
            return LiteralCodec(args)
        if origin is Union or origin is types.UnionType:
            return UnionCodec([self.build(arg, scope) for arg in args])
        if name in _WRAPPERS:
            return self.build(args[0] if args else Any, scope)
        if not args and isinstance(origin, type) and hint != tuple[()]:
            return self.build(origin, scope)  # a bare `List`
        if origin is tuple:
            return self._tuple(args, scope)
        if origin in _LISTS:
            make, target, python = _LISTS[origin]
            return ListCodec(self.build(args[0], scope), make, target, python)
        if origin is collections.Counter:
            return self._dict(origin, args[0], int, scope)
        if origin in _DICTS:
            return self._dict(origin, args[0], args[1], scope)
        if type(origin).__name__ == "TypeAliasType":
            alias: Any = origin
            inner = Scope.of_alias(alias).with_types(alias.__type_params__, args)
            return self.build(alias.__value__, inner)
        if is_model(origin):
            return self._cached(hint, lambda: ModelCodec(hint))
        if isinstance(origin, type):
            return self._class(origin, dict(zip(getattr(origin, "__parameters__", ()), args)))  # noqa: B905
        raise UnsupportedHint(describe(hint))

    def _annotated(self, hint: Any, metadata: tuple[Any, ...], scope: Scope) -> TypeCodec:
        if any(isinstance(item, RefMarker) for item in metadata):
            target = scope.resolve(hint)
            return RefCodec(target)
        if needs_pydantic(metadata):
            return ModelCodec(typing.Annotated[(scope.resolve(hint), *metadata)])
        return ConstrainedCodec(self.build(hint, scope), metadata)

    def _tuple(self, args: tuple[Any, ...], scope: Scope) -> TypeCodec:
        if len(args) == 2 and args[1] is Ellipsis:
            return ListCodec(self.build(args[0], scope), tuple, tuple, "tuple")
        return TupleCodec([self.build(arg, scope) for arg in args if arg != ()])

    def _dict(self, origin: Any, key: Any, item: Any, scope: Scope) -> TypeCodec:
        key_codec = self.build(key, scope)
        plain = isinstance(key_codec, (StrCodec, AnyCodec))
        return DictCodec(key_codec, self.build(item, scope), _DICTS[origin], plain_keys=plain)

    def _type_var(self, hint: TypeVar, scope: Scope) -> TypeCodec:
        if hint in scope.types:
            return self.build(scope.types[hint], scope)
        if hint.__constraints__:
            return UnionCodec([self.build(one, scope) for one in hint.__constraints__])
        return self.build(Any if hint.__bound__ is None else hint.__bound__, Scope.of_alias(hint))

    def _class(self, hint: Any, arguments: Mapping[Any, Any] | None = None) -> TypeCodec:
        if hint is tuple:
            return ListCodec(AnyCodec(), tuple, tuple, "tuple")
        if hint in _LISTS:
            make, target, python = _LISTS[hint]
            return ListCodec(AnyCodec(), make, target, python)
        if hint in _DICTS:
            return DictCodec(AnyCodec(), AnyCodec(), _DICTS[hint], plain_keys=True)
        if issubclass(hint, enum.Enum):
            return self._cached(hint, lambda: self._named(hint, {}, EnumCodec(hint)))
        if issubclass(hint, pathlib.PurePath) or hint is pathlib.Path:
            return path_codec(hint)
        if name_of(hint) == "PathLike":
            return path_codec(pathlib.Path)
        if picture := picture_class(hint):
            return ImageCodec(hint) if picture == "image" else FigureCodec(hint)
        if is_model(hint):
            return self._cached(hint, lambda: ModelCodec(hint))
        build = self._record(hint, arguments or {})
        if build is None:
            name = describe(hint)
            raise UnsupportedHint(name, hint=reference_hint(name))
        return self._cached((hint, tuple((arguments or {}).items())), build)

    def _record(self, hint: Any, arguments: Mapping[Any, Any]) -> Callable[[], TypeCodec] | None:
        if typing.is_typeddict(hint) or hasattr(hint, "__required_keys__"):
            fields, make, python = typed_dict_fields(hint, arguments), dict, "typeddict"
        elif hasattr(hint, "__dataclass_fields__"):
            fields, make, python = dataclass_fields(hint, arguments), hint, "dataclass"
        elif hasattr(hint, "_fields") and tuple in hint.__mro__:
            fields, make, python = named_tuple_fields(hint, arguments), hint, "namedtuple"
        elif hasattr(hint, "__attrs_attrs__"):
            fields, make, python = attrs_fields(hint, arguments), hint, "dataclass"
        else:
            return None

        def build() -> TypeCodec:
            codecs = {field.name: self._field(hint, field) for field in fields}
            return self._named(hint, arguments, RecordCodec(hint, codecs, make, python, _doc(hint)))

        return build

    def _field(self, owner: type, field: FieldHint) -> Field:
        try:
            codec = self.build(field.hint, field.scope)
        except UnsupportedHint as error:
            message = f"{error} (the field {field.name!r} of {owner.__name__})"
            raise UnsupportedHint(message, hint=error.hint) from None
        return Field(codec, field.required, field.is_input, field.is_output)

    def _named(self, hint: type, arguments: Mapping[Any, Any], codec: Any) -> TypeCodec:
        """Gives each type a unique name, also `Box[int]` and `Box[str]`."""
        key = (hint, tuple(arguments.items()))
        name, number = hint.__name__, 2
        while self._names.setdefault(name, key) != key:
            name, number = f"{hint.__name__}{number}", number + 1
        codec.name = name
        return codec

    def _cached(self, key: Any, build: Callable[[], TypeCodec]) -> TypeCodec:
        found = self._built.get(key)
        if found is None:
            self._built[key] = later = ForwardCodec()
            try:
                found = later.codec = build()
            except BaseException:
                del self._built[key]
                raise
            self._built[key] = found
        return found


def reference_hint(name: str) -> str:
    """The hint for a class that can only be passed by reference."""
    return f"To pass one by reference, write expose.Ref[{name}]."


def _doc(hint: type) -> str | None:
    doc = hint.__dict__.get("__doc__")
    # dataclasses and named tuples without a docstring get their signature as one.
    if not isinstance(doc, str) or doc.startswith(f"{hint.__name__}("):
        return None
    return inspect.cleandoc(doc)
