"""Serves the functions of one Python file over one authenticated port."""

from typing import Final

PROTOCOL_VERSION: Final = 1
