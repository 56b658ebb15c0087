"""A small attention-only transformer in numpy, which keeps everything an interpretability tool asks for.

Shapes: `...` is any number of batch axes, `n` positions, `d` the model width, `h` heads, `k` a head's width,
`v` the vocabulary. Everything is float32 as loaded; the code itself follows the dtype of the weights.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

Array = NDArray[np.floating[Any]]
Weights = dict[str, Array]

BOS = "<bos>"
_EPSILON = 1e-5


@dataclass(frozen=True)
class Config:
    """The numbers that fix the architecture, as in `config.json`."""

    name: str
    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    n_positions: int
    vocab_size: int


class Tokenizer:
    """Words and punctuation marks as tokens; what is not in the vocabulary is an error."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self._ids = {word: index for index, word in enumerate(words)}

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`, which always begin with `<bos>`."""
        words: list[str] = re.findall(r"\w+|[^\w\s]", text.lower())
        unknown = list(dict.fromkeys(word for word in words if word not in self._ids))
        if unknown:
            raise ValueError(f"not in the vocabulary: {', '.join(map(self._describe_unknown, unknown))}")
        return [self._ids[BOS], *(self._ids[word] for word in words)]

    def decode(self, tokens: list[int]) -> str:
        """The text of `tokens`, without `<bos>`."""
        text = " ".join(self.words[token] for token in tokens if self.words[token] != BOS)
        return re.sub(r" (?=[.,])", "", text)

    def _describe_unknown(self, word: str) -> str:
        near = difflib.get_close_matches(word, self._ids.keys() - {BOS}, n=1, cutoff=0.65)
        return f"{word!r} (nearest: {near[0]!r})" if near else repr(word)


@dataclass(frozen=True)
class LayerTrace:
    """What one attention layer computed."""

    residual: Array  # (..., n, d), as it enters the layer
    normed: Array  # (..., n, d)
    query: Array  # (..., h, n, k)
    key: Array  # (..., h, n, k)
    value: Array  # (..., h, n, k)
    pattern: Array  # (..., h, n, n), rows are the attending positions and sum to one
    mixed: Array  # (..., n, h * k), the values each head gathered


@dataclass(frozen=True)
class Trace:
    """One forward pass."""

    layers: list[LayerTrace]
    residual: Array  # (..., n, d), after the last layer
    normed: Array  # (..., n, d), what the unembedding reads
    logits: Array  # (..., n, v)

    @property
    def residual_stream(self) -> list[Array]:
        """The residual stream before each layer and after the last one."""
        return [*(layer.residual for layer in self.layers), self.residual]


@dataclass(frozen=True)
class Transformer:
    """Weights with the numbers and the vocabulary that give them meaning."""

    config: Config
    weights: Weights
    tokenizer: Tokenizer

    @classmethod
    def load(cls, directory: str | Path) -> Transformer:
        """Reads `config.json`, `vocab.json` and `model.safetensors` from `directory`."""
        directory = Path(directory)
        config = Config(**json.loads((directory / "config.json").read_text()))
        words = json.loads((directory / "vocab.json").read_text())
        weights = cast("Weights", load_file(directory / "model.safetensors"))
        return cls(config, weights, Tokenizer(words))

    @property
    def parameter_count(self) -> int:
        return sum(weight.size for weight in self.weights.values())

    def forward(self, tokens: list[int] | NDArray[np.integer[Any]]) -> Trace:
        """Runs the model on token ids of shape `(..., n)`."""
        ids: NDArray[np.integer[Any]] = np.asarray(tokens)
        n = ids.shape[-1]
        if n > self.config.n_positions:
            raise ValueError(f"{n} tokens do not fit in the context of {self.config.n_positions}")

        residual = self.weights["embed"][ids]
        layers: list[LayerTrace] = []
        for index in range(self.config.n_layers):
            layers.append(self.attend(index, residual))
            residual = residual + layers[-1].mixed @ self.weights[f"layers.{index}.output"]
        return Trace(layers, residual, rms_norm(residual), self.unembed(residual))

    def attend(self, index: int, residual: Array) -> LayerTrace:
        """What layer `index` computes from the residual stream before it."""
        normed = rms_norm(residual)
        query, key, value = (
            split_heads(normed @ self.weights[f"layers.{index}.{name}"], self.config.n_heads)
            for name in ("query", "key", "value")
        )
        pattern = self.pattern(index, query, key)
        return LayerTrace(residual, normed, query, key, value, pattern, merge_heads(pattern @ value))

    def pattern(self, index: int, query: Array, key: Array) -> Array:
        """Where layer `index` looks, `(..., h, n, n)`."""
        back = distances(query.shape[-2])
        scores = query @ key.swapaxes(-1, -2) * self.config.d_head**-0.5
        # Position enters only here, as each head's taste for distance: the residual stream is about words.
        scores = scores + self.weights[f"layers.{index}.distance"][:, back]
        return softmax(np.where(back >= 0, scores, -np.inf))

    def unembed(self, residual: Array) -> Array:
        """The logits, `(..., n, v)`, of a final residual stream."""
        return rms_norm(residual) @ self.weights["unembed"]


def distances(n: int) -> NDArray[np.int64]:
    """How far back each column lies from each row, `(n, n)`; what lies ahead is negative."""
    return np.arange(n)[:, None] - np.arange(n)


def rms_norm(x: Array) -> Array:
    """Scales each vector to a root mean square of one; a learned gain would fold into the next matrix."""
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + _EPSILON)


def softmax(x: Array) -> Array:
    exponents = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)


def split_heads(x: Array, n_heads: int) -> Array:
    """`(..., n, h * k)` to `(..., h, n, k)`."""
    return x.reshape(*x.shape[:-1], n_heads, -1).swapaxes(-2, -3)


def merge_heads(x: Array) -> Array:
    """`(..., h, n, k)` to `(..., n, h * k)`."""
    x = x.swapaxes(-2, -3)
    return x.reshape(*x.shape[:-2], -1)
