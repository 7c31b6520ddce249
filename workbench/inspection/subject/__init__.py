"""What the inspector is about, without its widget."""
