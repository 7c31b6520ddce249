"""How much of a payload is read and edited."""

PART_BYTES = 65_536
"""How much of a payload is asked for at once."""

COPY_BYTES = 1_048_576
"""Largest payload that is copied whole: more is more than most terminals take."""

EDIT_BYTES = 262_144
"""Largest payload that can be edited."""
