"""The parts of `seer_tools.fetch_model`, which downloads models through `huggingface_hub`.

The caller chooses an interpreter that has `huggingface_hub`; it is not a dependency of this package, so it is
imported at run time and untyped.
"""
