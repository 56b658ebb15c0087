"""What Seer asks Python on the researcher's machine; none of it goes into a sandbox.

Each module is a script of its own, with the standard library only.
"""
