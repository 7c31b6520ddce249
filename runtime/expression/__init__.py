"""The language of conditions, and the patterns that are searched in linear time."""
