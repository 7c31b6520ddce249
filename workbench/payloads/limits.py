"""How much of a payload is read and edited."""

PART_BYTES = 65_536
"""How much of a payload is asked for at once."""

COPY_BYTES = 16_777_216
"""Largest payload that is copied whole."""

EDIT_BYTES = 262_144
"""Largest payload that can be edited."""

LOOK_BYTES = 67_108_864
"""Largest payload that is looked into on a screen of its own."""
