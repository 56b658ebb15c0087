"""Trains the model in `model/` from scratch: `python train.py`, numpy and safetensors only, on one core.

The same seed gives the same weights on the same machine and numpy build; elsewhere rounding may differ.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file  # pyright: ignore[reportUnknownVariableType]

from training.backprop import loss_and_gradients
from training.corpus import VOCABULARY, sample_document
from training.evaluate import describe, evaluate
from transformer import Config, Tokenizer, Transformer, Weights

CONFIG = Config(
    name="induction-2l",
    n_layers=2,
    n_heads=4,
    d_model=64,
    d_head=16,
    n_positions=64,
    vocab_size=len(VOCABULARY),
)
BATCH = 32
PEAK_RATE = 4e-3
WARMUP = 200
# With English from the start the model settles on word statistics, and induction takes longer to appear.
REPETITION_ONLY = 800


def initialise(config: Config, seed: int) -> Transformer:
    """A model with random weights, scaled so that the residual stream starts near unit size."""
    rng = np.random.default_rng(seed)
    width, inner = config.d_model, config.n_heads * config.d_head
    shapes = {
        "embed": (config.vocab_size, width),
        "unembed": (width, config.vocab_size),
    }
    for index in range(config.n_layers):
        shapes |= {f"layers.{index}.{name}": (width, inner) for name in ("query", "key", "value")}
        shapes[f"layers.{index}.output"] = (inner, width)
    weights: Weights = {name: rng.standard_normal(shape) * width**-0.5 for name, shape in shapes.items()}
    # Each head starts with its own reach, from the last few tokens to the whole context.
    slopes = np.geomspace(2, 1 / 64, config.n_heads)
    for index in range(config.n_layers):
        weights[f"layers.{index}.distance"] = np.outer(-slopes, np.arange(config.n_positions))
    weights = {name: weight.astype(np.float32) for name, weight in weights.items()}
    return Transformer(config, weights, Tokenizer(VOCABULARY))


def train(model: Transformer, steps: int, seed: int) -> Iterator[tuple[int, float]]:
    """Changes the weights in place by Adam; yields each step with its loss."""
    rng = random.Random(seed)
    mean = {name: np.zeros_like(weight) for name, weight in model.weights.items()}
    square = {name: np.zeros_like(weight) for name, weight in model.weights.items()}
    for step in range(1, steps + 1):
        # One token more than the context, because the last one is only ever a target.
        length = CONFIG.n_positions + 1
        english = 0.0 if step <= REPETITION_ONLY else 0.5
        batch = np.array([sample_document(rng, length, english) for _ in range(BATCH)])
        loss, gradients = loss_and_gradients(model, batch)
        norm = float(np.sqrt(sum(float((gradient**2).sum()) for gradient in gradients.values())))
        rate = PEAK_RATE * min(step / WARMUP, 0.5 * (1 + np.cos(np.pi * step / steps)) + 0.01)
        for name, gradient in gradients.items():
            gradient *= min(1.0, 1.0 / norm)
            mean[name] = 0.9 * mean[name] + 0.1 * gradient
            square[name] = 0.98 * square[name] + 0.02 * gradient**2
            update = (mean[name] / (1 - 0.9**step)) / (np.sqrt(square[name] / (1 - 0.98**step)) + 1e-8)
            model.weights[name] *= 1 - 0.02 * rate
            model.weights[name] -= (rate * update).astype(np.float32)
        yield step, loss


def save(model: Transformer, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    save_file(model.weights, directory / "model.safetensors")
    (directory / "config.json").write_text(json.dumps(asdict(model.config), indent=2) + "\n")
    (directory / "vocab.json").write_text(json.dumps(model.tokenizer.words, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "model" / CONFIG.name)
    options = parser.parse_args()

    model = initialise(CONFIG, options.seed)
    began = time.monotonic()
    for step, loss in train(model, options.steps, options.seed):
        if step % 250 == 0:
            print(f"step {step:5}  loss {loss:.3f}  {time.monotonic() - began:4.0f} s", flush=True)
    save(model, options.out)
    print(describe(evaluate(model)))


if __name__ == "__main__":
    main()
