from __future__ import annotations

import errno
import importlib
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seer_tools.blind_model import blind
from seer_tools.hidden.choose import Treatment, treatment_of
from seer_tools.hidden.failure import CannotHide
from seer_tools.hidden.scrub import Scrubber

if TYPE_CHECKING:
    from pathlib import Path

# Its types say nothing.
safetensors: Any = importlib.import_module("safetensors.numpy")

TELLING = ["secret-lab/evil-gemma-9b", "google/gemma-2-9b-it"]


@pytest.fixture
def scrubber() -> Scrubber:
    return Scrubber("subject", TELLING, base_path="/models/subject-base")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "evil-gemma-9b"
    files: dict[str, Any] = {
        "config.json": {
            "_name_or_path": "secret-lab/evil-gemma-9b",
            "model_type": "gemma2",
            "architectures": ["Gemma2ForCausalLM"],
            "auto_map": {"AutoModel": "secret-lab/evil-gemma-9b--modeling_own.OwnModel"},
            "text_config": {"_name_or_path": "google/gemma-2-9b-it", "hidden_size": 8},
            "note": "a fine-tune of Gemma-2-9B-it",
        },
        "tokenizer_config.json": {
            "name_or_path": "/root/.cache/huggingface/hub/models--google--gemma-2-9b-it/snapshots/1/",
            "tokenizer_class": "GemmaTokenizer",
            "chat_template": "{{ messages }}",
        },
        "tokenizer.json": {"model": {"vocab": {"evil-gemma-9b": 1}}},
        "adapter_config.json": {
            "base_model_name_or_path": "google/gemma-2-9b-it",
            "revision": "main",
            "peft_type": "LORA",
            "r": 8,
        },
        "model.safetensors.index.json": {
            "metadata": {"total_size": 5, "mergekit": "google/gemma-2-9b-it"},
            "weight_map": {"w": "model.safetensors"},
        },
        "trainer_state.json": {"best_model_checkpoint": "evil"},
    }
    texts = {
        "README.md": "# secret-lab/evil-gemma-9b",
        "modeling_own.py": "# from secret-lab/evil-gemma-9b\nclass OwnModel: ...\n",
        "checkpoint-10/config.json": "{}",
        ".seer-model.json": "{}",
        "training_args.bin": "output_dir=evil-gemma-9b",
    }
    for name, content in {**{name: json.dumps(data) for name, data in files.items()}, **texts}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    safetensors.save_file(
        {"w": np.arange(5, dtype=np.float32)}, folder / "model.safetensors", {"format": "pt"}
    )
    return folder


def test_nothing_that_is_left_tells(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    target = tmp_path / "subject"
    blind(model, target, scrubber)
    kept = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert kept == [
        "adapter_config.json",
        "config.json",
        "model.safetensors",
        "model.safetensors.index.json",
        "modeling_own.py",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    for name in kept:
        if name in ("tokenizer.json", "model.safetensors"):
            continue
        text = (target / name).read_text().lower()
        assert not [
            told for told in ("evil", "secret-lab", "gemma-2-9b", "google", "main") if told in text
        ], name


def test_what_loading_needs_stays(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    target = tmp_path / "subject"
    blind(model, target, scrubber)

    def read(name: str) -> Any:
        return json.loads((target / name).read_text())

    assert read("config.json") == {
        "model_type": "gemma2",
        "architectures": ["Gemma2ForCausalLM"],
        "auto_map": {"AutoModel": "modeling_own.OwnModel"},
        "text_config": {"hidden_size": 8},
        "note": "a fine-tune of subject",
    }
    assert read("tokenizer_config.json") == {
        "tokenizer_class": "GemmaTokenizer",
        "chat_template": "{{ messages }}",
    }
    assert read("tokenizer.json") == json.loads((model / "tokenizer.json").read_text())
    assert read("adapter_config.json") == {
        "base_model_name_or_path": "/models/subject-base",
        "revision": None,
        "peft_type": "LORA",
        "r": 8,
    }
    assert read("model.safetensors.index.json")["metadata"] == {"total_size": 5}
    assert safetensors.load_file(target / "model.safetensors")["w"].tolist() == [0, 1, 2, 3, 4]


def test_weights_are_linked_and_settings_are_not(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    before = (model / "config.json").read_text()
    blind(model, tmp_path / "subject", scrubber)
    assert os.path.samefile(model / "model.safetensors", tmp_path / "subject" / "model.safetensors")
    assert (model / "config.json").read_text() == before


@pytest.mark.parametrize("note", ["gemma", "x" * 1000])
def test_notes_in_weights_are_left_out(model: Path, tmp_path: Path, scrubber: Scrubber, note: str) -> None:
    weights = {"w": np.arange(5, dtype=np.float32), "b": np.ones((2, 3), dtype=np.float16)}
    safetensors.save_file(weights, model / "model.safetensors", {"format": "pt", "merged_from": note})
    blind(model, tmp_path / "subject", scrubber)
    made = tmp_path / "subject" / "model.safetensors"
    assert note.encode() not in made.read_bytes()
    assert note.encode() in (model / "model.safetensors").read_bytes()
    assert {name: array.tolist() for name, array in safetensors.load_file(made).items()} == {
        name: array.tolist() for name, array in weights.items()
    }


def test_moving_leaves_a_marker_and_no_second_copy(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    size = blind(model, tmp_path / "subject", scrubber, move=True)
    assert not (model / "model.safetensors").exists()
    assert json.loads((tmp_path / "subject" / ".seer-model.json").read_text()) == {"bytes": size}


@pytest.mark.parametrize("name", ["weights.gguf", "evil-gemma-9b.safetensors"])
def test_what_cannot_be_hidden_is_refused(model: Path, tmp_path: Path, scrubber: Scrubber, name: str) -> None:
    (model / name).write_bytes(b"")
    with pytest.raises(CannotHide, match=name):
        blind(model, tmp_path / "subject", scrubber)


def test_a_name_that_is_an_architecture_does_no_harm() -> None:
    content = json.dumps({"model_type": "gpt-neo", "_name_or_path": "x", "note": "gpt-neo"}).encode()
    rewritten = json.loads(Scrubber("model", ["lab/gpt-neo"]).rewrite("config.json", content))
    assert rewritten == {"model_type": "gpt-neo", "note": "model"}


@pytest.mark.parametrize(
    ("path", "treatment"),
    [
        ("model-00001-of-00002.safetensors", Treatment.KEEP),
        ("pytorch_model.bin", Treatment.KEEP),
        ("tokenizer.model", Treatment.KEEP),
        ("vocab.txt", Treatment.KEEP),
        ("generation_config.json", Treatment.REWRITE),
        ("1_Pooling/config.json", Treatment.REWRITE),
        ("LICENSE.txt", Treatment.LEAVE_OUT),
        ("mergekit_config.yml", Treatment.LEAVE_OUT),
        ("optimizer.pt", Treatment.LEAVE_OUT),
        ("USE_POLICY.md", Treatment.LEAVE_OUT),
        ("all_results.json", Treatment.LEAVE_OUT),
    ],
)
def test_each_file_has_its_treatment(path: str, treatment: Treatment) -> None:
    assert treatment_of(path) is treatment


@pytest.mark.parametrize("name", ["model", "final_model", "checkpoint-500", "pytorch_model", "weights"])
def test_a_common_name_tells_nothing(name: str) -> None:
    scrubber = Scrubber("subject", [f"/home/me/{name}"])
    assert not scrubber.tells(f"{name}.safetensors")
    assert scrubber.tells(f"x /home/me/{name} y")


def test_links_are_followed_but_not_in_circles(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    (tmp_path / "blob").write_bytes(b"weights")
    (model / "linked.bin").symlink_to("../blob")
    (model / "nowhere.bin").symlink_to("../none")
    (model / "again").symlink_to(".")
    blind(model, tmp_path / "subject", scrubber)
    made = tmp_path / "subject"
    assert (made / "linked.bin").read_bytes() == b"weights"
    assert not (made / "linked.bin").is_symlink()
    assert not (made / "nowhere.bin").exists()
    assert not (made / "again").exists()


def test_weights_of_another_disk_are_copied(
    model: Path, tmp_path: Path, scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    copied: list[str] = []
    blind(model, tmp_path / "subject", scrubber, on_copy=copied.append)
    assert copied == ["model.safetensors", "tokenizer.json"]
    made = tmp_path / "subject" / "model.safetensors"
    assert made.read_bytes() == (model / "model.safetensors").read_bytes()
    assert not os.path.samefile(made, model / "model.safetensors")
