"""Builds components from their sources, with the tools of each language."""
