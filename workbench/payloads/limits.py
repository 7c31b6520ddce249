"""How much of a payload is read and edited."""

PART_BYTES = 65_536
"""How much of a payload is asked for at once."""

EDIT_BYTES = 262_144
"""Largest payload that can be edited."""
