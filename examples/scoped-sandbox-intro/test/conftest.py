"""Makes the example's own modules importable, as they are for the interface in the sandbox."""

import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[1]
sys.path.insert(0, str(EXAMPLE))
