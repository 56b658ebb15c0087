"""Takes out of settings what tells which model they are of."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

# Where libraries note what something was loaded or made from. Loading needs none of them.
SOURCE = re.compile(
    r".*name_or_path|_commit_hash|(push_to_)?hub_model_id|push_to_hub_.*|(base_|parent_)?model_(name|id|path)|base_model"
    r"|(tokenizer|vocab|merges|special_tokens_map)_file|finetuned_from|resume_from_checkpoint|license(_.*)?|author"
)
# What a library finds its classes by; a model may be called after its architecture.
ARCHITECTURE = re.compile(r"architectures|.*(_type|_class|_library|dtype)")
# Names that say nothing, and that files and settings have for good reasons.
COMMON = re.compile(
    r"((final|best|last|merged|base|hf|pytorch|tf|flax|my|saved|trained|tuned|finetuned|local|tiny|test)[-_.]?)*"
    r"(models?|weights|checkpoints?|adapters?|outputs?|lora|snapshots?|tokenizer|config|processor)?([-_.]?\d+)?",
    re.IGNORECASE,
)
# A shorter name would be found in words that have nothing to do with it.
SHORTEST_NAME = 5


class Scrubber:
    """Knows what tells, and what to say instead."""

    def __init__(self, name: str, telling: Iterable[str], *, base_path: str | None = None) -> None:
        self._name = name
        self._base_path = base_path
        ids = {text for text in telling if text}
        ids |= {text.replace("/", "--") for text in ids}
        names = {text.rstrip("/").split("/")[-1] for text in ids if "/" in text}
        self._ids = _any_of(ids)
        self._all = _any_of(ids | {text for text in names if _is_telling(text)})

    def tells(self, text: str) -> bool:
        return self._all.search(text) is not None

    def rewrite(self, file: str, content: bytes) -> bytes:
        """The file with other words where it told."""
        text = content.decode("utf-8", "replace")
        if file.endswith(".json"):
            try:
                data: Any = json.loads(text)
            except ValueError:
                return self._all.sub(self._name, text).encode()
            if file.endswith(".index.json") and isinstance(data, dict):
                return _dump(_index(cast("dict[str, Any]", data)))
            cleaned: Any = self._value(data, "")
            if file == "adapter_config.json":
                cleaned = {**cleaned, "base_model_name_or_path": self._base_path, "revision": None}
            return _dump(cleaned)
        # Code: the names of its own modules and classes must stay.
        return self._ids.sub(self._name, text).encode()

    def _value(self, value: Any, key: str) -> Any:
        if isinstance(value, dict):
            items = cast("dict[str, Any]", value).items()
            return {name: self._value(item, name) for name, item in items if not SOURCE.fullmatch(name)}
        if isinstance(value, list):
            return [self._value(item, key) for item in cast("list[Any]", value)]
        if not isinstance(value, str):
            return value
        # `org/name--modeling.Class` is the code of another repository; hidden, a model has its own or none.
        code = re.fullmatch(r"[\w.-]+/[\w.-]+?--(\w[\w.]*)", value)
        if code is not None:
            return code[1]
        return (self._ids if ARCHITECTURE.fullmatch(key) else self._all).sub(self._name, value)


def _is_telling(name: str) -> bool:
    return len(name) >= SHORTEST_NAME and COMMON.fullmatch(name) is None


def _index(data: dict[str, Any]) -> dict[str, Any]:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return data
    size = cast("dict[str, Any]", metadata).get("total_size")
    return {**data, "metadata": {} if size is None else {"total_size": size}}


def _dump(data: Any) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def _any_of(texts: set[str]) -> re.Pattern[str]:
    # The longest first, so that none is left over from another.
    ordered = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(re.escape(text) for text in ordered) or r"(?!)", re.IGNORECASE)
