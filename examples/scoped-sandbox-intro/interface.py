"""The functions an agent may call. Runs in the sandbox, where the model is."""

# Seer injects `expose`, `get_model_path` and `list_configured_models`, which checkers cannot know about.
# pyright: reportUndefinedVariable=false, reportUntypedFunctionDecorator=false
# pyright: reportUnknownArgumentType=false
# ruff: noqa: F821

from typing import Any

import numpy as np

from transformer import Array, Transformer

_model = Transformer.load(get_model_path("induction-2l"))


@expose
def get_model_info() -> dict[str, Any]:
    """Get the size of the model and the words it knows.

    Returns:
        name, architecture, num_layers, num_heads (per layer), hidden_size, vocab_size, context_length (in
        tokens, of which the first is always `<bos>`), num_parameters, device, and vocabulary: the words and
        punctuation that every other function accepts.
    """
    config = _model.config
    return {
        "name": config.name,
        "architecture": "attention-only transformer",
        "num_layers": config.n_layers,
        "num_heads": config.n_heads,
        "hidden_size": config.d_model,
        "vocab_size": config.vocab_size,
        "context_length": config.n_positions,
        "num_parameters": _model.parameter_count,
        "device": "cpu",
        "vocabulary": _model.tokenizer.words[1:],
    }


@expose
def get_embedding(text: str) -> dict[str, Any]:
    """Get what the last layer makes of a text, as one vector.

    Args:
        text: Words of the model's vocabulary.

    Returns:
        text, embedding (the final residual stream averaged over the words, relative to the average word) and
        preview (its first ten numbers).
    """
    embedding = _numbers(_embed(text))
    return {"text": text, "embedding": embedding, "preview": embedding[:10]}


@expose
def generate_text(prompt: str, max_tokens: int = 20) -> dict[str, Any]:
    """Continue a text, always with the likeliest next word.

    Args:
        prompt: Words of the model's vocabulary; may be empty.
        max_tokens: How many words to add at most, at least 1.

    Returns:
        prompt, text (prompt and continuation), generated (the continuation alone), and stopped: "max_tokens",
        or "context_full" when the context ran out first.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, got {max_tokens}")
    tokens = _model.tokenizer.encode(prompt)
    start, limit = len(tokens), _model.config.n_positions
    room = limit - start
    if room < 1:
        raise ValueError(f"a prompt of {start} tokens leaves no room in the context of {limit}")
    for _ in range(min(max_tokens, room)):
        tokens.append(int(_model.forward(tokens).logits[-1].argmax()))
    return {
        "prompt": prompt,
        "text": _model.tokenizer.decode(tokens),
        "generated": _model.tokenizer.decode(tokens[start:]),
        "stopped": "max_tokens" if max_tokens <= room else "context_full",
    }


@expose
def compare_texts(text1: str, text2: str) -> dict[str, Any]:
    """Measure how alike two texts are to the model.

    Args:
        text1: Words of the model's vocabulary.
        text2: Words of the model's vocabulary.

    Returns:
        text1, text2 and cosine_similarity of their embeddings, from -1 (opposite) to 1 (the same direction).
    """
    one, two = _embed(text1), _embed(text2)
    similarity = float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two)))
    return {"text1": text1, "text2": text2, "cosine_similarity": round(similarity, 4)}


@expose
def get_attention(text: str, layer: int, head: int) -> dict[str, Any]:
    """Get where one attention head looks.

    Args:
        text: Words of the model's vocabulary.
        layer: Counted from 0.
        head: Counted from 0 within its layer.

    Returns:
        text, layer, head, tokens, and pattern: for each token a row that says how much attention it pays to
        every token. Rows sum to 1; tokens that come later get 0.
    """
    _check_range("layer", layer, _model.config.n_layers)
    _check_range("head", head, _model.config.n_heads)
    tokens = _model.tokenizer.encode(text)
    return {
        "text": text,
        "layer": layer,
        "head": head,
        "tokens": [_model.tokenizer.words[token] for token in tokens],
        "pattern": _numbers(_model.forward(tokens).layers[layer].pattern[head]),
    }


@expose
def head_scores(text: str) -> dict[str, Any]:
    """Score every head for induction: looking at what followed the same word the last time.

    Args:
        text: Words of the model's vocabulary, at least one of which occurs twice.

    Returns:
        text; induction and previous_token, one list per layer with one number from 0 to 1 per head: the mean
        attention that repeated words pay to the token after their previous occurrence, and that all words pay
        to the token just before them; and strongest, the layer, head and score of the best induction head.
    """
    tokens = _model.tokenizer.encode(text)
    earlier = _previous_occurrences(tokens)
    if not earlier:
        raise ValueError(f"no word of {text!r} occurs twice, so there is no induction to score")
    pattern = np.stack([layer.pattern for layer in _model.forward(tokens).layers])
    induction = np.mean([pattern[:, :, at, before + 1] for at, before in earlier.items()], axis=0)
    previous = np.mean([pattern[:, :, at, at - 1] for at in range(1, len(tokens))], axis=0)
    layer, head = divmod(int(induction.argmax()), _model.config.n_heads)
    return {
        "text": text,
        "induction": _numbers(induction),
        "previous_token": _numbers(previous),
        "strongest": {"layer": layer, "head": head, "induction": _numbers(induction[layer, head])},
    }


def _embed(text: str) -> Array:
    tokens = _model.tokenizer.encode(text)
    if len(tokens) == 1:
        raise ValueError("text has no words")
    return _mean_state(tokens) - _average_word


def _mean_state(tokens: list[int]) -> Array:
    return _model.forward(tokens).normed[1:].mean(axis=0)


def _previous_occurrences(tokens: list[int]) -> dict[int, int]:
    """Each position whose token occurred before, with the latest position where it did."""
    last: dict[int, int] = {}
    found: dict[int, int] = {}
    for at, token in enumerate(tokens):
        # A word that only just occurred is followed by itself, which says nothing about induction.
        if last.get(token, at - 1) < at - 1:
            found[at] = last[token]
        last[token] = at
    return found


def _check_range(name: str, value: int, count: int) -> None:
    if not 0 <= value < count:
        raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}")


def _numbers(array: Array) -> Any:
    """Plain Python numbers, short enough to read."""
    return np.round(array.astype(np.float64), 4).tolist()


# Every state shares a large constant part, next to which all texts look alike; differences show without it.
_average_word = np.mean([_mean_state([0, word]) for word in range(1, _model.config.vocab_size)], axis=0)
