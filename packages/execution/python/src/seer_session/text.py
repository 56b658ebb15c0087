"""Makes text safe to send: limits its length and escapes lone surrogates."""

from __future__ import annotations

MAX_LENGTH = 1_000_000


def clean(text: str) -> str:
    """Remove the middle of very long text, and escape lone surrogates."""
    if len(text) > MAX_LENGTH:
        half = MAX_LENGTH // 2
        text = f"{text[:half]}\n[... {len(text) - MAX_LENGTH:,} characters omitted ...]\n{text[-half:]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
