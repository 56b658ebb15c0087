from __future__ import annotations

import errno
import importlib
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seer_tools.anonymize_model import anonymize
from seer_tools.hidden.choose import Treatment, treatment_of
from seer_tools.hidden.failure import CannotAnonymize
from seer_tools.hidden.scan import find_identifier
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
        "tokenizer.json": {"model": {"vocab": {"gemma": 1, "evil": 2}}},
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


def test_no_identifier_is_left(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    target = tmp_path / "subject"
    anonymize(model, target, scrubber)
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
            # Words in the vocabulary do not identify the model.
            continue
        text = (target / name).read_text().lower()
        assert not [
            told for told in ("evil", "secret-lab", "gemma-2-9b", "google", "main") if told in text
        ], name


def test_keeps_what_loading_needs(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    target = tmp_path / "subject"
    anonymize(model, target, scrubber)

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
    anonymize(model, tmp_path / "subject", scrubber)
    assert os.path.samefile(model / "model.safetensors", tmp_path / "subject" / "model.safetensors")
    assert (model / "config.json").read_text() == before


@pytest.mark.parametrize("note", ["gemma", "x" * 1000])
def test_metadata_of_weights_is_removed(model: Path, tmp_path: Path, scrubber: Scrubber, note: str) -> None:
    weights = {"w": np.arange(5, dtype=np.float32), "b": np.ones((2, 3), dtype=np.float16)}
    safetensors.save_file(weights, model / "model.safetensors", {"format": "pt", "merged_from": note})
    anonymize(model, tmp_path / "subject", scrubber)
    made = tmp_path / "subject" / "model.safetensors"
    assert note.encode() not in made.read_bytes()
    assert note.encode() in (model / "model.safetensors").read_bytes()
    assert {name: array.tolist() for name, array in safetensors.load_file(made).items()} == {
        name: array.tolist() for name, array in weights.items()
    }


def test_moving_leaves_no_second_copy(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    anonymize(model, tmp_path / "subject", scrubber, move=True)
    assert not (model / "model.safetensors").exists()


SPELLINGS = [
    "secret-lab/evil-gemma-9b",
    "EVIL-GEMMA-9B",
    "EvilGemma9B",
    "evil_gemma 9b",
    "secret-lab--Evil.Gemma.9B",
]


@pytest.mark.parametrize("told", SPELLINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_replaces_any_spelling_where_that_is_safe(
    model: Path, tmp_path: Path, scrubber: Scrubber, told: str, encoding: str
) -> None:
    settings = {told: {"nested": [f"x {told} y"]}, "kept": 1}
    (model / "processor_config.json").write_bytes(json.dumps(settings).encode(encoding))
    (model / "chat_template.jinja").write_bytes(f"You are {told}. {{{{ messages }}}}".encode(encoding))
    (model / "other.index.json").write_text(json.dumps({"weight_map": {}, told: told, "metadata": {told: 1}}))
    tokenizer = {"model": {"vocab": {"a": 1}}, "made_from": told, "version": "1.0"}
    (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    (model / "more.py").write_text(f'"""Of {told}."""\n# {told}\ndef f():\n    """{told}"""\n    return 1\n')
    target = tmp_path / "subject"
    anonymize(model, target, scrubber)
    for path in target.rglob("*"):
        if path.is_file():
            assert find_identifier(path, scrubber.names) is None
    assert json.loads((target / "processor_config.json").read_text())["kept"] == 1
    assert (target / "chat_template.jinja").read_text().startswith("You are subject")
    kept = {"model": {"vocab": {"a": 1}}, "version": "1.0"}
    assert json.loads((target / "tokenizer.json").read_text()) == kept
    scope: dict[str, Any] = {}
    exec((target / "more.py").read_text(), scope)
    assert scope["f"]() == 1


def archive(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)


def put(path: Path, told: str) -> None:
    """Writes a file that identifies the model in the way that its name says."""
    if path.name == "in-archive.bin":
        archive(path, {"archive/data.pkl": b"x" * 100 + told.encode(), "archive/data/0": b"numbers"})
    elif path.name == "in-name.bin":
        archive(path, {f"{told.replace('/', '-')}/data.pkl": b""})
    elif path.name == "array.npz":
        np.savez_compressed(path, note=np.array([told]))
    elif path.name == "tensor.safetensors":
        safetensors.save_file({told: np.ones(1, dtype=np.float32)}, path)
    elif path.name == "utf-16.bin":
        path.write_bytes(b"\1" * 33 + told.encode("utf-16-be"))
    elif path.name == "tokenizer.json":
        path.write_text(json.dumps({"model": {"vocab": {told: 1}}}))
    elif path.name == "code.py":
        path.write_text(f"class {''.join(filter(str.isalnum, told))}: ...\n")
    elif path.name == "broken.py":
        path.write_text(f"this is ( no Python {told}")
    elif path.name == "old.bin":
        path.write_bytes(b"\0" * 20_000_000 + told.encode())
    else:
        path.write_text(told)


@pytest.mark.parametrize("told", SPELLINGS)
@pytest.mark.parametrize(
    "place",
    [
        *("vocab.json", "added_tokens.json", "merges.txt", "tokenizer.model", "tokenizer.json"),
        *("old.bin", "old.msgpack", "utf-16.bin", "in-archive.bin", "in-name.bin", "array.npz"),
        *("tensor.safetensors", "code.py", "broken.py"),
    ],
)
def test_refuses_any_spelling_that_cannot_be_replaced(
    model: Path, tmp_path: Path, scrubber: Scrubber, told: str, place: str
) -> None:
    put(model / place, told)
    with pytest.raises(CannotAnonymize, match=place):
        anonymize(model, tmp_path / "subject", scrubber)


def test_finds_a_name_across_chunks(
    tmp_path: Path, scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seer_tools.hidden.scan.CHUNK_SIZE", 7)
    path = tmp_path / "x.bin"
    path.write_bytes(b"some bytes before evil-gemma-9b and after")
    assert find_identifier(path, scrubber.names) == "its content"


@pytest.mark.parametrize(
    ("model_id", "model_type", "words"),
    [
        ("lab/gemma-2", "gemma2", "gemma2 Gemma2ForCausalLM"),
        ("lab/falcon", "falcon", "falcon"),
        ("openai/gpt2", "gpt2", "gpt2 GPT2Tokenizer"),
        ("lab/tiny-model", "llama", "tiny model"),
    ],
)
def test_accepts_ordinary_words_and_architectures(
    tmp_path: Path, model_id: str, model_type: str, words: str
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    config = {"model_type": model_type, "architectures": ["GPT2LMHeadModel", "Gemma2ForCausalLM"]}
    (source / "config.json").write_text(json.dumps(config))
    (source / "vocab.json").write_text(json.dumps(dict.fromkeys(words.split(), 1)))
    (source / "pytorch_model.bin").write_text(words)
    anonymize(source, tmp_path / "made", Scrubber("subject", [model_id]))
    assert json.loads((tmp_path / "made" / "config.json").read_text()) == config


def test_refuses_an_own_architecture_named_after_the_model(
    model: Path, tmp_path: Path, scrubber: Scrubber
) -> None:
    (model / "config.json").write_text(json.dumps({"model_type": "evil_gemma_9b"}))
    with pytest.raises(CannotAnonymize, match="architecture evil_gemma_9b"):
        anonymize(model, tmp_path / "subject", scrubber)


def test_code_that_names_an_id_keeps_working(tmp_path: Path, scrubber: Scrubber) -> None:
    source = tmp_path / "source"
    source.mkdir()
    code = "# Evil Gemma 9b\nDEFAULT = 'secret-lab/evil-gemma-9b'\nx = 'gemma'\n"
    (source / "modeling.py").write_text(code)
    anonymize(source, tmp_path / "made", scrubber)
    made = (tmp_path / "made" / "modeling.py").read_text()
    assert made == "# subject\nDEFAULT = 'subject'\nx = 'gemma'\n"


def test_refuses_to_merge_two_settings(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    (model / "generation_config.json").write_text(json.dumps({"evil-gemma-9b": 1, "EvilGemma9B": 2}))
    with pytest.raises(CannotAnonymize, match="the same name, subject"):
        anonymize(model, tmp_path / "subject", scrubber)


@pytest.mark.parametrize("name", ["weights.gguf", "evil-gemma-9b.safetensors"])
def test_refuses_file_names_and_formats_that_identify(
    model: Path, tmp_path: Path, scrubber: Scrubber, name: str
) -> None:
    (model / name).write_bytes(b"")
    with pytest.raises(CannotAnonymize, match=name):
        anonymize(model, tmp_path / "subject", scrubber)


def test_keeps_a_name_that_is_an_architecture() -> None:
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
def test_chooses_the_treatment_of_each_file(path: str, treatment: Treatment) -> None:
    assert treatment_of(path) is treatment


@pytest.mark.parametrize("name", ["model", "final_model", "checkpoint-500", "pytorch_model", "weights"])
def test_a_generic_name_is_no_identifier(name: str) -> None:
    scrubber = Scrubber("subject", [f"/home/me/{name}"])
    assert not scrubber.identifies(f"{name}.safetensors")
    assert scrubber.identifies(f"x /home/me/{name} y")


def test_follows_links_without_cycles(model: Path, tmp_path: Path, scrubber: Scrubber) -> None:
    (tmp_path / "blob").write_bytes(b"weights")
    (model / "linked.bin").symlink_to("../blob")
    (model / "nowhere.bin").symlink_to("../none")
    (model / "again").symlink_to(".")
    anonymize(model, tmp_path / "subject", scrubber)
    made = tmp_path / "subject"
    assert (made / "linked.bin").read_bytes() == b"weights"
    assert not (made / "linked.bin").is_symlink()
    assert not (made / "nowhere.bin").exists()
    assert not (made / "again").exists()


def test_copies_weights_from_another_file_system(
    model: Path, tmp_path: Path, scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    copied: list[str] = []
    anonymize(model, tmp_path / "subject", scrubber, on_copy=copied.append)
    assert copied == ["model.safetensors", "tokenizer.json"]
    made = tmp_path / "subject" / "model.safetensors"
    assert made.read_bytes() == (model / "model.safetensors").read_bytes()
    assert not os.path.samefile(made, model / "model.safetensors")


def test_a_path_without_a_letter_identifies_nothing() -> None:
    # An adapter may name any path as its base.
    assert not Scrubber("subject", ["/", "..", ""]).identifies("https://example.org/a..b")
