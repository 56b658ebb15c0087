"""What becomes of each file of a hidden model."""

from __future__ import annotations

import posixpath
import re
from enum import Enum
from typing import TYPE_CHECKING

from seer_tools.hidden.failure import CannotHide

if TYPE_CHECKING:
    from seer_tools.hidden.scrub import Scrubber


class Treatment(Enum):
    #: Weights, and what a tokenizer is made of: as it is.
    KEEP = "keep"
    #: Settings, which name models.
    REWRITE = "rewrite"
    #: Not needed for loading; model cards, licences, what a training left.
    LEAVE_OUT = "leave-out"


TRAINING = re.compile(
    r"training_args\..*|optimizer.*|scheduler\.(pt|bin)|rng_state.*|trainer_state\.json|.*_results\.json|scaler\.pt"
)
WEIGHTS = re.compile(r".*\.(safetensors|bin|pth?|h5|msgpack|onnx|onnx_data|npz|npy|ot|ckpt)")
VOCABULARY = re.compile(
    r"tokenizer\.json|vocab.*\.json|added_tokens\.json|merges\.txt|vocab.*\.txt|bpe\.codes|.*\.(model|tiktoken|spm|bpe|jinja)"
)
SETTINGS = re.compile(r".*\.(json|py)")


def treatment_of(path: str) -> Treatment:
    """What to do with a file, by its path in the repository."""
    name = posixpath.basename(path)
    if name.startswith(".") or TRAINING.fullmatch(name):
        return Treatment.LEAVE_OUT
    if name.endswith(".gguf"):
        raise CannotHide(f"{path} is a GGUF file, which says inside which model it is")
    if WEIGHTS.fullmatch(name) or VOCABULARY.fullmatch(name):
        return Treatment.KEEP
    return Treatment.REWRITE if SETTINGS.fullmatch(name) else Treatment.LEAVE_OUT


def check_name(path: str, scrubber: Scrubber) -> None:
    """Indexes and code refer to files by name, so one that tells cannot simply have another."""
    if scrubber.tells(path):
        raise CannotHide(f"the file {path} is called after the model")
