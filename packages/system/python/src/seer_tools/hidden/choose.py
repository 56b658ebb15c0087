"""Chooses how each file of a model is anonymized."""

from __future__ import annotations

import posixpath
import re
from enum import Enum
from typing import TYPE_CHECKING

from seer_tools.hidden.failure import CannotAnonymize

if TYPE_CHECKING:
    from seer_tools.hidden.scrub import Scrubber


class Treatment(Enum):
    #: Weights and vocabularies: copied unchanged.
    KEEP = "keep"
    #: Settings, templates and code: names are replaced.
    REWRITE = "rewrite"
    #: `tokenizer.json`: rewritten only if it contains a name.
    TOKENIZER = "tokenizer"
    #: Not needed for loading: model cards, licences, training state.
    LEAVE_OUT = "leave-out"


TRAINING = re.compile(
    r"training_args\..*|optimizer.*|scheduler\.(pt|bin)|rng_state.*|trainer_state\.json|.*_results\.json|scaler\.pt"
)
WEIGHTS = re.compile(r".*\.(safetensors|bin|pth?|h5|msgpack|onnx|onnx_data|npz|npy|ot|ckpt)")
VOCABULARY = re.compile(
    r"vocab.*\.json|added_tokens\.json|merges\.txt|vocab.*\.txt|bpe\.codes|.*\.(model|tiktoken|spm|bpe)"
)
SETTINGS = re.compile(r".*\.(json|py|jinja)")


def treatment_of(path: str) -> Treatment:
    """Chooses by the file's path in the repository."""
    name = posixpath.basename(path)
    if name.startswith(".") or TRAINING.fullmatch(name):
        return Treatment.LEAVE_OUT
    if name.endswith(".gguf"):
        raise CannotAnonymize(f"{path} is a GGUF file, whose metadata names the model")
    if name == "tokenizer.json":
        return Treatment.TOKENIZER
    if WEIGHTS.fullmatch(name) or VOCABULARY.fullmatch(name):
        return Treatment.KEEP
    return Treatment.REWRITE if SETTINGS.fullmatch(name) else Treatment.LEAVE_OUT


def check_file_name(path: str, scrubber: Scrubber) -> None:
    """Refuses file names that name the model: indexes and code refer to them, so they cannot be changed."""
    if scrubber.identifies(path):
        raise CannotAnonymize(f"the file {path} is named after the model")
