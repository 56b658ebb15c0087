"""What a type hint means: the JSON Schema that describes it, and the conversion of what a caller sent."""
