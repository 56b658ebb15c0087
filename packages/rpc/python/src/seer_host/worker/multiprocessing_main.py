"""Runs an interface file in a child process of `multiprocessing`, without serving it.

The child runs this file instead of the interface file, and cannot import the host's modules.
"""

import builtins
import os
import sys
from typing import Any


def _run(namespace: dict[str, Any]) -> None:
    host = os.path.dirname(os.path.dirname(os.path.abspath(namespace["__file__"])))
    sys.path.insert(0, os.path.join(host, "importable"))
    import seer

    del sys.path[0]
    for name in seer.__all__:
        namespace[name] = getattr(seer, name)
        setattr(builtins, name, namespace[name])
    file = os.environ["SEER_INTERFACE"]
    namespace.update(__file__=file, __doc__=None)
    with open(file, "rb") as source:
        code = compile(source.read(), file, "exec", dont_inherit=True)
    for name in ("builtins", "os", "sys", "Any", "_run"):
        del namespace[name]
    exec(code, namespace)


_run(globals())
