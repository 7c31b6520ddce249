"""Recordings: what a run was made of, kept, read again, repeated and compared."""
