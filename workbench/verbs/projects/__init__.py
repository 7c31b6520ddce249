"""New projects, and what a machine needs for them."""
