"""Measures a flow: how fast it is, where the time goes, and whether that changed."""
