"""Hints of classes: resolved where they were written, also when that is another module."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from hosting import Failed, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hosting import RunningHost

# None of the names in these hints exists in the interface file.
COMMON = """
from __future__ import annotations

import enum
import typing
from dataclasses import dataclass, field, InitVar, KW_ONLY
from typing import ClassVar, Generic, NamedTuple, NewType, Optional, Protocol, TypedDict, TypeVar

import attrs

class Mode(enum.Enum):
    ADD = "add"

T = TypeVar("T")
M = TypeVar("M", bound="Mode")
Chosen = NewType("Chosen", "Mode")

@dataclass
class Base:
    mode: Mode
    maybe: Optional[Mode] = None

@dataclass
class Middle(Base):
    inner: list[Base] = field(default_factory=list)

@dataclass
class GenericBase(Generic[T]):
    value: T
    mode: Mode

class TypedBase(TypedDict):
    mode: Mode

class TypedOptional(TypedBase, total=False):
    maybe: Mode

class Row(NamedTuple):
    mode: Mode
    maybe: Optional[Mode] = None

class HasMode(Protocol):
    mode: Mode

class Plain:
    mode: str = ""

@attrs.define
class AttrsBase:
    mode: Mode

@dataclass
class Nested:
    class Inner(enum.Enum):
        X = "x"
    inner: Inner
    int: Optional[int] = None

@dataclass
class Steer:
    layer: int
    _: KW_ONLY
    scale: InitVar[float]
    offset: InitVar[float] = 0.0
    total: float = field(init=False)
    names: list[str] = field(default_factory=lambda: ["a"])
    shared: ClassVar[int] = 3

    def __post_init__(self, scale, offset):
        self.total = self.layer * scale + offset
"""

INTERFACE = """
import dataclasses
from dataclasses import dataclass, InitVar
from typing import Any, Generic, TypeVar

import attrs
from common import AttrsBase, Base, Chosen, GenericBase, HasMode, M, Middle, Nested, Plain, Row, Steer
from common import TypedOptional

U = TypeVar("U")

@dataclass
class Direct(Base):
    layer: int = 0

@dataclass
class Deep(Middle):
    layer: int = 0

@dataclass
class OfInt(GenericBase[int]):
    layer: int = 0

@dataclass
class OfList(GenericBase[list[U]], Generic[U]):
    other: U

@dataclass
class WithProtocol(Base, HasMode):
    layer: int = 0

@dataclass
class WithMixin(Plain, Base):
    layer: int = 0

class Typed(TypedOptional):
    layer: int

class SubRow(Row):
    layer = 0

@attrs.define
class Attrs(AttrsBase):
    layer: int = 0
    _hidden: int = attrs.field(default=5, init=False)

@dataclass
class SubSteer(Steer):
    extra: InitVar[int] = 1

    def __post_init__(self, scale, offset, extra):
        super().__post_init__(scale, offset)
        self.total += extra

@dataclass
class Eager:
    layer: int
    scale: "InitVar[float]"
    factor: dataclasses.InitVar[int] = 2
    total: float = dataclasses.field(init=False, default=0.0)

    def __post_init__(self, scale, factor):
        self.total = self.layer * scale * factor

def shown(value: Any) -> list:
    mode = value["mode"] if isinstance(value, dict) else value.mode
    maybe = value.get("maybe") if isinstance(value, dict) else getattr(value, "maybe", None)
    return [type(mode).__name__, type(maybe).__name__]

@expose
def direct(x: Direct) -> list: return shown(x)
@expose
def base(x: Base) -> list: return shown(x)
@expose
def deep(x: Deep) -> list: return shown(x.inner[0])
@expose
def of_int(x: OfInt) -> list: return [type(x.value).__name__, *shown(x)]
@expose
def of_list(x: OfList[int]) -> list: return [type(x.value[0]).__name__, *shown(x)]
@expose
def with_protocol(x: WithProtocol) -> list: return shown(x)
@expose
def with_mixin(x: WithMixin) -> list: return shown(x)
@expose
def typed(x: Typed) -> list: return shown(x)
@expose
def row(x: Row) -> list: return shown(x)
@expose
def sub_row(x: SubRow) -> list: return shown(x)
@expose
def with_attrs(x: Attrs) -> Attrs:
    assert shown(x)[0] == "Mode"
    return x
@expose
def type_variable(mode: M) -> str: return type(mode).__name__
@expose
def new_type(mode: Chosen) -> str: return type(mode).__name__
@expose
def nested(x: Nested) -> str: return f"{type(x.inner).__name__} {x.int}"

@expose
def steer(x: Steer) -> Steer: return x
@expose
def sub_steer(x: SubSteer) -> float: return x.total
@expose
def eager(x: Eager) -> Eager: return x

@dataclass
class Unset:
    layer: int
    total: float = dataclasses.field(init=False)
@expose
def unset() -> Unset: return Unset(1)
@expose
def wrong_name(x: "Nowhere") -> "Optional[int]": return 3
@dataclass
class WrongField:
    x: "Elsewhere"
@expose
def wrong_field(x: WrongField) -> int: return 1
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    directory: Path = tmp_path_factory.mktemp("hints")
    (directory / "common.py").write_text(textwrap.dedent(COMMON))
    file = directory / "interface.py"
    file.write_text(textwrap.dedent(INTERFACE))
    with running(file) as started:
        started.interface()
        yield started


ADD = {"mode": "add"}
BOTH = ["Mode", "Mode"]

RESOLVED: list[tuple[str, Any, list[str]]] = [
    ("direct", ADD | {"maybe": "add"}, BOTH),
    ("base", ADD | {"maybe": "add"}, BOTH),
    ("deep", ADD | {"inner": [ADD | {"maybe": "add"}]}, BOTH),
    ("of_int", ADD | {"value": 3.0}, ["int", "Mode", "NoneType"]),
    ("of_list", ADD | {"value": [3.0], "other": 1}, ["int", "Mode", "NoneType"]),
    ("with_protocol", ADD, ["Mode", "NoneType"]),
    ("with_mixin", ADD, ["Mode", "NoneType"]),
    ("typed", ADD | {"maybe": "add", "layer": 1}, BOTH),
    ("row", ADD | {"maybe": "add"}, BOTH),
    ("sub_row", ["add", "add"], BOTH),
]
NAMES = [name for name, _, _ in RESOLVED]


@pytest.mark.parametrize(("function", "value", "expected"), RESOLVED, ids=NAMES)
def test_fields_are_converted(host: RunningHost, function: str, value: Any, expected: list[str]) -> None:
    assert host.call(function, value) == expected


@pytest.mark.parametrize(("function", "value", "expected"), RESOLVED, ids=NAMES)
def test_fields_are_checked(host: RunningHost, function: str, value: Any, expected: list[str]) -> None:
    wrong = ["nonsense"] if isinstance(value, list) else value | {"mode": "nonsense"}
    with pytest.raises(Failed, match="mode: expected one of 'add', got 'nonsense'"):
        host.call(function, wrong)


def test_type_arguments_of_a_base_are_checked(host: RunningHost) -> None:
    with pytest.raises(Failed, match=r"x\.value: expected a whole number, got 'a'"):
        host.call("of_int", ADD | {"value": "a"})
    with pytest.raises(Failed, match=r"x\.value\[0\]: expected a whole number, got 'a'"):
        host.call("of_list", ADD | {"value": ["a"], "other": 1})


def test_bounds_and_new_types_of_other_modules_are_converted(host: RunningHost) -> None:
    assert host.call("type_variable", "add") == host.call("new_type", "add") == "Mode"
    assert host.call("nested", {"inner": "x", "int": 4}) == "Inner 4"


def test_attrs_classes(host: RunningHost) -> None:
    assert host.call("with_attrs", ADD) == {"mode": "add", "layer": 0, "_hidden": 5}
    for wrong in ({"mode": 1}, ADD | {"_hidden": 1}, {"layer": 1}):
        with pytest.raises(Failed, match="invalid-arguments"):
            host.call("with_attrs", wrong)


def test_init_vars_are_given_and_computed_fields_are_returned(host: RunningHost) -> None:
    assert host.call("steer", {"layer": 2, "scale": 1.5}) == {"layer": 2, "total": 3.0, "names": ["a"]}
    assert host.call("steer", {"layer": 2, "scale": 2, "offset": 1, "names": []})["total"] == 5
    assert host.call("sub_steer", {"layer": 2, "scale": 2, "extra": 3}) == 7
    assert host.call("eager", {"layer": 1, "scale": 2.0, "factor": 3})["total"] == 6
    with pytest.raises(Failed, match="x: expected the field 'scale' of Steer"):
        host.call("steer", {"layer": 2})
    with pytest.raises(Failed, match=r"x\.scale: expected a number, got 'much'"):
        host.call("steer", {"layer": 2, "scale": "much"})
    with pytest.raises(Failed, match=r"x\.total: expected nothing, as Steer sets this field itself"):
        host.call("steer", {"layer": 2, "scale": 1, "total": 1})
    with pytest.raises(Failed, match=r"x\.shared: expected nothing, as Steer has only the fields"):
        host.call("steer", {"layer": 2, "scale": 1, "shared": 1})


def test_a_computed_field_that_was_not_set_is_left_out(host: RunningHost) -> None:
    assert host.call("unset") == {"layer": 1}


def test_schemas_say_what_is_given_and_what_is_returned(host: RunningHost) -> None:
    function = next(f for f in host.interface()["functions"] if f["name"] == "steer")
    given = function["parameters"][0]["schema"]["$defs"]["Steer"]
    returned = function["returns"]["schema"]["$defs"]["Steer"]
    assert list(given["properties"]) == ["layer", "scale", "offset", "names"]
    assert given["required"] == ["layer", "scale"]
    assert list(returned["properties"]) == ["layer", "total", "names"]
    assert given["properties"]["scale"] == {"type": "number"}


def test_a_name_that_is_not_defined_is_a_warning(host: RunningHost) -> None:
    description = host.interface()
    assert host.call("wrong_name", {"any": "thing"}) == 3
    assert host.call("wrong_field", {"x": [1]}) == 1
    for owner, name in (
        ("wrong_name", "Nowhere"),
        ("wrong_name", "Optional"),
        ("WrongField", "Elsewhere"),
    ):
        warning = f"{owner}: the hint {name} is undefined when the file runs, so any value is accepted"
        assert warning in description["warnings"]
        assert f": {warning}" in host.logs()
    # Nothing else is amiss.
    assert len(description["warnings"]) == 3
