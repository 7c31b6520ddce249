"""Whole payloads, looked into row by row: trees, tables, text, bytes, differences."""
