"""Reading words, and what a forward pass keeps."""

from pathlib import Path

import numpy as np
import pytest

from transformer import Transformer

MODEL = Transformer.load(Path(__file__).parents[1] / "model" / "induction-2l")


def test_text_survives_tokens() -> None:
    tokens = MODEL.tokenizer.encode("The red dog ran, and anna slept.")
    assert tokens[0] == 0
    assert MODEL.tokenizer.decode(tokens) == "the red dog ran, and anna slept."


def test_unknown_words_are_named_once_with_the_nearest_known_one() -> None:
    with pytest.raises(ValueError, match=r"^not in the vocabulary: 'dgo' \(nearest: 'dog'\), '!'$"):
        MODEL.tokenizer.encode("the dgo saw the dgo!")


def test_a_trace_has_the_documented_shapes() -> None:
    trace = MODEL.forward(np.zeros((3, 5), dtype=np.int64))
    assert [state.shape for state in trace.residual_stream] == [(3, 5, 64)] * 3
    assert [layer.pattern.shape for layer in trace.layers] == [(3, 4, 5, 5)] * 2
    assert trace.logits.shape == (3, 5, MODEL.config.vocab_size)
    assert trace.logits.dtype == np.float32


def test_later_tokens_change_nothing_before_them() -> None:
    short, long = (
        MODEL.forward(MODEL.tokenizer.encode(text)).logits for text in ("red dog", "red dog ran quickly.")
    )
    np.testing.assert_allclose(short, long[: len(short)], atol=1e-4)


def test_a_text_longer_than_the_context_is_an_error() -> None:
    with pytest.raises(ValueError, match="65 tokens do not fit in the context of 64"):
        MODEL.forward([0] * 65)
