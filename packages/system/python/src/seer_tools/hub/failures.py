"""The errors of `fetch_model`."""

from __future__ import annotations

import errno
import importlib
from typing import Any, Literal

Code = Literal[
    "not-found",
    "gated",
    "unauthorized",
    "revision",
    "unreachable",
    "incomplete",
    "interrupted",
    "disk-full",
    "is-adapter",
    "not-adapter",
    "invalid",
    "no-client",
    "failed",
]


class FetchError(Exception):
    """A failure with a known cause."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


def explain(error: BaseException, model: str, revision: str | None) -> FetchError | None:
    """The known cause of a permanent error; None for an error that may be transient."""
    for link in _chain(error):
        if isinstance(link, FetchError):
            return link
        is_full = isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT)
        # The client's native code reports it only in the message.
        if is_full or "No space left on device" in str(link):
            location = getattr(link, "filename", None) or "while writing"
            return FetchError("disk-full", f"The disk is full ({location})")
        known = _explain_hub(link, model, revision)
        if known is not None:
            return known
    return None


def _explain_hub(error: BaseException, model: str, revision: str | None) -> FetchError | None:
    errors: Any = importlib.import_module("huggingface_hub.errors")
    if isinstance(error, errors.GatedRepoError):
        why = "this account has no access yet" if _status(error) == 403 else "no token was sent"
        return FetchError(
            "gated", f"Access to the model {model} must be granted on its page on the hub; {why}"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return FetchError("revision", f"The model {model} has no revision {revision}")
    if isinstance(error, errors.HFValidationError):
        return FetchError("invalid", f"{model} is not a hub id: {error}")
    # An unknown token also gets status 401, but without the error code of a missing repository.
    refused = isinstance(error, errors.HfHubHTTPError) and _status(error) == 401
    if isinstance(error, errors.RepositoryNotFoundError):
        return FetchError("not-found", f"The hub has no model {model}, or this account cannot see it")
    if refused:
        return FetchError("unauthorized", f"The hub rejects the token that was sent for {model}")
    return None


def in_short(error: BaseException) -> str:
    """A transient error in one line."""
    errors: Any = importlib.import_module("huggingface_hub.errors")
    for link in _chain(error):
        if isinstance(link, errors.HfHubHTTPError):
            return f"the hub answered with status {_status(link)}"
    last = [*_chain(error)][-1]
    text = str(last).strip().split("\n")[0]
    return f"{type(last).__name__}: {text}" if text else type(last).__name__


def _status(error: Any) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, outermost first."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__
    return links
