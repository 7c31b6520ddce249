"""The manifest as text and as typed tables, each value with its place."""
