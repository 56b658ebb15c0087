"""`python kernel_pins.py PACKAGES KERNEL`: prints the pins for installing a Jupyter kernel, as JSON.

PACKAGES is the directory of an environment's packages, KERNEL that of a kernel's, which come later on the
import path. The list is empty if they are compatible, else it pins each shared package to the environment's
version.
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
    packages, directory = sys.argv[1:]
    own = by_name(metadata.distributions(path=[packages]))
    kernel = by_name(metadata.distributions(path=[directory]))
    sys.path.append(directory)
    shared = {name: own[name].version for name in sorted(kernel) if name in own}
    used = [distribution for name, distribution in kernel.items() if name not in own]
    fit = all(fits(distribution, shared) for distribution in used)
    print(json.dumps([] if fit else [f"{name}=={version}" for name, version in shared.items()]))


def fits(distribution: metadata.Distribution, versions: dict[str, str]) -> bool:
    # A dependency of every kernel; found in KERNEL.
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
        # The first one on the path is imported.
        found.setdefault(normal(distribution.metadata["Name"]), distribution)
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


main()
