"""The state of an engine as values."""
