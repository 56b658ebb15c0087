"""Which heads induction needs, and how they reach one another: `python -m training.circuit`.

Shares of next words predicted rightly in the second occurrence of a segment, with something taken away.
"""

import random
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from training.corpus import repeated_segment
from training.evaluate import evaluate
from transformer import Array, Transformer, merge_heads

Part = Literal["query", "key", "value"]


def without_heads(model: Transformer, heads: list[tuple[int, int]]) -> Transformer:
    """The model with what these heads, `(layer, head)`, write into the residual stream set to zero."""
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    width = model.config.d_head
    for layer, head in heads:
        weights[f"layers.{layer}.output"][head * width : (head + 1) * width] = 0
    return replace(model, weights=weights)


def logits_hiding(model: Transformer, tokens: list[int], head: int, part: Part) -> Array:
    """The logits when one part of layer 1 does not see what one head of layer 0 wrote."""
    residual = model.forward(tokens).layers[1].residual
    hidden = without_heads(model, [(0, head)]).forward(tokens).layers[1].residual
    layer = replace(model.attend(1, residual), **{part: getattr(model.attend(1, hidden), part)})
    mixed = merge_heads(model.pattern(1, layer.query, layer.key) @ layer.value)
    return model.unembed(residual + mixed @ model.weights["layers.1.output"])


def accuracy_hiding(
    model: Transformer, head: int, part: Part, sequences: int = 100, seed: int = 1_000_003
) -> float:
    """The share of rightly predicted words, on the sequences that `evaluate` uses."""
    rng = random.Random(seed)
    correct: list[bool] = []
    for _ in range(sequences):
        tokens, _, second = repeated_segment(rng, model.config.n_positions)
        likeliest = logits_hiding(model, tokens, head, part).argmax(axis=-1)
        correct += [int(likeliest[at]) == tokens[at + 1] for at in range(second.start, second.stop - 1)]
    return float(np.mean(correct))


def main() -> None:
    model = Transformer.load(Path(__file__).parents[1] / "model" / "induction-2l")
    heads = [(layer, head) for layer in range(model.config.n_layers) for head in range(model.config.n_heads)]
    for removed in [*([head] for head in heads), [(1, 2), (1, 3)], [(1, 0), (1, 1)]]:
        names = " and ".join(f"L{layer}H{head}" for layer, head in removed)
        print(f"without {names:13} {evaluate(without_heads(model, removed)).second_accuracy:6.1%}")
    parts: tuple[Part, ...] = ("query", "key", "value")
    for head in range(model.config.n_heads):
        shares = "  ".join(f"{part} {accuracy_hiding(model, head, part):6.1%}" for part in parts)
        print(f"L0H{head} hidden from  {shares}")


if __name__ == "__main__":
    main()
