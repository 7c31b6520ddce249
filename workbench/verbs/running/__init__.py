"""Flows that run without a screen."""
