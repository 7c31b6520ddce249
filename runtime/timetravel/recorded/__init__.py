"""A recording that a session repeats: followed call by call, and shown without its calls."""
