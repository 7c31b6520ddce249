"""What is told line by line: what happened, and what components printed."""
