"""Runs an interface file in a process that `multiprocessing` has spawned, where nothing is served.

It is run by its path, with nothing of the host importable.
"""

from __future__ import annotations

import json
import os
from typing import Any

_interface: dict[str, Any] = json.loads(os.environ["SEER_INTERFACE"])


class _Expose:
    class Ref:
        def __class_getitem__(cls, hint: Any) -> Any:
            return hint

    def __call__(self, function: Any = None, /, **_: Any) -> Any:
        return self if function is None else function

    def progress(self, *_: Any, **__: Any) -> None:
        pass

    def ref(self, value: Any) -> Any:
        return value


def _models() -> dict[str, str]:
    return {model["name"]: model["path"] for model in _interface["models"]}


expose = _Expose()
get_model_path = _models().__getitem__
list_configured_models = list(_models()).copy
__file__ = _interface["file"]
__doc__ = None
with open(__file__, "rb") as _source:
    _code = compile(_source.read(), __file__, "exec", dont_inherit=True)
exec(_code)
