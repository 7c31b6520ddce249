"""The timeline as text: what the bar draws and says, and places that a user types."""
