"""Replaces a model's names in settings and code."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any, cast

from seer_tools.hidden.code import scrub_code
from seer_tools.hidden.failure import CannotAnonymize
from seer_tools.hidden.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

# Settings in which libraries record where a model came from. Loading needs none of them.
PROVENANCE = re.compile(
    r".*name_or_path|_commit_hash|(push_to_)?hub_model_id|push_to_hub_.*|(base_|parent_)?model_(name|id|path)|base_model"
    r"|(tokenizer|vocab|merges|special_tokens_map)_file|finetuned_from|resume_from_checkpoint|license(_.*)?|author"
)
# Settings by which libraries choose classes; a model may be named after its architecture.
ARCHITECTURE = re.compile(r"architectures|.*(_type|_class|_library|dtype)")
# The standard keys of `tokenizer.json`.
TOKENIZER = {
    *("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer"),
    *("post_processor", "decoder", "model"),
}


class Scrubber:
    """Replaces a model's identifiers with `name`."""

    def __init__(
        self,
        name: str,
        identifiers: Iterable[str],
        *,
        base_path: str | None = None,
        architectures: Iterable[str] = (),
    ) -> None:
        self._name = name
        self._identifiers = [*identifiers]
        self._base_path = base_path
        self.names = Names(self._identifiers, architectures)

    def with_architectures(self, architectures: Iterable[str]) -> Scrubber:
        """A copy that keeps these architecture names."""
        return Scrubber(self._name, self._identifiers, base_path=self._base_path, architectures=architectures)

    def identifies(self, text: str) -> bool:
        return self.names.all.search(text) is not None

    def rewrite(self, file: str, content: bytes) -> bytes:
        """The file's content with all names replaced."""
        if file.endswith(".py"):
            return scrub_code(file, content, self.names, self._name)
        text = decoded(content)
        if not file.endswith(".json"):
            return self.names.all.sub(self._name, text).encode()
        try:
            data: Any = json.loads(text)
        except ValueError:
            return self.names.all.sub(self._name, text).encode()
        if file.endswith(".index.json") and isinstance(data, dict):
            return _dump(_index(cast("dict[str, Any]", data)))
        cleaned: Any = self._value(data, "")
        if file == "adapter_config.json":
            cleaned = {**cleaned, "base_model_name_or_path": self._base_path, "revision": None}
        return _dump(cleaned)

    def rewrite_tokenizer(self, content: bytes) -> bytes:
        """`tokenizer.json` with only its standard keys; tokens are not changed."""
        try:
            data: Any = json.loads(decoded(content))
        except ValueError:
            return content
        if not isinstance(data, dict):
            return content
        items = cast("dict[str, Any]", data).items()
        kept = {key: value for key, value in items if key in TOKENIZER}
        return json.dumps(kept, ensure_ascii=False).encode()

    def _value(self, value: Any, key: str) -> Any:
        if isinstance(value, dict):
            cleaned: dict[str, Any] = {}
            for name, item in cast("dict[str, Any]", value).items():
                if PROVENANCE.fullmatch(name):
                    continue
                new = self.names.all.sub(self._name, name)
                if new in cleaned:
                    raise CannotAnonymize(
                        f"replacing the model's name would give two settings the same name, {new}"
                    )
                cleaned[new] = self._value(item, name)
            return cleaned
        if isinstance(value, list):
            return [self._value(item, key) for item in cast("list[Any]", value)]
        if not isinstance(value, str):
            return value
        # `org/name--modeling.Class` is code in another repository; an anonymized model contains its own.
        code = re.fullmatch(r"[\w.-]+/[\w.-]+?--(\w[\w.]*)", value) if "--" in value else None
        if code is not None:
            return code[1]
        pattern = self.names.ids if ARCHITECTURE.fullmatch(key) else self.names.all
        return pattern.sub(self._name, value)


def decoded(content: bytes) -> str:
    """Decodes by the byte order mark, else as UTF-8."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    return content.decode("utf-8", "replace")


def architectures_in(config: Any) -> list[str]:
    """All architecture names in a config."""
    if isinstance(config, list):
        return [found for item in cast("list[Any]", config) for found in architectures_in(item)]
    if not isinstance(config, dict):
        return []
    found: list[str] = []
    for key, value in cast("dict[str, Any]", config).items():
        if ARCHITECTURE.fullmatch(key):
            values = cast("list[Any]", value) if isinstance(value, list) else [value]
            found += [item for item in values if isinstance(item, str)]
        else:
            found += architectures_in(value)
    return found


def _index(data: dict[str, Any]) -> dict[str, Any]:
    metadata = data.get("metadata")
    size = cast("dict[str, Any]", metadata).get("total_size") if isinstance(metadata, dict) else None
    return {
        "metadata": {} if size is None else {"total_size": size},
        **({"weight_map": data["weight_map"]} if "weight_map" in data else {}),
    }


def _dump(data: Any) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
