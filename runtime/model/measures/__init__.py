"""Durations, and how they are counted."""
