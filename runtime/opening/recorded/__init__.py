"""Recordings opened, replayed on screen, and gone on from."""
