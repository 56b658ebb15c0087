"""The corpus of signatures, and what callers are told of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hosting import RunningHost, running

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(scope="module")
def corpus() -> Iterator[RunningHost]:
    with running(GOLDEN / "signatures.py") as host:
        host.interface()
        yield host


def test_the_corpus_is_described_as_agreed(corpus: RunningHost) -> None:
    described = corpus.interface()
    agreed: dict[str, Any] = json.loads((GOLDEN / "signatures.json").read_text())
    assert [f["name"] for f in described["functions"]] == [f["name"] for f in agreed["functions"]]
    for function, expected in zip(described["functions"], agreed["functions"], strict=True):
        assert function == expected
    assert described == {"revision": 1, **agreed}


def test_the_corpus_is_large_enough(corpus: RunningHost) -> None:
    assert len(corpus.interface()["functions"]) >= 60


def test_schemas_stand_alone(corpus: RunningHost) -> None:
    """Each reference in a schema is to a definition in that same schema."""

    for function in corpus.interface()["functions"]:
        for part in [*function["parameters"], function["returns"]]:
            schema = part["schema"]
            for reference in re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(schema)):
                assert reference in schema["$defs"]
