"""What a component has in its memory, looked into."""
