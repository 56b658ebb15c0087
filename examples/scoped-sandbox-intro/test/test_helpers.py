"""The local helpers; pictures only where matplotlib is installed."""

from pathlib import Path

import pytest

from helpers import format_result, plot_attention, plot_head_scores


def test_results_become_markdown() -> None:
    result = format_result({"text": "hi", "embedding": list(range(64)), "pattern": [[0.0] * 20] * 20})
    assert result.splitlines() == [
        "## Result",
        "",
        "- **text**: hi",
        "- **embedding**: [0, 1, 2, 3, 4, 5, 6, 7, … 64 in all]",
        "- **pattern**: 20 × 20 numbers",
    ]


def test_pictures_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pattern = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.2, 0.6]]
    attention = plot_attention(pattern, ["red", "dog", "red"], "A title", tmp_path / "attention.png")
    scores = plot_head_scores([[0.1, 0.9]], [[0.5, 0.0]], "A title", tmp_path / "scores.png")
    assert attention.read_bytes()[:4] == scores.read_bytes()[:4] == b"\x89PNG"
