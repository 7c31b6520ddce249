"""The user's terminal and desktop: mouse, clipboard, editor."""
