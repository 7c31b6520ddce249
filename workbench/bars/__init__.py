"""The lines above and below the panes, as text."""
