"""Signatures as research code has them. `signatures.json` is how they are described to callers."""
# `expose` is given to the file by the host, and what the functions do is of no interest here.
# ruff: noqa: F821, ANN001, ANN201, ANN202, ANN401, ARG001, B006, UP006, UP007, UP045, UP035, RUF012, D
# pyright: basic, reportUndefinedVariable=false, reportReturnType=false

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import math
import typing
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, Generic, List, Literal, NamedTuple, NewType, Optional, Tuple
from typing import TypedDict, TypeVar, Union

if TYPE_CHECKING:
    import numpy as np
    import torch
    from jaxtyping import Float
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedTokenizer

T = TypeVar("T")
Number = TypeVar("Number", int, float)
Layer = NewType("Layer", int)
Tokens = List[int]


class Ge:
    def __init__(self, ge: float) -> None:
        self.ge = ge


class Interval:
    def __init__(self, *, ge: float, lt: float, description: str = "") -> None:
        self.ge = ge
        self.lt = lt
        self.description = description


class Length:
    def __init__(self, min_length: int, max_length: int) -> None:
        self.min_length = min_length
        self.max_length = max_length


class Pattern:
    pattern = "^[a-z]+$"


class Pooling(enum.Enum):
    """How token vectors become one."""

    MEAN = "mean"
    LAST = "last"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Marker(enum.Enum):
    START = object()
    END = object()


@dataclass
class Point:
    x: float
    y: float = 0.0


@dataclass
class Steering:
    """A vector to add to the residual stream."""

    layer: int
    vector: list[float]
    scale: float = 1.0
    tags: list[str] = field(default_factory=list)
    pooling: Pooling = Pooling.MEAN
    origin: Optional[Point] = None


@dataclass
class Tree:
    label: str
    children: list[Tree] = field(default_factory=list)


@dataclass
class Pair(Generic[T]):
    first: T
    second: T


class Message(TypedDict):
    role: Literal["user", "assistant"]
    content: str


class Options(TypedDict, total=False):
    temperature: float
    stop: list[str]
    seed: typing.Required[int] if hasattr(typing, "Required") else int


class Span(NamedTuple):
    start: int
    end: int
    label: str = "none"


@expose
def no_parameters() -> None:
    """Does nothing."""


@expose
def plain(text: str, count: int, rate: float, flag: bool) -> str: ...


@expose
def defaults(text: str = "a 'quoted' \"text\"", count: int = -3, rate: float = 0.1, flag: bool = True) -> str: ...


@expose
def default_none(text: str = None, items: Optional[list[int]] = None) -> str: ...


@expose
def default_infinite(limit: float = math.inf, low: float = -math.inf, missing: float = math.nan) -> float: ...


@expose
def default_containers(a: list = [1, 2], b: dict = {"k": [None, True]}, c: tuple = (1, "x"), d: set = set()) -> list: ...


@expose
def default_enum(pooling: Pooling = Pooling.LAST) -> str: ...


@expose
def default_object(start: datetime.date = datetime.date(2026, 1, 2), where: Path = Path("/tmp/x")) -> str: ...


@expose
def default_sentinel(value: Any = ...) -> str: ...


@expose
def keyword_only(text: str, *, layer: int, position: int = -1) -> dict: ...


@expose
def positional_only(a: int, b: int = 2, /, c: int = 3) -> int: ...


@expose
def variadic(first: str, *rest: int, sep: str = ",", **options: float) -> str: ...


@expose
def bare_containers(a: list, b: dict, c: tuple, d: set, e: frozenset) -> list: ...


@expose
def typed_containers(a: list[int], b: dict[str, float], c: set[str], d: frozenset[int]) -> dict[str, list[int]]: ...


@expose
def old_containers(a: List[int], b: Dict[str, List[float]], c: Tuple[int, str], d: List) -> List[Dict[str, int]]: ...


@expose
def nested(a: list[list[dict[str, tuple[int, float]]]]) -> dict[str, dict[str, list[Optional[int]]]]: ...


@expose
def tuples(a: tuple[int, str, float], b: tuple[int, ...], c: tuple[()]) -> tuple[str, int]: ...


@expose
def abstract(a: Sequence[int], b: Iterable[str], c: Mapping[str, int]) -> Sequence[float]: ...


@expose
def collections_(a: collections.deque[int], b: collections.OrderedDict[str, int], c: collections.Counter[str]) -> int: ...


@expose
def number_keys(a: dict[int, str], b: dict[tuple[int, int], float]) -> dict[int, list[str]]: ...


@expose
def optional(a: Optional[int], b: Optional[str] = None, c: int | None = 3) -> Optional[float]: ...


@expose
def unions(a: Union[int, str], b: int | list[int], c: Union[str, None, float] = None) -> str | list[str]: ...


@expose
def literals(a: Literal["mean", "last"], b: Literal[1, 2, 3] = 2, c: Literal["only"] = "only") -> Literal[True, None]: ...


@expose
def literal_or_int(layers: Literal["all"] | list[int] = "all") -> int: ...


@expose
def enums(pooling: Pooling, level: Level, marker: Marker) -> Pooling: ...


@expose
def a_dataclass(steering: Steering) -> Point: ...


@expose
def list_of_dataclasses(points: list[Point], named: dict[str, Point]) -> list[Steering]: ...


@expose
def recursive(tree: Tree) -> Tree: ...


@expose
def generic_dataclass(pair: Pair[int]) -> Pair[Point]: ...


@expose
def typed_dicts(messages: list[Message], options: Options) -> Message: ...


@expose
def named_tuple(span: Span, spans: list[Span]) -> Span: ...


@expose
def annotated(layer: Annotated[int, Ge(0)], scale: Annotated[float, Interval(ge=0, lt=1, description="How much.")]) -> float: ...


@expose
def annotated_text(name: Annotated[str, Pattern()], short: Annotated[str, Length(1, 8)], doc: Annotated[str, "What it is."]) -> str: ...


@expose
def annotated_list(items: Annotated[list[int], Length(1, 3)], each: list[Annotated[int, Ge(1)]]) -> list[int]: ...


@expose
def optional_annotated(layer: Optional[Annotated[int, Ge(0)]] = None) -> int: ...


@expose
def times(at: datetime.datetime, day: datetime.date, time: datetime.time, long: datetime.timedelta) -> datetime.datetime: ...


@expose
def texts(path: Path, identifier: uuid.UUID, price: decimal.Decimal) -> Path: ...


@expose
def binary(data: bytes, more: bytearray) -> bytes: ...


@expose
def complex_number(z: complex) -> complex: ...


@expose
def anything(value: Any, thing: object) -> Any: ...


@expose
def type_variables(value: T, number: Number) -> T: ...


@expose
def new_type(layer: Layer, tokens: Tokens) -> Layer: ...


@expose
def numpy_array(array: np.ndarray) -> np.ndarray: ...


@expose
def numpy_typing(array: NDArray[np.float32]) -> NDArray[np.float64]: ...


@expose
def numpy_generic(array: "np.ndarray[tuple[int, int], np.dtype[np.float32]]") -> float: ...


@expose
def torch_tensor(tensor: torch.Tensor, same: Tensor) -> torch.Tensor: ...


@expose
def jaxtyping_tensor(hidden: Float[Tensor, "batch seq hidden"]) -> Float[torch.Tensor, "batch"]: ...


@expose
def optional_tensor(tensor: Optional[torch.Tensor] = None, several: list[torch.Tensor] | None = None) -> dict[str, Tensor]: ...


@expose
def only_for_type_checkers(tokenizer: PreTrainedTokenizer, several: list[PreTrainedTokenizer]) -> PreTrainedTokenizer: ...


@expose
def by_reference(model: expose.Ref[Tree], tensor: expose.Ref[torch.Tensor]) -> expose.Ref[Tree]: ...


@expose
def quoted(a: "int", b: "Optional[Point]" = None, c: List["Point"] = []) -> "list[Span]": ...


@expose
def a_stream(prompt: str, max_tokens: int = 50) -> Iterator[str]:
    """Generates text, token by token."""
    yield prompt


@expose
def an_untyped_stream(count: int) -> list:
    yield count


@expose
async def asynchronous(text: str) -> str: ...


@expose
async def an_async_stream(count: int) -> AsyncIterator[dict[str, int]]:
    yield {"count": count}


@expose(concurrency=4)
def beside_each_other(url: str) -> str: ...


@expose
def google_style(text: str, layer: int, *rest: str, **options: float) -> dict:
    """Gets an embedding.

    The longer description
    has two lines.

    Args:
        text (str): The text to embed. It may
            span lines.
        layer: Which layer; `-1` is the last.
        *rest: More texts.
        **options: Passed on.

    Returns:
        dict: The embedding: a list of floats.

    Raises:
        ValueError: If there is no such layer.
    """


@expose
def numpy_style(batch: int, other: int, text: str = "x") -> float:
    """Compares texts.

    Parameters
    ----------
    batch, other : int
        Two numbers.
    text : str, optional
        The text,
        over two lines.

    Returns
    -------
    float
        The similarity.

    Notes
    -----
    It is cosine similarity.
    """


@expose
def sphinx_style(text: str, layer: int = 0) -> list[float]:
    """Gets logits.

    :param text: The text.
    :type text: str
    :param int layer: The layer, where a long
        text goes on.
    :returns: The logits.
    :raises ValueError: Never.
    """


@expose
def odd_docstring(prompt: str) -> str:
    '''A "quoted" text with \'\'\'three\'\'\' quotes, a \\ backslash, {braces} and ünïcode: 模型.'''


@expose
def keywords(fn_name: str, self: int, id: int, type: str, None_: float = 0.0) -> dict:
    """Parameter names that clash with what generated code might use."""


@expose
def ünïcode(größe: int) -> int: ...
