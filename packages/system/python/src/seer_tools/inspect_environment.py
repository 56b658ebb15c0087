"""Prints the paths and version of the virtual environment whose Python runs this, as JSON."""

from __future__ import annotations

import glob
import json
import os
import sys
import sysconfig


def pip_wheel() -> str | None:
    """The pip wheel bundled with Python; Debian moves it, other distributions may remove it."""
    folders = ["/usr/share/python-wheels"]
    try:
        import ensurepip

        folders.insert(0, os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"))
    except ImportError:
        pass
    wheels = [wheel for folder in folders for wheel in sorted(glob.glob(os.path.join(folder, "pip-*.whl")))]
    return wheels[0] if wheels else None


print(
    json.dumps(
        {
            "version": ".".join(str(part) for part in sys.version_info[:3]),
            "executable": os.path.realpath(sys.executable),
            "prefixes": sorted({sys.base_prefix, sys.base_exec_prefix}),
            "sitePackages": os.path.relpath(sysconfig.get_path("purelib"), sys.prefix),
            "pipWheel": pip_wheel(),
        }
    )
)
