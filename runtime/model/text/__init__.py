"""Text from outside, and text near to it."""
