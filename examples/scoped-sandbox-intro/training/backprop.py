"""The backward pass of `transformer.Transformer`, written by hand so that training needs numpy alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer import (
    Array,
    LayerTrace,
    Transformer,
    Weights,
    merge_heads,
    rms_norm,
    softmax,
    split_heads,
)


def loss_and_gradients(model: Transformer, batch: NDArray[np.integer[Any]]) -> tuple[float, Weights]:
    """Mean next-token cross-entropy of `batch`, shape `(b, n)`, and its gradient for every weight."""
    inputs, targets = batch[:, :-1], batch[:, 1:]
    trace = model.forward(inputs)

    d_logits = softmax(trace.logits)
    row, column = np.indices(targets.shape)
    at_target = (row, column, targets)
    loss = -float(np.log(d_logits[at_target]).mean())
    d_logits[at_target] -= 1
    d_logits = d_logits / targets.size

    gradients: Weights = {
        "unembed": _weight_gradient(trace.normed, d_logits),
        "embed": np.zeros_like(model.weights["embed"]),
    }
    d_residual = _through_norm(trace.residual, d_logits @ model.weights["unembed"].T)
    for index in reversed(range(model.config.n_layers)):
        d_residual = d_residual + _layer(model, index, trace.layers[index], d_residual, gradients)

    np.add.at(gradients["embed"], inputs, d_residual)
    return loss, gradients


def _layer(model: Transformer, index: int, layer: LayerTrace, d_out: Array, gradients: Weights) -> Array:
    """Adds the gradients of one layer's weights; returns what flows back into its input."""
    name = f"layers.{index}"
    gradients[f"{name}.output"] = _weight_gradient(layer.mixed, d_out)
    d_mixed = split_heads(d_out @ model.weights[f"{name}.output"].T, model.config.n_heads)

    d_pattern = d_mixed @ layer.value.swapaxes(-1, -2)
    d_scores = layer.pattern * (d_pattern - (d_pattern * layer.pattern).sum(axis=-1, keepdims=True))
    gradients[f"{name}.distance"] = _distance_gradient(model.weights[f"{name}.distance"], d_scores)
    d_scores = d_scores * model.config.d_head**-0.5
    d_heads = {
        "query": d_scores @ layer.key,
        "key": d_scores.swapaxes(-1, -2) @ layer.query,
        "value": layer.pattern.swapaxes(-1, -2) @ d_mixed,
    }

    d_normed = np.zeros_like(layer.normed)
    for part, d_head in d_heads.items():
        d_merged = merge_heads(d_head)
        gradients[f"{name}.{part}"] = _weight_gradient(layer.normed, d_merged)
        d_normed += d_merged @ model.weights[f"{name}.{part}"].T
    return _through_norm(layer.residual, d_normed)


def _weight_gradient(x: Array, d_out: Array) -> Array:
    """The gradient of `w` in `out = x @ w`."""
    return x.reshape(-1, x.shape[-1]).T @ d_out.reshape(-1, d_out.shape[-1])


def _distance_gradient(weight: Array, d_scores: Array) -> Array:
    gradient = np.zeros_like(weight)
    total = d_scores.sum(axis=0)
    for back in range(total.shape[-1]):
        gradient[:, back] = total.diagonal(-back, axis1=-2, axis2=-1).sum(axis=-1)
    return gradient


def _through_norm(x: Array, d_normed: Array) -> Array:
    normed = rms_norm(x)
    # rms_norm only rescales, so its scale is recovered from what it did to the squares.
    scale = np.sqrt((normed * normed).sum(-1, keepdims=True) / (x * x).sum(-1, keepdims=True))
    return scale * (d_normed - normed * (d_normed * normed).mean(axis=-1, keepdims=True))
