"""`:`: every action by its name, and what needs more than a key."""
