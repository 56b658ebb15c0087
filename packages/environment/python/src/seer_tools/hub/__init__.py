"""Fetching models from the hub, through `huggingface_hub`; see `seer_tools.fetch_model`.

`huggingface_hub` is not one of this package's requirements: whoever runs these modules chooses an
interpreter that has it. So it is imported where it is used, and untyped.
"""
