"""Scripts that Seer runs with Python on the researcher's machine, outside sandboxes.

Each module is a script that needs only the standard library. `fetch_model` is split into `hub`,
`anonymize_model` into `hidden`.
"""
