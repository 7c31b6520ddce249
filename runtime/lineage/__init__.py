"""Lineage: an element from its source through every call, and what aggregates were made of."""
