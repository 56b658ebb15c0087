"""How well a model does induction, on random sequences that it was not trained on."""

import random
from dataclasses import dataclass

import numpy as np

from training.corpus import repeated_segment
from transformer import Array, Transformer, softmax


@dataclass(frozen=True)
class Report:
    """Means over held-out sequences, without the first token of an occurrence: nothing predicts it."""

    first_loss: float
    second_loss: float
    second_accuracy: float
    induction: Array  # (layers, heads), mean attention to the token after the earlier occurrence
    previous_token: Array  # (layers, heads), mean attention to the token just before


def evaluate(model: Transformer, sequences: int = 100, seed: int = 1_000_003) -> Report:
    rng = random.Random(seed)
    losses: tuple[list[float], list[float]] = ([], [])
    correct: list[bool] = []
    induction: list[Array] = []
    previous: list[Array] = []
    for _ in range(sequences):
        tokens, first, second = repeated_segment(rng, model.config.n_positions)
        trace = model.forward(tokens)
        pattern = np.stack([layer.pattern for layer in trace.layers])
        for losses_of, where in zip(losses, (first, second), strict=True):
            targets = range(where.start + 1, where.stop)
            losses_of += [-float(np.log(softmax(trace.logits[at - 1])[tokens[at]])) for at in targets]
        for at in range(second.start, second.stop - 1):
            correct.append(int(trace.logits[at].argmax()) == tokens[at + 1])
            induction.append(pattern[:, :, at, at - second.start + first.start + 1])
        at = np.arange(1, len(tokens))
        previous.append(pattern[:, :, at, at - 1].mean(axis=-1))
    return Report(
        float(np.mean(losses[0])),
        float(np.mean(losses[1])),
        float(np.mean(correct)),
        np.mean(induction, axis=0),
        np.mean(previous, axis=0),
    )


def describe(report: Report) -> str:
    """The report as lines of text."""
    lines = [
        f"loss on the first occurrence   {report.first_loss:.3f}",
        f"loss on the second occurrence  {report.second_loss:.3f}",
        f"accuracy on the second         {report.second_accuracy:.1%}",
        "head   induction  previous token",
    ]
    for layer, head in np.ndindex(report.induction.shape):
        scores = f"{report.induction[layer, head]:9.2f}  {report.previous_token[layer, head]:14.2f}"
        lines.append(f"L{layer}H{head}   {scores}")
    return "\n".join(lines)
