"""`python kernel_pins.py DIRECTORY`, run with a virtual environment's Python: what its kernel must fit.

DIRECTORY has a kernel's packages, which come after the environment's own. When they fit together, that is
nothing; otherwise it is a requirement for each package that both have. As a JSON list.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def main() -> None:
    directory = sys.argv[1]
    own = by_name(metadata.distributions())
    kernel = by_name(metadata.distributions(path=[directory]))
    sys.path.append(directory)
    shared = {name: own[name].version for name in sorted(kernel) if name in own}
    used = [distribution for name, distribution in kernel.items() if name not in own]
    fit = all(fits(distribution, shared) for distribution in used)
    print(json.dumps([] if fit else [f"{name}=={version}" for name, version in shared.items()]))


def fits(distribution: metadata.Distribution, versions: dict[str, str]) -> bool:
    # Every kernel has it; environments need not.
    from packaging.requirements import Requirement

    for requirement in map(Requirement, distribution.requires or []):
        version = versions.get(normal(requirement.name))
        if version is None or (
            requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            return False
    return True


def by_name(distributions: Iterable[metadata.Distribution]) -> dict[str, metadata.Distribution]:
    found: dict[str, metadata.Distribution] = {}
    for distribution in distributions:
        # The first one is the one that is imported.
        found.setdefault(normal(distribution.metadata["Name"]), distribution)
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


main()
