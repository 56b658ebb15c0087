"""Type codecs: the JSON Schema of a type hint, and the conversion of values to it."""
