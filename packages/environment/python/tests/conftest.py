import sys
from pathlib import Path

# Whichever folder pytest was started in.
sys.path[:0] = [str(Path(__file__).parent.parent / "src"), str(Path(__file__).parent)]
