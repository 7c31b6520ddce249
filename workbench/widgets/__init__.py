"""Panes of the workbench; each owns how it reacts."""
