"""Flows and recordings run to their end without a screen."""
