"""Payloads shown and edited."""
