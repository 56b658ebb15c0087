"""What Seer asks Python on the researcher's machine; none of it goes into a sandbox.

Each module is a script of its own, with the standard library only; `fetch_model` has its parts in `hub`.
"""
