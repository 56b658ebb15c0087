"""What can go wrong with a fetch, in the words of `fetch_model`'s last line."""

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
    """A failure that is understood."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


def explain(error: BaseException, model: str, revision: str | None) -> FetchError | None:
    """What an error means that no second try would cure; None for one that may pass."""
    for link in _chain(error):
        if isinstance(link, FetchError):
            return link
        if isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT):
            return FetchError("disk-full", f"The disk is full ({link.filename or 'while writing'})")
        known = _explain_hub(link, model, revision)
        if known is not None:
            return known
    return None


def _explain_hub(error: BaseException, model: str, revision: str | None) -> FetchError | None:
    errors: Any = importlib.import_module("huggingface_hub.errors")
    if isinstance(error, errors.GatedRepoError):
        why = "this user was not" if _status(error) == 403 else "no token was given"
        return FetchError("gated", f"The model {model} is for those only who were granted access; {why}")
    if isinstance(error, errors.RevisionNotFoundError):
        return FetchError("revision", f"The model {model} has no revision {revision}")
    if isinstance(error, errors.HFValidationError):
        return FetchError("invalid", f"{model} is no hub id: {error}")
    # The hub says the same of a token that it does not know, but without a word about the repository.
    refused = isinstance(error, errors.HfHubHTTPError) and _status(error) == 401
    if isinstance(error, errors.RepositoryNotFoundError):
        return FetchError("not-found", f"The hub has no model {model}, or does not show it to this user")
    if refused:
        return FetchError(
            "unauthorized", f"The hub does not accept the token with which {model} was asked for"
        )
    return None


def in_short(error: BaseException) -> str:
    """One line of an error that may pass."""
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
