"""Recordings as files: read line by line, written, and kept readable across versions."""
