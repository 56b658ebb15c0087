import sys
from pathlib import Path

# Independent of the folder that pytest is started in.
sys.path[:0] = [str(Path(__file__).parent.parent / "src"), str(Path(__file__).parent)]
