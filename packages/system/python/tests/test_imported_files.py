from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seer_tools.imported_files import imported_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "transformer.py": "import tokens\nfrom training import corpus",
        "tokens.py": "import interface",
        "unused.py": "",
        "training/__init__.py": "",
        "training/corpus.py": "from . import words\nfrom .deep.er import x\nfrom .. import tokens",
        "training/words.py": "from .. ... import nonsense",
        "training/deep/__init__.py": "",
        "training/deep/er.py": "from ..evaluate import score",
        "training/evaluate.py": "def score(): pass",
        "training/unused.py": "",
        "lazy.py": "",
        "called.py": "",
        "namespace/part.py": "",
        "broken.py": "def (",
    }
    for name, source in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os, json\nimport numpy as np", []),
        ("import tokens", ["tokens.py"]),
        ("def f():\n    import lazy", ["lazy.py"]),
        ("import importlib\nimportlib.import_module('called')", ["called.py"]),
        ("import namespace.part", ["namespace/part.py"]),
        ("from training import words, nothing", ["training/__init__.py", "training/words.py"]),
        ("import broken", ["broken.py"]),
        ("def (", []),
        ("import os.path, interface", []),
        (
            "from transformer import Model",
            [
                "tokens.py",
                "training/__init__.py",
                "training/corpus.py",
                "training/deep/__init__.py",
                "training/deep/er.py",
                "training/evaluate.py",
                "training/words.py",
                "transformer.py",
            ],
        ),
    ],
)
def test_finds_exactly_what_is_imported(folder: Path, source: str, expected: list[str]) -> None:
    interface = folder / "interface.py"
    interface.write_text(source)
    assert imported_files(interface) == expected
