"""Formatting and pictures. Runs on the user's machine, next to the agent; needs matplotlib only to draw."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

_INK = "#22223b"
_INDUCTION = "#e4572e"
_PREVIOUS = "#9aa5b8"
_UNSEEN = "#f1f2f5"


def format_result(data: dict[str, Any]) -> str:
    """Format a result dict as markdown.

    Args:
        data: What a function of the model returned.
    """
    lines = ["## Result", ""]
    for key, value in data.items():
        lines.append(f"- **{key}**: {_shorten(value)}")
    return "\n".join(lines)


def plot_attention(
    pattern: Sequence[Sequence[float]], tokens: Sequence[str], title: str, path: str | Path
) -> Path:
    """Draw where a head looks, with the cells outlined where an induction head would.

    Args:
        pattern: One row of attention per token.
        tokens: The words along both sides.
        title: What the picture shows.
        path: Where to save it; the ending picks the format.

    Returns:
        The path of the picture.
    """
    # Matplotlib loads only where something is drawn: formatting results does without it.
    from matplotlib.patches import Rectangle  # pyright: ignore

    count = len(tokens)
    side = max(4.5, 0.3 * count)
    figure, axes = _figure(side + 1.4, side, title)
    # A token cannot see what comes after it: that half is background, not zero.
    seen = [[*row[: at + 1], *[math.nan] * (count - at - 1)] for at, row in enumerate(pattern)]
    axes.set_facecolor(_UNSEEN)
    image = axes.imshow(seen, cmap="Blues", vmin=0, vmax=1)
    targets = _induction_targets(tokens)
    for row, column in targets:
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(cast("Any", Rectangle(corner, 1, 1, fill=False, edgecolor=_INDUCTION, lw=1.3)))
    axes.set_xticks(range(count), tokens, rotation=90)
    axes.set_yticks(range(count), tokens)
    axes.tick_params(labelsize=9)
    axes.set_xlabel("attends to", color=_INK)
    axes.set_ylabel("from", color=_INK)
    if targets:
        note = "outlined: what followed the word\nthe last time it occurred"
        axes.text(0.98, 0.98, note, transform=axes.transAxes, ha="right", va="top", color=_INDUCTION)
    bar = figure.colorbar(image, ax=axes, shrink=0.5, aspect=18, ticks=[0, 0.5, 1])
    bar.set_label("attention", color=_INK)
    bar.ax.tick_params(length=0, labelcolor=_INK)
    bar.outline.set_visible(False)
    figure.savefig(path, dpi=150)
    return Path(path)


def plot_head_scores(
    induction: Sequence[Sequence[float]],
    previous_token: Sequence[Sequence[float]],
    title: str,
    path: str | Path,
) -> Path:
    """Draw both scores of every head as bars.

    Args:
        induction: One list per layer with one number per head.
        previous_token: The same for attention to the token just before.
        title: What the picture shows.
        path: Where to save it; the ending picks the format.

    Returns:
        The path of the picture.
    """
    names = [f"L{layer}H{head}" for layer, heads in enumerate(induction) for head in range(len(heads))]
    figure, axes = _figure(6.4, 0.42 * len(names) + 1.3, title)
    for offset, label, colour, scores in (
        (-0.2, "induction", _INDUCTION, induction),
        (0.2, "previous token", _PREVIOUS, previous_token),
    ):
        places = [place + offset for place in range(len(names))]
        values = [score for heads in scores for score in heads]
        bars = axes.barh(places, values, height=0.36, color=colour, label=label)
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8, color=_INK)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.05)
    axes.set_xlabel("mean attention", color=_INK)
    figure.legend(loc="outside lower right", ncols=2, frameon=False, labelcolor=_INK)
    figure.savefig(path, dpi=150)
    return Path(path)


def _figure(width: float, height: float, title: str) -> tuple[Any, Any]:
    """An empty figure and its axes, free of everything that is not data."""
    from matplotlib.figure import Figure  # pyright: ignore

    figure = cast("Any", Figure(figsize=(width, height), layout="constrained"))
    axes = figure.subplots()
    axes.set_title(title, loc="left", color=_INK, fontsize=12, fontweight="bold", pad=12)
    axes.tick_params(length=0, labelcolor=_INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure, axes


def _induction_targets(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Each repeated token's row, with the column after its previous occurrence."""
    last: dict[str, int] = {}
    cells: list[tuple[int, int]] = []
    for row, token in enumerate(tokens):
        if token in last and last[token] + 1 < row:
            cells.append((row, last[token] + 1))
        last[token] = row
    return cells


def _shorten(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    items = cast("list[Any]", value)
    if len(items) <= 12:
        return str(items)
    if isinstance(items[0], list):
        return f"{len(items)} × {len(cast('list[Any]', items[0]))} numbers"
    shown = ", ".join(repr(item) for item in items[:8])
    return f"[{shown}, … {len(items)} in all]"
