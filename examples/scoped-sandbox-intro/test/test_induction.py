"""The weights really do induction, on random sequences that they were not trained on."""

from pathlib import Path

import numpy as np
import pytest

from training.circuit import accuracy_hiding, without_heads
from training.evaluate import Report, describe, evaluate
from transformer import Transformer

DIRECTORY = Path(__file__).parents[1] / "model" / "induction-2l"
PREVIOUS_TOKEN_HEAD = (0, 1)
INDUCTION_HEADS = [(1, 2), (1, 3)]


@pytest.fixture(scope="module")
def model() -> Transformer:
    return Transformer.load(DIRECTORY)


@pytest.fixture(scope="module")
def report(model: Transformer) -> Report:
    return evaluate(model)


def test_second_occurrence_is_predicted_and_the_first_is_not(model: Transformer, report: Report) -> None:
    chance = 1 / model.config.vocab_size
    assert report.second_accuracy > 0.95 > 100 * chance, describe(report)
    assert report.second_loss < 0.5, describe(report)
    # No model can beat guessing on words drawn at random.
    assert report.first_loss > 0.95 * np.log(model.config.vocab_size), describe(report)


def test_two_heads_of_the_last_layer_do_it(report: Report) -> None:
    best = [divmod(int(index), 4) for index in np.argsort(report.induction, axis=None)[-2:]]
    assert sorted(best) == INDUCTION_HEADS, describe(report)
    assert min(report.induction[head] for head in INDUCTION_HEADS) > 0.5, describe(report)
    others = [report.induction[head] for head in np.ndindex(2, 4) if head not in INDUCTION_HEADS]
    assert max(others) < 0.1, describe(report)


def test_a_head_of_the_first_layer_looks_one_token_back(report: Report) -> None:
    assert np.unravel_index(report.previous_token.argmax(), (2, 4)) == PREVIOUS_TOKEN_HEAD, describe(report)


@pytest.mark.parametrize("heads", [[PREVIOUS_TOKEN_HEAD], INDUCTION_HEADS])
def test_induction_needs_both_kinds_of_head(model: Transformer, heads: list[tuple[int, int]]) -> None:
    report = evaluate(without_heads(model, heads), sequences=30)
    assert report.second_accuracy < 0.1, describe(report)


def test_the_previous_token_head_is_read_in_keys_and_the_current_token_head_in_queries(
    model: Transformer,
) -> None:
    assert accuracy_hiding(model, 1, "key", sequences=30) < 0.1 < 0.8 < accuracy_hiding(model, 1, "query", 30)
    assert accuracy_hiding(model, 0, "query", sequences=30) < 0.1 < 0.8 < accuracy_hiding(model, 0, "key", 30)


def test_the_other_heads_of_the_last_layer_are_not_needed(model: Transformer) -> None:
    report = evaluate(without_heads(model, [(1, 0), (1, 1)]), sequences=30)
    assert report.second_accuracy > 0.95, describe(report)
