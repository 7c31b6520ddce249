"""A whole payload on a screen of its own."""
