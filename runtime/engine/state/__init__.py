"""The state of an engine as values: what is seen of it, and what it can go on from."""
