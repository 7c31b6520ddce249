"""How the screen is painted: what did not change costs nothing, and a key does not wait for it."""
