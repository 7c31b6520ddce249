"""Rows of tables that several screens show."""
