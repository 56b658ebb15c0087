"""The exposed functions, with stand-ins for the names that Seer injects."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[1]
REPEATED = "cheese bridge sang tall duck quickly anna field cheese bridge sang tall duck quickly anna field"

Function = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def exposed() -> dict[str, Function]:
    functions: dict[str, Function] = {}

    def expose(function: Function) -> Function:
        functions[function.__name__] = function
        return function

    def get_model_path(name: str) -> str:
        return str(EXAMPLE / "model" / name)

    injected: dict[str, Any] = {"expose": expose, "get_model_path": get_model_path}
    runpy.run_path(str(EXAMPLE / "interface.py"), init_globals=injected, run_name="__main__")
    return functions


def test_exactly_these_functions_are_exposed(exposed: dict[str, Function]) -> None:
    names = "compare_texts generate_text get_attention get_embedding get_model_info head_scores"
    assert sorted(exposed) == names.split()
    assert all("Returns:" in (function.__doc__ or "") for function in exposed.values())


def test_info_lists_the_words_that_every_function_accepts(exposed: dict[str, Function]) -> None:
    info = exposed["get_model_info"]()
    assert (info["num_layers"], info["num_heads"], info["hidden_size"]) == (2, 4, 64)
    assert len(exposed["get_embedding"](" ".join(info["vocabulary"][:60]))["embedding"]) == 64
    json.dumps(info)


def test_embedding_and_its_preview(exposed: dict[str, Function]) -> None:
    result = exposed["get_embedding"]("hello world")
    assert result["text"] == "hello world"
    assert result["preview"] == result["embedding"][:10]


def test_generation_copies_what_followed_the_first_time(exposed: dict[str, Function]) -> None:
    result = exposed["generate_text"]("the red dog chased a mouse. anna sang. the red dog", max_tokens=4)
    assert result["generated"] == "chased a mouse."
    assert result["stopped"] == "max_tokens"
    assert exposed["generate_text"]("the red dog", max_tokens=100)["stopped"] == "context_full"


@pytest.mark.parametrize(
    ("text", "alike", "unlike"),
    [
        ("red dog", "blue cat", "ran quickly"),
        ("dog", "cat", "soup"),
        ("mary", "john", "red"),
        ("the king slept quietly", "the queen waited sadly", "anna bought green apple"),
    ],
)
def test_texts_of_one_kind_are_alike(
    exposed: dict[str, Function], text: str, alike: str, unlike: str
) -> None:
    near, far = (exposed["compare_texts"](text, other)["cosine_similarity"] for other in (alike, unlike))
    assert near > far + 0.2


def test_attention_and_scores_agree(exposed: dict[str, Function]) -> None:
    scores = exposed["head_scores"](REPEATED)
    layer, head = scores["strongest"]["layer"], scores["strongest"]["head"]
    assert scores["strongest"]["induction"] == scores["induction"][layer][head] > 0.8
    result = exposed["get_attention"](REPEATED, layer, head)
    pattern = np.array(result["pattern"])
    assert result["tokens"][:3] == ["<bos>", "cheese", "bridge"]
    np.testing.assert_allclose(pattern.sum(axis=1), 1, atol=1e-2)
    # Eight words, so what followed the same word the last time lies seven back.
    assert pattern[9:, :].diagonal(2).mean() == pytest.approx(scores["strongest"]["induction"], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("get_attention", ("red dog", 2, 0), "layer must be from 0 to 1, got 2"),
        ("get_attention", ("red dog", 0, -1), "head must be from 0 to 3, got -1"),
        ("head_scores", ("red dog",), "no word of 'red dog' occurs twice"),
        ("get_embedding", ("",), "text has no words"),
        ("generate_text", ("the", 0), "max_tokens must be at least 1, got 0"),
        ("generate_text", ("the " * 63,), "a prompt of 64 tokens leaves no room in the context of 64"),
    ],
)
def test_a_wrong_argument_is_named(
    exposed: dict[str, Function], name: str, arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        exposed[name](*arguments)
