from __future__ import annotations

import pytest

from seer_tools.hub.choose_files import choose_files, has_weights
from seer_tools.hub.failures import FetchError
from seer_tools.hub.repository import check_kind

OTHERS = ["config.json", "tokenizer.json", "README.md", "nested/vocab.txt"]


@pytest.mark.parametrize(
    ("weights", "chosen"),
    [
        (
            ["model.safetensors", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack"],
            ["model.safetensors"],
        ),
        (
            [
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
                "pytorch_model-00001-of-00002.bin",
                "pytorch_model.bin.index.json",
            ],
            [
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
            ],
        ),
        (
            ["model.safetensors", "original/consolidated.00.pth", "original/params.json"],
            ["model.safetensors"],
        ),
        (["model.safetensors", "consolidated.safetensors"], ["model.safetensors"]),
        (["consolidated.safetensors"], ["consolidated.safetensors"]),
        (["original/consolidated.00.pth"], ["original/consolidated.00.pth"]),
        (["pytorch_model.bin", "tf_model.h5", "rust_model.ot"], ["pytorch_model.bin"]),
        (["tf_model.h5"], ["tf_model.h5"]),
        (["adapter_model.safetensors", "adapter_model.bin"], ["adapter_model.safetensors"]),
        # An adapter next to a whole model is not a copy of it.
        (
            ["adapter_model.safetensors", "pytorch_model.bin"],
            ["adapter_model.safetensors", "pytorch_model.bin"],
        ),
        # The parts of a pipeline are separate models.
        (
            ["unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.bin", "vae/model.bin"],
            ["unet/diffusion_pytorch_model.safetensors", "vae/model.bin"],
        ),
        # Other files with these extensions are not copies.
        (
            ["model.safetensors", "training_args.bin", "vocab.bin"],
            ["model.safetensors", "training_args.bin", "vocab.bin"],
        ),
    ],
)
def test_one_copy_of_the_weights_and_everything_else(weights: list[str], chosen: list[str]) -> None:
    assert choose_files([".gitattributes", *weights, *OTHERS]) == [*chosen, *OTHERS]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["model.safetensors"], True),
        (["weights.gguf"], True),
        (["adapter_config.json", "adapter_model.safetensors", "training_args.bin"], False),
        (["adapter_config.json", "adapter_model.bin", "model.safetensors"], True),
    ],
)
def test_distinguishes_whole_weights_from_an_adapter(paths: list[str], expected: bool) -> None:
    assert has_weights(paths) is expected


def test_refuses_the_wrong_kind() -> None:
    adapter = ["adapter_config.json", "adapter_model.safetensors"]
    check_kind("a/b", adapter, adapter=True)
    check_kind("a/b", [*adapter, "model.safetensors"], adapter=False)
    with pytest.raises(FetchError, match="not a complete model"):
        check_kind("a/b", adapter, adapter=False)
    with pytest.raises(FetchError, match="not a PEFT adapter"):
        check_kind("a/b", ["model.safetensors"], adapter=True)
