"""Training follows true gradients and does the same thing twice."""

import numpy as np
import pytest

from train import CONFIG, initialise, train
from training.backprop import loss_and_gradients
from training.corpus import VOCABULARY
from transformer import Config, Transformer

TINY = Config("tiny", n_layers=2, n_heads=2, d_model=8, d_head=4, n_positions=9, vocab_size=len(VOCABULARY))


@pytest.mark.parametrize("name", initialise(TINY, seed=0).weights)
def test_gradients_match_finite_differences(name: str) -> None:
    model = initialise(TINY, seed=0)
    weights = model.weights
    for key, weight in weights.items():
        weights[key] = weight.astype(np.float64)
    rng = np.random.default_rng(1)
    batch = rng.integers(0, TINY.vocab_size, (3, TINY.n_positions))
    _, gradients = loss_and_gradients(model, batch)

    direction = rng.standard_normal(weights[name].shape)
    origin, step = weights[name], 1e-5
    weights[name] = origin + step * direction
    above, _ = loss_and_gradients(model, batch)
    weights[name] = origin - step * direction
    below, _ = loss_and_gradients(model, batch)
    assert (gradients[name] * direction).sum() == pytest.approx((above - below) / (2 * step), rel=1e-5)


def test_a_seed_decides_the_weights() -> None:
    one, two, other = (_trained(seed) for seed in (3, 3, 4))
    assert all(np.array_equal(one.weights[name], two.weights[name]) for name in one.weights)
    assert not np.array_equal(one.weights["embed"], other.weights["embed"])


def _trained(seed: int) -> Transformer:
    model = initialise(CONFIG, seed)
    for _ in train(model, 5, seed):
        pass
    return model
