"""The parts of `seer_tools.anonymize_model`."""
