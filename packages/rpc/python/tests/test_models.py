"""pydantic's models, and defaults that libraries declare with objects."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from hosting import Failed, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Serve
    from hosting import RunningHost

COMMON = """
from __future__ import annotations
import enum
from pydantic import BaseModel

class Mode(enum.Enum):
    ADD = "add"

class Base(BaseModel):
    mode: Mode
"""

INTERFACE = """
import dataclasses
import datetime
import io
from collections.abc import Iterator
from typing import Annotated, Any, Generic, Literal, Optional, TypedDict, TypeVar, Union

import numpy as np
import pydantic
import pydantic.v1
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, RootModel, SecretStr
from pydantic import computed_field, field_validator

from common import Base, Mode

T = TypeVar("T")

class Point(BaseModel):
    "A point."
    x: float = Field(ge=0, description="Along.")
    y: float = 0.0

class Shape(Base):
    model_config = ConfigDict(extra="forbid")
    points: list[Point]
    colour: Literal["red", "green"] = "red"
    layer_index: int = Field(3, alias="layerIndex")
    when: Optional[datetime.datetime] = None
    pair: tuple[int, str] = (1, "a")
    names: set[str] = Field(default_factory=set)

    @field_validator("points")
    @classmethod
    def some(cls, points):
        if not points:
            raise ValueError("a shape needs points")
        return points

    @computed_field
    @property
    def size(self) -> int:
        return len(self.points)

class Node(BaseModel):
    children: "list[Node]" = []

class Box(BaseModel, Generic[T]):
    content: T

@pydantic.dataclasses.dataclass
class Steer:
    layer: int = Field(ge=0)
    scale: float = 1.0
    tag: str = Field("none", alias="theTag")

class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int

class Dog(BaseModel):
    kind: Literal["dog"]
    name: str

Pet = Annotated[Union[Cat, Dog], Field(discriminator="kind")]

class Old(pydantic.v1.BaseModel):
    x: int = pydantic.v1.Field(3, ge=0, alias="theX")
    inner: "list[OldInner]" = []

class OldInner(pydantic.v1.BaseModel):
    y: int

Old.update_forward_refs()

@dataclasses.dataclass
class Mixed:
    point: Point
    more: dict[str, Point] = dataclasses.field(default_factory=dict)

class Outer(TypedDict):
    point: Point

class Held(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    data: bytes = b""
    value: Any = None
    secret: SecretStr = SecretStr("s")
    url: Optional[HttpUrl] = None
    array: Optional[np.ndarray] = None

def even(value: int) -> int:
    if value % 2:
        raise ValueError("not even")
    return value

@expose
def point(p: Point) -> Point:
    assert type(p) is Point
    return p
@expose
def shape(s: Shape) -> Shape:
    assert type(s.mode) is Mode
    return s
@expose
def nodes(n: Node) -> Node: return n
@expose
def box(b: Box[int]) -> Box[int]: return b
@expose
def steer(s: Steer) -> Steer:
    assert type(s) is Steer
    return s
@expose
def pet(p: Pet) -> str: return type(p).__name__
@expose
def either(p: Union[Cat, Dog, None] = None) -> str: return type(p).__name__
@expose
def old(o: Old) -> Old:
    assert type(o) is Old
    return o
@expose
def mixed(m: Mixed, o: Outer, points: list[Point]) -> dict[str, Any]:
    return {"m": m, "o": o, "points": points, "types": [type(m.point).__name__, type(o["point"]).__name__]}
@expose
def stream(count: int) -> Iterator[Point]:
    for i in range(count):
        yield Point(x=i)
@expose
def url(u: HttpUrl) -> str: return str(u.host)
@expose
def validated(n: Annotated[int, AfterValidator(even)]) -> int: return n
@expose
def root(r: RootModel[list[int]]) -> RootModel[list[int]]: return r
@expose
def empty_root() -> RootModel[Optional[int]]: return RootModel[Optional[int]](None)
@expose
def held() -> Held:
    return Held(data=b"\\xff", value=np.array(1.5), url="http://a.b/", array=np.ones(1, np.int8))
@expose
def held_array(h: Held) -> str: return str(h.array.dtype)
@expose
def default_model(p: Point = Point(x=1)) -> float: return p.x

# Defaults.

@expose
def field(x: int = Field(default=3, ge=0, description="An x."), y: Optional[int] = Field(None)) -> list:
    return [x, y]
@expose
def factory(x: list = Field(default_factory=list), y: dict = Field({"a": 1})) -> list:
    x.append(1)
    y["b"] = 1
    return [x, y]
@expose
def required(x: int = Field(), y: int = Field(..., gt=1)) -> list: return [x, y]
@expose
def annotated(
    x: Annotated[int, Field(default=3, ge=1)], y: Annotated[int, Field(description="A y.")] = 2
) -> list:
    return [x, y]
@expose
def of_dataclasses(
    x: int = dataclasses.field(default=3), y: list = dataclasses.field(default_factory=list)
) -> list:
    return [x, y]
@expose
def of_v1(x: int = pydantic.v1.Field(3, ge=0)) -> int: return x
@expose
def positional(
    a: int, b: int = Field(2), /, c: int = Field(3), *rest: int, d: int = Field(4), **more: int
) -> list:
    return [a, b, c, list(rest), d, more]
@expose
def made(when: float = Field(default_factory=io.StringIO)) -> str: return type(when).__name__

class Settings:
    default = 1

@expose
def plain_object(x: Any = Settings()) -> str: return type(x).__name__
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    directory = tmp_path_factory.mktemp("models")
    (directory / "common.py").write_text(COMMON)
    (directory / "interface.py").write_text(textwrap.dedent(INTERFACE))
    with running(directory / "interface.py") as started:
        started.interface()
        yield started


SHAPE = {"mode": "add", "points": [{"x": 1}]}

CONVERTED: list[tuple[str, dict[str, Any], Any]] = [
    ("point", {"p": {"x": 1}}, {"x": 1.0, "y": 0.0}),
    (
        "shape",
        {"s": {**SHAPE, "layerIndex": 4, "when": "2026-01-02T03:04:05Z", "names": ["n"]}},
        {
            "mode": "add",
            "points": [{"x": 1.0, "y": 0.0}],
            "colour": "red",
            "layerIndex": 4,
            "when": "2026-01-02T03:04:05+00:00",
            "pair": [1, "a"],
            "names": ["n"],
            "size": 1,
        },
    ),
    ("nodes", {"n": {"children": [{}]}}, {"children": [{"children": []}]}),
    ("box", {"b": {"content": 3}}, {"content": 3}),
    ("steer", {"s": {"layer": 3, "theTag": "t"}}, {"layer": 3, "scale": 1.0, "theTag": "t"}),
    ("pet", {"p": {"kind": "dog", "name": "d"}}, "Dog"),
    ("either", {"p": {"kind": "cat", "lives": 9}}, "Cat"),
    ("either", {}, "NoneType"),
    ("old", {"o": {"theX": 4, "inner": [{"y": 1}]}}, {"theX": 4, "inner": [{"y": 1}]}),
    (
        "mixed",
        {"m": {"point": {"x": 1}, "more": {"a": {"x": 2}}}, "o": {"point": {"x": 3}}, "points": [{"x": 4}]},
        {
            "m": {"point": {"x": 1.0, "y": 0.0}, "more": {"a": {"x": 2.0, "y": 0.0}}},
            "o": {"point": {"x": 3.0, "y": 0.0}},
            "points": [{"x": 4.0, "y": 0.0}],
            "types": ["Point", "Point"],
        },
    ),
    ("stream", {"count": 2}, [{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 0.0}]),
    ("url", {"u": "http://example.org/x"}, "example.org"),
    ("validated", {"n": 2}, 2),
    ("root", {"r": [1, 2]}, [1, 2]),
    ("empty_root", {}, None),
    (
        "held",
        {},
        {
            "data": {"$seer": "bytes", "data": "/w=="},
            "value": 1.5,
            "secret": "**********",
            "url": "http://a.b/",
            "array": {"$seer": "array", "dtype": "int8", "shape": [1], "data": "AQ=="},
        },
    ),
    ("default_model", {}, 1.0),
]


@pytest.mark.parametrize(("function", "arguments", "expected"), CONVERTED, ids=[c[0] for c in CONVERTED])
def test_models_are_made_and_dumped(
    host: RunningHost, function: str, arguments: dict[str, Any], expected: Any
) -> None:
    result = host.call(function, **arguments)
    assert result == expected
    # What a function returned can be given to it again.
    if function in ("point", "nodes", "box", "steer", "old", "root"):
        assert host.call(function, result) == expected


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("point", {"p": {"x": -1}}, "point: p.x: expected greater than or equal to 0, got -1"),
    ("point", {"p": {}}, "point: p: expected the field 'x', got {}"),
    (
        "point",
        {"p": {"x": "a", "y": "b"}},
        "p.x: expected a valid number, unable to parse string as a number, got 'a'; p.y: expected",
    ),
    ("point", {"p": 3}, "p: expected a valid dictionary or instance of Point, got 3"),
    (
        "shape",
        {"s": {**SHAPE, "points": []}},
        "s.points: expected a valid Shape (Value error, a shape",
    ),
    ("shape", {"s": {**SHAPE, "points": [{"x": "a"}]}}, "s.points[0].x: expected a valid number"),
    ("shape", {"s": {**SHAPE, "mode": "no"}}, "s.mode: expected 'add', got 'no'"),
    (
        "shape",
        {"s": {**SHAPE, "extra": 1}},
        "s.extra: expected nothing, because there is no such field, got 1",
    ),
    ("steer", {"s": {"layer": -1}}, "s.layer: expected greater than or equal to 0, got -1"),
    ("pet", {"p": {"kind": "dog"}}, "the field 'name'"),
    (
        "old",
        {"o": {"theX": -1}},
        "o.theX: expected a valid Old (ensure this value is greater",
    ),
    ("old", {"o": {"inner": [{}]}}, "o.inner[0]: expected the field 'y', got {}"),
    (
        "mixed",
        {"m": {"point": {"x": "a"}}, "o": {"point": {"x": 1}}, "points": []},
        "m.point.x: expected a valid",
    ),
    ("url", {"u": "no url"}, "u: expected a valid URL"),
    ("validated", {"n": 3}, "(Value error, not even), got 3"),
    ("box", {"b": {"content": "a"}}, "b.content: expected a valid integer"),
]


@pytest.mark.parametrize(("function", "arguments", "message"), WRONG, ids=lambda v: str(v)[:40])
def test_what_pydantic_refuses_is_named(
    host: RunningHost, function: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(Failed) as raised:
        host.call(function, **arguments)
    assert raised.value.code == "invalid-arguments"
    assert message in raised.value.message


def schemas(host: RunningHost, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    function = next(f for f in host.interface()["functions"] if f["name"] == name)
    return function["parameters"][0]["schema"], function["returns"]["schema"]


def test_models_are_described_by_pydantic(host: RunningHost) -> None:
    given, returned = schemas(host, "shape")
    assert given["$ref"] == "#/$defs/Shape"
    shape = given["$defs"]["Shape"]
    assert shape["title"] == "Shape"
    assert shape["required"] == ["mode", "points"]
    assert shape["additionalProperties"] is False
    properties = shape["properties"]
    assert properties["points"] == {"type": "array", "items": {"$ref": "#/$defs/Point"}}
    assert properties["layerIndex"] == {"type": "integer", "default": 3}
    assert properties["when"]["anyOf"][0] == {
        "type": "string",
        "format": "date-time",
        "x-python": "datetime",
    }
    assert properties["pair"]["x-python"] == "tuple"
    assert properties["names"]["x-python"] == "set"
    point = given["$defs"]["Point"]
    assert point["description"] == "A point."
    assert point["properties"]["x"] == {"type": "number", "minimum": 0, "description": "Along."}
    assert "size" not in properties
    assert "size" in returned["$defs"]["Shape"]["properties"]
    assert schemas(host, "nodes")[0]["$defs"]["Node"]["properties"]["children"]["items"] == {
        "$ref": "#/$defs/Node"
    }
    assert {"$ref": "#/$defs/Cat"} in schemas(host, "pet")[0]["anyOf"]
    assert set(schemas(host, "old")[0]["$defs"]) == {"Old", "OldInner"}


def test_a_field_that_json_cannot_describe_accepts_arrays(host: RunningHost) -> None:
    array = {"$seer": "array", "dtype": "int8", "shape": [1], "data": "AQ=="}
    assert host.call("held_array", {"array": array}) == "int8"
    with pytest.raises(Failed, match=r"h\.array: expected an instance of ndarray, got 3"):
        host.call("held_array", {"array": 3})
    described = schemas(host, "held_array")[0]["$defs"]["Held"]["properties"]["array"]
    assert described["anyOf"] == [{"x-python": "any"}, {"type": "null"}]


def test_types_of_one_name_are_told_apart(serve: Serve) -> None:
    host = serve(
        """
        from dataclasses import dataclass
        from pydantic import BaseModel

        class Holder:
            class Point(BaseModel):
                x: int

        class Outer(BaseModel):
            point: Holder.Point

        @dataclass
        class Point:
            y: int

        @expose
        def both(a: tuple[Outer, Point], b: tuple[Point, Outer]) -> list:
            return [a[0].point.x, a[1].y, b[0].y, b[1].point.x]
        """
    )
    function = host.interface()["functions"][0]
    for parameter in function["parameters"]:
        definitions = parameter["schema"]["$defs"]
        assert {"Outer", "Point", "Point2"} == set(definitions)
        for item in parameter["schema"]["prefixItems"]:
            definition = definitions[item["$ref"].removeprefix("#/$defs/")]
            if definition["title"] != "Outer":
                assert list(definition["properties"]) == ["y"]
    outer, point = {"point": {"x": 1}}, {"y": 2}
    assert host.call("both", [outer, point], [point, outer]) == [1, 2, 2, 1]


DEFAULTS: list[tuple[str, list[Any], Any]] = [
    ("field", [], [3, None]),
    ("field", [4, 5], [4, 5]),
    ("factory", [], [[1], {"a": 1, "b": 1}]),
    ("factory", [[0]], [[0, 1], {"a": 1, "b": 1}]),
    ("annotated", [], [3, 2]),
    ("of_dataclasses", [], [3, []]),
    ("of_v1", [], 3),
    ("positional", [1], [1, 2, 3, [], 4, {}]),
    ("positional", [1, 5, 6, 7], [1, 5, 6, [7], 4, {}]),
    ("made", [], "StringIO"),
    ("plain_object", [], "Settings"),
]


@pytest.mark.parametrize(("function", "arguments", "expected"), DEFAULTS)
def test_declared_defaults_are_used(
    host: RunningHost, function: str, arguments: list[Any], expected: Any
) -> None:
    # Twice, because a default that is changed must not stay changed.
    for _ in range(2):
        result = host.request("POST", f"/call/{function}", arguments).json["result"]
        assert result == expected


def test_declared_defaults_are_used_by_name(host: RunningHost) -> None:
    assert host.call("positional", a=1, d=9, x=8) == [1, 2, 3, [], 9, {"x": 8}]
    assert host.call("field", y=1) == [3, 1]


def test_declared_limits_and_absent_defaults_hold(host: RunningHost) -> None:
    for function, arguments, message in (
        ("field", {"x": -1}, "x: expected a whole number, at least 0, got -1"),
        ("annotated", {"x": 0}, "x: expected a whole number, at least 1, got 0"),
        ("of_v1", {"x": -1}, "at least 0"),
        ("required", {"y": 2}, "the argument 'x' is missing"),
        ("required", {"x": 1}, "the argument 'y' is missing"),
        ("required", {"x": 1, "y": 1}, "y: expected a whole number, more than 1, got 1"),
    ):
        with pytest.raises(Failed, match="invalid-arguments") as raised:
            host.call(function, **arguments)
        assert message in raised.value.message


def test_declared_defaults_are_described(host: RunningHost) -> None:
    functions = {f["name"]: f["parameters"] for f in host.interface()["functions"]}
    x, y = functions["field"]
    assert x == {
        "name": "x",
        "kind": "positional_or_keyword",
        "annotation": "int",
        "schema": {"type": "integer", "minimum": 0},
        "required": False,
        "description": "An x.",
        "default": 3,
        "defaultText": "3",
    }
    assert (y["default"], y["required"]) == (None, False)
    assert [p["required"] for p in functions["required"]] == [True, True]
    assert functions["factory"][0]["default"] == []
    assert functions["annotated"][1]["description"] == "A y."
    assert functions["made"][0]["defaultText"] == "StringIO()"
    assert "default" not in functions["made"][0]


@pytest.mark.parametrize(
    "parameter",
    ["x: int = Depends(load)", "x: Annotated[int, Depends(load)]", "*, x: int = Security(load, scopes=[])"],
)
def test_what_a_web_framework_fills_in_is_an_error(serve: Serve, parameter: str) -> None:
    with pytest.raises(Failed, match=r"f: the parameter 'x' needs a web framework to supply it") as raised:
        serve(
            f"""
            from dataclasses import dataclass
            from typing import Annotated, Any

            # As FastAPI has them.
            @dataclass(frozen=True)
            class Depends:
                dependency: Any = None
                use_cache: bool = True

            @dataclass(frozen=True)
            class Security(Depends):
                scopes: Any = None

            def load() -> int: return 1

            @expose
            def f({parameter}) -> int: return x
            """
        )
    assert raised.value.code == "load-failed"
    assert raised.value.error["hint"].startswith("Call the dependency inside the function")


def test_files_without_pydantic_do_not_import_it(serve: Serve) -> None:
    host = serve(
        """
        import sys
        from dataclasses import dataclass

        @dataclass
        class Point:
            x: int

        @expose
        def imported(p: Point, n: int = 1) -> list:
            return [name for name in sys.modules if name.startswith("pydantic")]
        """
    )
    assert host.call("imported", {"x": 1}) == []
