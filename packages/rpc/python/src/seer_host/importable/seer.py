"""The three names that Seer defines in interface files: `expose`, `get_model_path`, `list_configured_models`.

A served file has them without an import. `from seer import expose` gives editors their types, and allows
running or testing the file without serving it: `expose` then changes nothing, and `get_model_path` reads the
environment. This module is one file without dependencies, which can be copied next to an interface file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, overload

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, KeysView, ValuesView

__all__ = ["expose", "get_model_path", "list_configured_models"]

_F = TypeVar("_F", bound="Callable[..., Any]")
_MODELS = "SEER_MODELS"
"""The environment variable with the configured models: a JSON object of paths by name."""


class RefMarker:
    """Marks the type hint of an object that stays in the sandbox."""


class RefHint:
    """`expose.Ref[T]`: a `T` that is passed by reference; `expose.Ref` for an object of any type."""

    def __getitem__(self, hint: Any) -> Any:
        return Annotated[hint, RefMarker()]


class Expose:
    """Marks functions to serve, and returns them unchanged."""

    Ref = RefHint()

    @overload
    def __call__(self, function: _F, /, *, name: str | None = None, concurrency: int = 1) -> _F: ...
    @overload
    def __call__(self, /, *, name: str | None = None, concurrency: int = 1) -> Callable[[_F], _F]: ...
    def __call__(self, function: Any = None, /, *, name: str | None = None, concurrency: int = 1) -> Any:
        """Serves a function under its own name or `name`, with up to `concurrency` calls at once."""
        return self if function is None else function

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Reports the progress of the call to the caller."""

    def ref(self, value: Any) -> Any:
        """Returns a result as a reference; the object stays in the sandbox."""
        return value

    def __reduce__(self) -> str:
        return "expose"


class ConfiguredModels(list[str]):
    """The names of the configured models, as a list; also a mapping from each name to the model's directory.

    >>> models = ConfiguredModels({"google/gemma-2-9b": "/models/google--gemma-2-9b"})
    >>> models[0], models["google/gemma-2-9b"]
    ('google/gemma-2-9b', '/models/google--gemma-2-9b')
    >>> dict(models)
    {'google/gemma-2-9b': '/models/google--gemma-2-9b'}
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        super().__init__(paths)
        self._paths = dict(paths)

    def __getitem__(self, key: Any) -> Any:
        """For a name, the model's directory; for an index, the name."""
        return self._paths[key] if isinstance(key, str) else cast("Any", [*self._paths])[key]

    def __eq__(self, other: object) -> bool:
        return self._paths == other if isinstance(other, Mapping) else super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return ConfiguredModels, (self._paths,)

    def get(self, name: str, default: Any = None) -> Any:
        return self._paths.get(name, default)

    def keys(self) -> KeysView[str]:
        return self._paths.keys()

    def values(self) -> ValuesView[str]:
        return self._paths.values()

    def items(self) -> ItemsView[str, str]:
        return self._paths.items()


def get_model_path(name: str) -> str:
    """The directory of a configured model's weights.

    If no models are configured, as on your own machine, returns the variable `MODEL_<NAME>_PATH` or else the
    name itself, which libraries such as transformers accept as the ID of a model on the hub.
    """
    models = _configured()
    if models is None:
        variable = "MODEL_" + re.sub("[^A-Z0-9]", "_", name.upper()) + "_PATH"
        return os.environ.get(variable, name)
    if name not in models:
        names = ", ".join(map(repr, models)) or "none"
        raise ValueError(f"no model {name!r} is configured; configured are: {names}")
    return models[name]


def list_configured_models() -> ConfiguredModels:
    """The names of the configured models, in order; also a mapping from each to its directory."""
    return ConfiguredModels(_configured() or {})


def configure(models: Iterable[Mapping[str, str]]) -> None:
    """Sets the configured models, in this process and in those that it starts."""
    os.environ[_MODELS] = json.dumps({model["name"]: model["path"] for model in models})


def _configured() -> dict[str, str] | None:
    text = os.environ.get(_MODELS)
    return None if text is None else json.loads(text)


expose = Expose()
