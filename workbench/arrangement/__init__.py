"""How panes share the terminal: pure functions, and what the user changed about it."""
