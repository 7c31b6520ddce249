"""From `Torvyn.toml` to a linked flow; every problem is found before any is reported."""
