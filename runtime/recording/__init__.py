"""Recordings: what went in, kept so that it can be played again."""
