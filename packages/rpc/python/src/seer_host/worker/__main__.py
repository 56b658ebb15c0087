"""The entry point of a worker process."""

import os
import sys

if __name__ == "__main__":
    # The host's path is removed again before the interface file runs.
    _source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [_source, *(path for path in sys.path if path != _here)]
    from seer_host.worker.main import main

    main(sys.argv[1:])
